// The operands of a convolution as sources of tensor_copy.cuh, one group of channels at a time; the matrices are those
// of conv2d_loaders.cuh. Offsets fit 31 bits.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/conv2d_loaders.cuh"

namespace cresset::kernels {

// Of an image tensor, in elements.
struct ImageStrides {
  int image, row, column, channel;
  ImageStrides(bool last, std::int64_t channels, std::int64_t height, std::int64_t width)
      : image(static_cast<int>(channels * height * width)),
        row(static_cast<int>(last ? width * channels : width)),
        column(static_cast<int>(last ? channels : 1)),
        channel(static_cast<int>(last ? 1 : height * width)) {}
};

struct ConvGeometry {
  ConvShape shape;
  ImageStrides x, y;
  FastDivide by_plane;  // of y
  int pixels, taps;     // of the rows or the depth of the product
  explicit ConvGeometry(const Conv2dProblem& p)
      : shape(p),
        x(shape.last, p.C, p.H, p.W),
        y(shape.last, p.K, p.P, p.Q),
        by_plane(p.P * p.Q),
        pixels(static_cast<int>(p.N * p.P * p.Q)),
        taps(shape.C * shape.R * shape.S) {}
};

// A position for which no neighbour is in the image.
inline constexpr int kNowhere = -(1 << 30);

// x under the windows: one of the two is an output pixel, the other a tap. Sums of offsets may pass through what a
// signed number does not hold.
struct WindowPixel {
  unsigned offset;
  int h, w;
};
struct WindowTap {
  unsigned offset;
  int h, w;
};
__device__ inline WindowPixel window_pixel(const ConvGeometry& p, int i) {
  if (i >= p.pixels) return {0, kNowhere, kNowhere};
  const Pixel out = pixel(static_cast<std::uint32_t>(i), p.shape.by_P, p.shape.by_Q);
  const int h = out.h * p.shape.stride_h - p.shape.pad_top, w = out.w * p.shape.stride_w - p.shape.pad_left;
  return {static_cast<unsigned>(out.n) * static_cast<unsigned>(p.x.image) +
              static_cast<unsigned>(h) * static_cast<unsigned>(p.x.row) +
              static_cast<unsigned>(w) * static_cast<unsigned>(p.x.column),
          h, w};
}
__device__ inline WindowTap window_tap(const ConvGeometry& p, int i) {
  if (i >= p.taps) return {0, kNowhere, kNowhere};
  const Tap t = tap(p.shape, static_cast<std::uint32_t>(i), p.shape.by_C);
  const int h = t.r * p.shape.dilation_h, w = t.s * p.shape.dilation_w;
  return {static_cast<unsigned>(t.c) * static_cast<unsigned>(p.x.channel) +
              static_cast<unsigned>(h) * static_cast<unsigned>(p.x.row) +
              static_cast<unsigned>(w) * static_cast<unsigned>(p.x.column),
          h, w};
}
__device__ inline int window_at(const ConvGeometry& p, const WindowPixel& out, const WindowTap& t) {
  const bool inside = static_cast<unsigned>(out.h + t.h) < static_cast<unsigned>(p.shape.H) &&
                      static_cast<unsigned>(out.w + t.w) < static_cast<unsigned>(p.shape.W);
  return inside ? static_cast<int>(out.offset + t.offset) : -1;
}

template <class T>
struct WindowSource {  // output pixels x taps
  static constexpr bool kAlongK = true;
  const ConvGeometry& p;
  const T* base;
  __device__ WindowPixel row(int m) const { return window_pixel(p, m); }
  __device__ WindowTap depth(int k) const { return window_tap(p, k); }
  __device__ int at(const WindowPixel& m, const WindowTap& k) const { return window_at(p, m, k); }
};
template <class T>
struct WindowSourceTransposed {  // taps x output pixels
  static constexpr bool kAlongK = false;
  const ConvGeometry& p;
  const T* base;
  __device__ WindowTap row(int n) const { return window_tap(p, n); }
  __device__ WindowPixel depth(int k) const { return window_pixel(p, k); }
  __device__ int at(const WindowTap& n, const WindowPixel& k) const { return window_at(p, k, n); }
};

template <class T>
struct WeightSource {  // output channels x taps, as they lie
  static constexpr bool kAlongK = true;
  const ConvGeometry& p;
  const T* base;
  __device__ int row(int n) const { return n < p.shape.K ? n * p.taps : -1; }
  __device__ int depth(int k) const { return k < p.taps ? k : -1; }
  __device__ int at(int n, int k) const { return n < 0 || k < 0 ? -1 : n + k; }
};

// The output gradient that a tap (k, r, s) brings to an input pixel.
template <class T>
struct GradSource {  // input pixels x taps
  static constexpr bool kAlongK = true;
  const ConvGeometry& p;
  const T* base;
  int pixels, taps;
  struct Row {
    int image, h, w;
  };
  struct Depth {
    int channel, h, w;
  };
  __device__ Row row(int m) const {
    if (m >= pixels) return {0, kNowhere, kNowhere};
    const Pixel in = pixel(static_cast<std::uint32_t>(m), p.shape.by_H, p.shape.by_W);
    return {in.n * p.y.image, in.h + p.shape.pad_top, in.w + p.shape.pad_left};
  }
  __device__ Depth depth(int k) const {
    if (k >= taps) return {0, -kNowhere, -kNowhere};
    const Tap t = tap(p.shape, static_cast<std::uint32_t>(k), p.shape.by_K);
    return {t.c * p.y.channel, t.r * p.shape.dilation_h, t.s * p.shape.dilation_w};
  }
  __device__ int at(const Row& m, const Depth& k) const {
    const int h = m.h - k.h, w = m.w - k.w;
    if (h < 0 || w < 0) return -1;
    std::uint32_t i = static_cast<std::uint32_t>(h), j = static_cast<std::uint32_t>(w);
    if ((p.shape.by_stride_h.split(i) | p.shape.by_stride_w.split(j)) != 0) return -1;
    if (static_cast<int>(i) >= p.shape.P || static_cast<int>(j) >= p.shape.Q) return -1;
    return m.image + k.channel + static_cast<int>(i) * p.y.row + static_cast<int>(j) * p.y.column;
  }
};
template <class T>
struct WeightByInputSource {  // input channels x taps (k, r, s)
  static constexpr bool kAlongK = false;
  const ConvGeometry& p;
  const T* base;
  int taps;
  __device__ int row(int n) const { return n < p.shape.C ? n * (p.shape.last ? 1 : p.shape.R * p.shape.S) : -1; }
  __device__ int depth(int k) const {
    if (k >= taps) return -1;
    const Tap t = tap(p.shape, static_cast<std::uint32_t>(k), p.shape.by_K);
    return static_cast<int>(p.shape.w_at(0, t.c, 0, t.r, t.s));
  }
  __device__ int at(int n, int k) const { return n < 0 || k < 0 ? -1 : n + k; }
};

template <class T>
struct GradByPixelSource {  // output channels x output pixels
  static constexpr bool kAlongK = false;
  const ConvGeometry& p;
  const T* base;
  __device__ int row(int m) const { return m < p.shape.K ? m * p.y.channel : -1; }
  __device__ int depth(int k) const {
    if (k >= p.pixels) return -1;
    std::uint32_t i = static_cast<std::uint32_t>(k);
    const std::uint32_t in_plane = p.by_plane.split(i);
    return static_cast<int>(i) * p.y.image + static_cast<int>(in_plane) * p.y.column;
  }
  __device__ int at(int m, int k) const { return m < 0 || k < 0 ? -1 : m + k; }
};

}  // namespace cresset::kernels
