// Sizes of a convolution, and the numbers of its pixels and taps.
#pragma once

#include <cresset/extension/conv2d.h>
#include <cuda_runtime.h>

#include <cstdint>

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

}  // namespace cresset::kernels
