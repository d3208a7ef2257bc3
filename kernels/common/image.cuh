// Where the elements of a dense image batch lie, and which element a thread has.
#pragma once

#include <cresset/memory_format.h>
#include <cuda_runtime.h>

#include <cstdint>

#include "common/elements.cuh"

namespace cresset::kernels {

// [N, C, H, W] in memory: width fastest, or the channels where `last`.
struct Image {
  std::int64_t N, C, H, W;
  bool last;

  Image(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w, MemoryFormat format)
      : N(n), C(c), H(h), W(w), last(format == kChannelsLast) {}
  __host__ __device__ std::int64_t size() const { return N * C * H * W; }
  __device__ std::int64_t at(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) const {
    return last ? ((n * H + h) * W + w) * C + c : ((n * C + c) * H + h) * W + w;
  }
};

struct Place {
  std::int64_t n, c, h, w;
};

// i / size of two that are not negative. In 32 bits where that will do: a GPU takes some 100 instructions for 64.
__device__ inline std::int64_t divide(std::int64_t i, std::int64_t size) {
  return ((i | size) >> 32) == 0 ? static_cast<std::uint32_t>(i) / static_cast<std::uint32_t>(size) : i / size;
}

// i becomes i / size; the rest is returned.
__device__ inline std::int64_t take(std::int64_t& i, std::int64_t size) {
  const std::int64_t quotient = divide(i, size), rest = i - quotient * size;
  i = quotient;
  return rest;
}

// Element i in the order of memory.
__device__ inline Place place_of(const Image& image, std::int64_t i) {
  Place p{};
  if (image.last) p.c = take(i, image.C);
  p.w = take(i, image.W);
  p.h = take(i, image.H);
  if (!image.last) p.c = take(i, image.C);
  p.n = i;
  return p;
}

}  // namespace cresset::kernels
