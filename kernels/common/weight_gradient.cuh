// The operands of the gradient of a convolution's weights, output channels x output pixels and output pixels x taps, as
// sources (source.cuh), for a problem of correlation.cuh.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/addressing.cuh"
#include "common/correlation.cuh"

namespace cresset::kernels {

// For each row, and behind them each column, of output pixels: which rows or columns of taps fall outside the image, as
// in CorrelationPixel.
struct PixelBits {
  static constexpr int kMost = 1024;
  unsigned at[kMost];
};
// A barrier must follow.
__device__ inline void find_bits(const Correlation& p, PixelBits& bits) {
  for (int i = static_cast<int>(threadIdx.x); i < p.h.pixels + p.w.pixels; i += static_cast<int>(blockDim.x)) {
    const bool row = i < p.h.pixels;
    const CorrelationAxis& axis = row ? p.h : p.w;
    const int from = (row ? i : i - p.h.pixels) * axis.step + axis.pad;
    unsigned outside = kNoTap;
    for (int tap = 0; tap < axis.taps; ++tap)
      if (static_cast<unsigned>(from + tap * axis.tap_step) >= static_cast<unsigned>(axis.in))
        outside |= 1u << (row ? tap : kColumnBits + tap);
    bits.at[i] = outside;
  }
}

template <bool kRunsAlongK>
struct GradPixelSource {
  using Element = float;
  static constexpr bool kAlongK = kRunsAlongK, kEvenDepth = false;
  const Correlation& p;
  const float* base;
  int end;  // of the pixels
  // Behind the last channel the last one again: what comes of it is not stored.
  __device__ int row(int m) const { return (m < p.outputs ? m : p.outputs - 1) * p.out.channel; }
  __device__ ResultPixel depth(int k) const {
    const Pixel at = pixel(static_cast<std::uint32_t>(k), p.by_rows, p.by_columns);
    return {at.n * p.out.image + at.h * p.out.row + at.w * p.out.column, k < end};
  }
  __device__ const float* from(const ResultPixel& k) const { return base + k.offset; }
  __device__ int offset(int m) const { return m; }
  __device__ bool there(int, const ResultPixel& k) const { return k.there; }
};

template <bool kRunsAlongK>
struct WindowPixelSource {
  using Element = float;
  static constexpr bool kAlongK = kRunsAlongK, kEvenDepth = false;
  const Correlation& p;
  const PixelBits& bits;
  const float* base;
  int end;  // of the pixels
  // Taps in the order of the weights: (c, r, s), or (r, s, c) where channels are last and so the taps run side by side.
  __device__ CorrelationTap row(int n) const {
    const int taps = p.h.taps * p.w.taps;
    if (n >= taps * p.channels) return {0, kNoTap};
    const int channel = kAlongK ? n / taps : n % p.channels, tap = kAlongK ? n % taps : n / p.channels;
    const int r = tap / p.w.taps, s = tap % p.w.taps;
    return {channel * p.in.channel + r * p.h.tap_step * p.in.row + s * p.w.tap_step * p.in.column,
            1u << r | 1u << (kColumnBits + s)};
  }
  __device__ CorrelationPixel depth(int k) const {
    const Pixel at = pixel(static_cast<std::uint32_t>(k), p.by_rows, p.by_columns);
    return {at.n * p.in.image + (at.h * p.h.step + p.h.pad) * p.in.row + (at.w * p.w.step + p.w.pad) * p.in.column,
            bits.at[at.h] | bits.at[p.h.pixels + at.w] | (k < end ? 0u : ~0u)};
  }
  __device__ const float* from(const CorrelationPixel& k) const { return base + k.offset; }
  __device__ int offset(const CorrelationTap& n) const { return n.offset; }
  __device__ bool there(const CorrelationTap& n, const CorrelationPixel& k) const { return (k.outside & n.bits) == 0; }
};

}  // namespace cresset::kernels
