// What this project adds to cresset.
#pragma once

#include <cresset/extension.h>

namespace outside {

// ---- an op: the sum of squares of each row

struct SquaredNormProblem {
  cresset::DType dtype;  // float32 or float64, of x and y
  std::int64_t rows, columns;
};
struct SquaredNorm {
  static constexpr std::string_view name = "outside.squared_norm";
  using Problem = SquaredNormProblem;
  using Run = void(const Problem&, const cresset::Context&, const void* x, void* y);
};
// x of at least one dimension, float32 or float64, on any device: sum(x * x, -1).
cresset::Tensor squared_norm(const cresset::Tensor& input);
void register_squared_norm();       // on the processor
void register_squared_norm_cuda();  // squared_norm.cu

// ---- a slot whose only kernel, on CUDA devices, goes wrong in the way that the problem names

enum class Fault { none, refuses, throws, launch, out_of_bounds };
struct FaultyProblem {
  Fault fault;
  std::int64_t size;
};
struct Faulty {
  static constexpr std::string_view name = "outside.faulty";
  using Problem = FaultyProblem;
  using Run = void(const Problem&, const cresset::Context&, void* y);
};
void register_faulty();

}  // namespace outside
