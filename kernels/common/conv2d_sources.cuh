// The operands of a convolution as sources (source.cuh), one group of channels at a time: forward is output pixels x
// taps (c, r, s) times taps x output channels, grad_input is input pixels x taps (k, r, s) times taps x input channels,
// grad_weight is output channels x output pixels times output pixels x taps (c, r, s). Nothing is unfolded in memory.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/conv2d_shape.cuh"
#include "common/source.cuh"

namespace cresset::kernels {

// Of an image tensor, in elements.
struct ImageStrides {
  std::int64_t image;
  int row, column, channel;
  ImageStrides(bool last, std::int64_t channels, std::int64_t height, std::int64_t width)
      : image(channels * height * width),
        row(static_cast<int>(last ? width * channels : width)),
        column(static_cast<int>(last ? channels : 1)),
        channel(static_cast<int>(last ? 1 : height * width)) {}
};

struct ConvGeometry {
  ConvShape shape;
  ImageStrides x, y;
  FastDivide by_plane;    // of y
  int pixels, in_pixels;  // of y and of x
  int taps, in_taps;      // (c, r, s) and (k, r, s)
  bool unit_stride;
  explicit ConvGeometry(const Conv2dProblem& p)
      : shape(p),
        x(shape.last, p.C, p.H, p.W),
        y(shape.last, p.K, p.P, p.Q),
        by_plane(p.P * p.Q),
        pixels(static_cast<int>(p.N * p.P * p.Q)),
        in_pixels(static_cast<int>(p.N * p.H * p.W)),
        taps(shape.C * shape.R * shape.S),
        in_taps(shape.K * shape.R * shape.S),
        unit_stride(shape.stride_h == 1 && shape.stride_w == 1) {}

  // The first element of a group of channels.
  template <class T>
  __device__ T* x_of_group(T* from, int g) const {
    return from + std::int64_t{g} * shape.C * x.channel;
  }
  template <class T>
  __device__ T* y_of_group(T* from, int g) const {
    return from + std::int64_t{g} * shape.K * y.channel;
  }
  template <class T>
  __device__ T* w_of_group(T* from, int g) const {
    return from + std::int64_t{g} * shape.K * taps;
  }
};

// A position for which no neighbour is in the image.
inline constexpr int kNowhere = -(1 << 30);

// x under the windows: one of the two is an output pixel, the other a tap. A window may begin before the image.
template <class T>
struct WindowPixel {
  const T* at;
  int h, w;
};
struct WindowTap {
  int offset, h, w;
};
template <class T>
__device__ WindowPixel<T> window_pixel(const ConvGeometry& p, const T* base, int i) {
  if (i >= p.pixels) return {base, kNowhere, kNowhere};
  const Pixel out = pixel(static_cast<std::uint32_t>(i), p.shape.by_P, p.shape.by_Q);
  const int h = out.h * p.shape.stride_h - p.shape.pad_top, w = out.w * p.shape.stride_w - p.shape.pad_left;
  return {base + (out.n * p.x.image + std::int64_t{h} * p.x.row + std::int64_t{w} * p.x.column), h, w};
}
__device__ inline WindowTap window_tap(const ConvGeometry& p, int i) {
  if (i >= p.taps) return {0, kNowhere, kNowhere};
  const Tap t = tap(p.shape, static_cast<std::uint32_t>(i), p.shape.by_C);
  const int h = t.r * p.shape.dilation_h, w = t.s * p.shape.dilation_w;
  return {t.c * p.x.channel + h * p.x.row + w * p.x.column, h, w};
}
template <class T>
__device__ Found<T> found_in_window(const ConvGeometry& p, const WindowPixel<T>& out, const WindowTap& t) {
  const bool inside = static_cast<unsigned>(out.h + t.h) < static_cast<unsigned>(p.shape.H) &&
                      static_cast<unsigned>(out.w + t.w) < static_cast<unsigned>(p.shape.W);
  return {out.at + t.offset, inside};
}

template <class T, bool kRunsAlongK>
struct WindowSource {  // output pixels x taps
  using Element = T;
  static constexpr bool kAlongK = kRunsAlongK;
  const ConvGeometry& p;
  const T* base;
  __device__ WindowPixel<T> row(int m) const { return window_pixel(p, base, m); }
  __device__ WindowTap depth(int k) const { return window_tap(p, k); }
  __device__ Found<T> at(const WindowPixel<T>& m, const WindowTap& k) const { return found_in_window(p, m, k); }
};
template <class T, bool kRunsAlongK>
struct WindowSourceTransposed {  // taps x output pixels
  using Element = T;
  static constexpr bool kAlongK = kRunsAlongK;
  const ConvGeometry& p;
  const T* base;
  __device__ WindowTap row(int n) const { return window_tap(p, n); }
  __device__ WindowPixel<T> depth(int k) const { return window_pixel(p, base, k); }
  __device__ Found<T> at(const WindowTap& n, const WindowPixel<T>& k) const { return found_in_window(p, k, n); }
};

template <class T>
struct WeightSource {  // output channels x taps, as they lie
  using Element = T;
  static constexpr bool kAlongK = true;
  const ConvGeometry& p;
  const T* base;
  __device__ PlainRow<T> row(int n) const { return {base + std::int64_t{n} * p.taps, n < p.shape.K}; }
  __device__ PlainDepth depth(int k) const { return {k, k < p.taps}; }
  __device__ Found<T> at(const PlainRow<T>& n, const PlainDepth& k) const { return found(n, k); }
};

// The output gradient that a tap (k, r, s) brings to an input pixel.
template <class T, bool kRunsAlongK>
struct GradSource {  // input pixels x taps
  using Element = T;
  static constexpr bool kAlongK = kRunsAlongK;
  const ConvGeometry& p;
  const T* base;
  struct Row {
    const T* at;
    int h, w;
  };
  struct Depth {
    int offset, h, w;
  };
  __device__ Row row(int m) const {
    if (m >= p.in_pixels) return {base, kNowhere, kNowhere};
    const Pixel in = pixel(static_cast<std::uint32_t>(m), p.shape.by_H, p.shape.by_W);
    return {base + in.n * p.y.image, in.h + p.shape.pad_top, in.w + p.shape.pad_left};
  }
  __device__ Depth depth(int k) const {
    if (k >= p.in_taps) return {0, -kNowhere, -kNowhere};
    const Tap t = tap(p.shape, static_cast<std::uint32_t>(k), p.shape.by_K);
    return {t.c * p.y.channel, t.r * p.shape.dilation_h, t.s * p.shape.dilation_w};
  }
  __device__ Found<T> at(const Row& m, const Depth& k) const {
    const int h = m.h - k.h, w = m.w - k.w;
    if (h < 0 || w < 0) return {base, false};
    std::uint32_t i = static_cast<std::uint32_t>(h), j = static_cast<std::uint32_t>(w);
    const bool hit = p.unit_stride || (p.shape.by_stride_h.split(i) | p.shape.by_stride_w.split(j)) == 0;
    const bool inside = hit && static_cast<int>(i) < p.shape.P && static_cast<int>(j) < p.shape.Q;
    return {m.at + (k.offset + (inside ? static_cast<int>(i) * p.y.row + static_cast<int>(j) * p.y.column : 0)),
            inside};
  }
};
template <class T, bool kRunsAlongK>
struct WeightByInputSource {  // input channels x taps (k, r, s)
  using Element = T;
  static constexpr bool kAlongK = kRunsAlongK;
  const ConvGeometry& p;
  const T* base;
  __device__ PlainRow<T> row(int n) const {
    return {base + std::int64_t{n} * (p.shape.last ? 1 : p.shape.R * p.shape.S), n < p.shape.C};
  }
  __device__ PlainDepth depth(int k) const {
    const bool there = k < p.in_taps;
    const Tap t = tap(p.shape, static_cast<std::uint32_t>(there ? k : 0), p.shape.by_K);
    return {p.shape.w_at(0, t.c, 0, t.r, t.s), there};
  }
  __device__ Found<T> at(const PlainRow<T>& n, const PlainDepth& k) const { return found(n, k); }
};

template <class T, bool kRunsAlongK>
struct GradByPixelSource {  // output channels x output pixels
  using Element = T;
  static constexpr bool kAlongK = kRunsAlongK;
  const ConvGeometry& p;
  const T* base;
  __device__ PlainRow<T> row(int m) const { return {base + std::int64_t{m} * p.y.channel, m < p.shape.K}; }
  __device__ PlainDepth depth(int k) const {
    std::uint32_t i = static_cast<std::uint32_t>(k);
    const std::uint32_t in_plane = p.by_plane.split(i);
    return {i * p.y.image + std::int64_t{in_plane} * p.y.column, k < p.pixels};
  }
  __device__ Found<T> at(const PlainRow<T>& m, const PlainDepth& k) const { return found(m, k); }
};

}  // namespace cresset::kernels
