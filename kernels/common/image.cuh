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
  template <class I>
  __device__ I at(I n, I c, I h, I w) const {
    const I height = static_cast<I>(H), width = static_cast<I>(W), channels = static_cast<I>(C);
    return last ? ((n * height + h) * width + w) * channels + c : ((n * channels + c) * height + h) * width + w;
  }
};

// In `I`, what the kernel counts in: a GPU computes 64-bit places in several times the instructions of 32-bit ones.
template <class I>
struct PlaceIn {
  I n, c, h, w;
};
using Place = PlaceIn<std::int64_t>;

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

// The same in 32 bits.
__device__ inline std::int32_t take(std::int32_t& i, std::int64_t size) {
  const auto quotient = static_cast<std::int32_t>(static_cast<std::uint32_t>(i) / static_cast<std::uint32_t>(size));
  const std::int32_t rest = i - quotient * static_cast<std::int32_t>(size);
  i = quotient;
  return rest;
}

// Element i in the order of memory.
template <class I>
__device__ inline PlaceIn<I> place_of(const Image& image, I i) {
  PlaceIn<I> p{};
  if (image.last) p.c = take(i, image.C);
  p.w = take(i, image.W);
  p.h = take(i, image.H);
  if (!image.last) p.c = take(i, image.C);
  p.n = i;
  return p;
}

}  // namespace cresset::kernels
