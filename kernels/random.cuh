// Random numbers: the CPU's, bit by bit.
#pragma once

#include <cresset/extension/pointwise.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

// What follows from a problem's parameters, computed on the host so that every device uses the same.
struct RandomParameters {
  std::uint64_t seed, offset;
  const std::uint64_t* start;  // on the device: what is taken in place of both, or null
  double a, b, last;           // uniform: [a, b), held at `last` below b; normal: mean and standard deviation
  std::uint64_t threshold;     // bernoulli: a word below it is a success
  std::int64_t low;
  std::uint64_t range;
  bool narrow;   // the range takes 64 bits of a block, not 128
  int shift;     // of a word, for a uniform number
  float factor;  // that follows
};

// n numbers into the dense y.
cudaError_t random(RandomOp op, DType dtype, std::int64_t n, const RandomParameters& parameters, void* y,
                   cudaStream_t stream);

}  // namespace cresset::kernels
