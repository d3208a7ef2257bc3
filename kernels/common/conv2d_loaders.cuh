// The operands of a convolution seen as matrices, one group of channels at a time: forward is pixels x (c, r, s) times
// (c, r, s) x output channels, grad_input is input pixels x (k, r, s) times (k, r, s) x input channels, grad_weight is
// output channels x pixels times pixels x (c, r, s). Nothing is unfolded in memory.
#pragma once

#include <cresset/extension/conv2d.h>
#include <cuda_runtime.h>

#include <cstdint>

#include "common/dtype.cuh"
#include "common/fast_divide.cuh"

namespace cresset::kernels {

// Sizes with their divisions, made once a launch.
struct ConvShape {
  int N, C, H, W, K, R, S, P, Q;  // C and K of one group
  int stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w, groups;
  bool last;  // channels_last
  FastDivide by_P, by_Q, by_H, by_W, by_R, by_S, by_C, by_K, by_stride_h, by_stride_w;

  explicit ConvShape(const Conv2dProblem& p)
      : N(static_cast<int>(p.N)),
        C(static_cast<int>(p.C / p.groups)),
        H(static_cast<int>(p.H)),
        W(static_cast<int>(p.W)),
        K(static_cast<int>(p.K / p.groups)),
        R(static_cast<int>(p.R)),
        S(static_cast<int>(p.S)),
        P(static_cast<int>(p.P)),
        Q(static_cast<int>(p.Q)),
        stride_h(static_cast<int>(p.stride_h)),
        stride_w(static_cast<int>(p.stride_w)),
        pad_top(static_cast<int>(p.pad_top)),
        pad_left(static_cast<int>(p.pad_left)),
        dilation_h(static_cast<int>(p.dilation_h)),
        dilation_w(static_cast<int>(p.dilation_w)),
        groups(static_cast<int>(p.groups)),
        last(p.format == kChannelsLast),
        by_P(P),
        by_Q(Q),
        by_H(H),
        by_W(W),
        by_R(R),
        by_S(S),
        by_C(C > 0 ? C : 1),
        by_K(K),
        by_stride_h(stride_h),
        by_stride_w(stride_w) {}

  __device__ std::int64_t x_at(int g, int n, int c, int h, int w) const {
    const std::int64_t channel = g * C + c, channels = std::int64_t{groups} * C;
    return last ? ((std::int64_t{n} * H + h) * W + w) * channels + channel : ((n * channels + channel) * H + h) * W + w;
  }
  __device__ std::int64_t y_at(int g, int n, int k, int p, int q) const {
    const std::int64_t channel = g * K + k, channels = std::int64_t{groups} * K;
    return last ? ((std::int64_t{n} * P + p) * Q + q) * channels + channel : ((n * channels + channel) * P + p) * Q + q;
  }
  __device__ std::int64_t w_at(int g, int k, int c, int r, int s) const {
    const std::int64_t row = g * K + k;
    return last ? ((row * R + r) * S + s) * C + c : ((row * C + c) * R + r) * S + s;
  }
};

struct Pixel {
  int n, h, w;
};
struct Tap {
  int c, r, s;
};

// A pixel's number counts along rows, then columns, then images.
__device__ inline Pixel pixel(std::uint32_t i, const FastDivide& by_rows, const FastDivide& by_columns) {
  Pixel at{};
  at.w = static_cast<int>(by_columns.split(i));
  at.h = static_cast<int>(by_rows.split(i));
  at.n = static_cast<int>(i);
  return at;
}
// A tap's number counts in the order of the weight's memory: (c, r, s), or (r, s, c) in channels_last.
__device__ inline Tap tap(const ConvShape& p, std::uint32_t i, const FastDivide& by_channels) {
  Tap at{};
  if (p.last) at.c = static_cast<int>(by_channels.split(i));
  at.s = static_cast<int>(p.by_S.split(i));
  at.r = p.last ? static_cast<int>(i) : static_cast<int>(p.by_R.split(i));
  if (!p.last) at.c = static_cast<int>(i);
  return at;
}

// x under the window of an output pixel.
template <class T>
__device__ Accumulator<T> input_under(const ConvShape& p, const T* x, int g, const Pixel& out, const Tap& t) {
  const int h = out.h * p.stride_h - p.pad_top + t.r * p.dilation_h;
  const int w = out.w * p.stride_w - p.pad_left + t.s * p.dilation_w;
  if (h < 0 || h >= p.H || w < 0 || w >= p.W) return 0;
  return static_cast<Accumulator<T>>(widen(x[p.x_at(g, out.n, t.c, h, w)]));
}

// Loaders of gemm.cuh. `rows` and `depth` bound what exists.
template <class T, bool kRunsAlongK>
struct InputUnderWindows {  // pixels x taps; with `kSwapped` in grad_weight: taps x pixels
  static constexpr bool kAlongK = kRunsAlongK;
  const ConvShape& p;
  const T* x;
  int g, pixels, taps;

  __device__ void load(std::int64_t row, std::int64_t k, Accumulator<T> (&out)[4]) const {
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      const std::int64_t m = kAlongK ? row : row + e, t = kAlongK ? k + e : k;
      out[e] = m < pixels && t < taps ? input_under(p, x, g, pixel(static_cast<std::uint32_t>(m), p.by_P, p.by_Q),
                                                    tap(p, static_cast<std::uint32_t>(t), p.by_C))
                                      : Accumulator<T>(0);
    }
  }
};
template <class T, bool kRunsAlongK>
struct InputUnderWindowsTransposed {  // taps x pixels
  static constexpr bool kAlongK = kRunsAlongK;
  InputUnderWindows<T, !kRunsAlongK> windows;
  __device__ void load(std::int64_t tap_row, std::int64_t pixel_k, Accumulator<T> (&out)[4]) const {
    windows.load(pixel_k, tap_row, out);
  }
};

template <class T>
struct Weights {  // output channels x taps
  static constexpr bool kAlongK = true;
  const ConvShape& p;
  const T* w;
  int g, taps;
  __device__ void load(std::int64_t row, std::int64_t k, Accumulator<T> (&out)[4]) const {
    const std::int64_t from = (std::int64_t{g} * p.K + row) * taps + k;
#pragma unroll
    for (int e = 0; e < 4; ++e)
      out[e] = row < p.K && k + e < taps ? static_cast<Accumulator<T>>(widen(w[from + e])) : Accumulator<T>(0);
  }
};

// The output gradient's share in an input pixel by one tap (k, r, s).
template <class T>
struct GradUnderTaps {  // input pixels x taps
  static constexpr bool kAlongK = false;
  const ConvShape& p;
  const T* grad_y;
  int g, pixels, taps;

  __device__ void load(std::int64_t row, std::int64_t k, Accumulator<T> (&out)[4]) const {
    const bool is_tap = k < taps;
    const Tap t = tap(p, static_cast<std::uint32_t>(is_tap ? k : 0), p.by_K);
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      out[e] = 0;
      if (!is_tap || row + e >= pixels) continue;
      const Pixel in = pixel(static_cast<std::uint32_t>(row + e), p.by_H, p.by_W);
      const int h = in.h + p.pad_top - t.r * p.dilation_h, w = in.w + p.pad_left - t.s * p.dilation_w;
      if (h < 0 || w < 0) continue;
      std::uint32_t i = static_cast<std::uint32_t>(h), j = static_cast<std::uint32_t>(w);
      if (p.by_stride_h.split(i) != 0 || p.by_stride_w.split(j) != 0) continue;
      if (static_cast<int>(i) >= p.P || static_cast<int>(j) >= p.Q) continue;
      out[e] =
          static_cast<Accumulator<T>>(widen(grad_y[p.y_at(g, in.n, t.c, static_cast<int>(i), static_cast<int>(j))]));
    }
  }
};
template <class T>
struct WeightsByInput {  // input channels x taps (k, r, s)
  static constexpr bool kAlongK = true;
  const ConvShape& p;
  const T* w;
  int g, taps;
  __device__ void load(std::int64_t row, std::int64_t k, Accumulator<T> (&out)[4]) const {
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      out[e] = 0;
      if (row >= p.C || k + e >= taps) continue;
      const Tap t = tap(p, static_cast<std::uint32_t>(k + e), p.by_K);
      out[e] = widen(w[p.w_at(g, t.c, static_cast<int>(row), t.r, t.s)]);
    }
  }
};

template <class T>
struct GradByPixel {  // output channels x output pixels
  static constexpr bool kAlongK = true;
  const ConvShape& p;
  const T* grad_y;
  int g, pixels;
  __device__ void load(std::int64_t row, std::int64_t k, Accumulator<T> (&out)[4]) const {
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      out[e] = 0;
      if (row >= p.K || k + e >= pixels) continue;
      const Pixel at = pixel(static_cast<std::uint32_t>(k + e), p.by_P, p.by_Q);
      out[e] = widen(grad_y[p.y_at(g, at.n, static_cast<int>(row), at.h, at.w)]);
    }
  }
};

}  // namespace cresset::kernels
