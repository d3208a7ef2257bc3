// Forward and the gradient of the input as one problem: each pixel of the result sums, over taps and channels, pixels
// of an image, shifted by the tap, times weights.
//
// For the gradient, the image is that of the output's gradient, and there is one such problem for each phase of the
// stride: the input pixels whose h + padding leaves the same rest when divided by the stride meet the same taps, one in
// `stride` of all, and neighbours among them meet neighbouring output pixels. Forward has one phase.
#pragma once

#include <cresset/extension/conv2d.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <numeric>

#include "common/addressing.cuh"
#include "common/conv2d_shape.cuh"
#include "common/shared.cuh"
#include "common/source.cuh"

namespace cresset::kernels {

// Height, or width.
struct CorrelationAxis {
  int in, out;  // sizes of the image that is read, and of the result
  int taps, phases;
  int pad, step;  // pixel u of a phase of the result reads from u step + the phase's `from` on
  int dilation;   // of forward
  int tap_step;   // in the image, from tap to tap of a phase
  int of_taps;    // a phase meets one tap in so many
  int pixels;     // of the result in one phase, at the most

  static CorrelationAxis forward(std::int64_t in, std::int64_t out, std::int64_t taps, std::int64_t stride,
                                 std::int64_t pad, std::int64_t dilation) {
    const auto n = [](std::int64_t i) { return static_cast<int>(i); };
    return {n(in), n(out), n(taps), 1, n(-pad), n(stride), n(dilation), n(dilation), 1, n(out)};
  }
  static CorrelationAxis grad_input(std::int64_t in, std::int64_t out, std::int64_t taps, std::int64_t stride,
                                    std::int64_t pad, std::int64_t dilation) {
    const auto n = [](std::int64_t i) { return static_cast<int>(i); };
    const std::int64_t common = std::gcd(stride, dilation);
    return {n(out),
            n(in),
            n(taps),
            n(stride),
            n(pad),
            1,
            n(dilation),
            n(-dilation / common),
            n(stride / common),
            n((in + stride - 1) / stride)};
  }
};
// One phase of it: the first pixel of the result, where it reads, and which of the taps it meets, from `tap` on: input
// pixel h meets tap r where the stride divides h + padding - r dilation.
struct CorrelationPhase {
  int first, from, tap, taps;
};
__host__ __device__ inline CorrelationPhase phase_of(const CorrelationAxis& axis, int phase) {
  if (axis.phases == 1) return {0, axis.pad, 0, axis.taps};
  const int rest = (phase - axis.pad) % axis.phases, first = rest < 0 ? rest + axis.phases : rest;
  for (int tap = 0; tap < axis.of_taps && tap < axis.taps; ++tap) {
    const int reach = first + axis.pad - tap * axis.dilation;
    if (reach % axis.phases == 0)
      return {first, reach / axis.phases, tap, (axis.taps - tap + axis.of_taps - 1) / axis.of_taps};
  }
  return {first, 0, 0, 0};
}

struct CorrelationStrides {
  int image, row, column, channel;
};

struct Correlation {
  CorrelationAxis h, w;
  int images, channels, outputs, groups;  // channels of the image and of the result in one group
  CorrelationStrides in, out;
  FastDivide by_rows, by_columns, by_channels;

  // Rows and columns of taps have bits of a word, and the result and the image int offsets.
  static constexpr int kMostTaps = 15, kMostStride = 16;

  int pixels() const { return images * h.pixels * w.pixels; }
  __host__ __device__ int phases() const { return h.phases * w.phases; }
  __host__ __device__ CorrelationPhase phase_h(int phase) const { return phase_of(h, phase / w.phases); }
  __host__ __device__ CorrelationPhase phase_w(int phase) const { return phase_of(w, phase % w.phases); }
  // Lines of the matrix of weights: one for each tap and channel, in whole slices of a phase.
  __host__ __device__ int lines(int phase) const { return phase_h(phase).taps * phase_w(phase).taps * channels; }
  __host__ __device__ int first_line(int phase) const {
    int sum = 0;
    for (int i = 0; i < phase; ++i) sum += (lines(i) + 7) / 8 * 8;
    return sum;
  }
};

inline CorrelationStrides correlation_strides(bool last, std::int64_t channels, std::int64_t height,
                                              std::int64_t width) {
  return {static_cast<int>(channels * height * width), static_cast<int>(last ? width * channels : width),
          static_cast<int>(last ? channels : 1), static_cast<int>(last ? 1 : height * width)};
}
// Also of nothing, which nobody divides.
inline FastDivide divide_by(std::int64_t n) { return FastDivide(n > 0 ? n : 1); }
inline Correlation correlation_of(const Conv2dProblem& p, bool grad_input) {
  struct Image {
    std::int64_t channels, height, width;
  };
  const Image x{p.C, p.H, p.W}, y{p.K, p.P, p.Q}, &from = grad_input ? y : x, &to = grad_input ? x : y;
  const auto axis = grad_input ? CorrelationAxis::grad_input : CorrelationAxis::forward;
  const auto h = axis(p.H, p.P, p.R, p.stride_h, p.pad_top, p.dilation_h),
             w = axis(p.W, p.Q, p.S, p.stride_w, p.pad_left, p.dilation_w);
  const bool last = p.format == kChannelsLast;
  return {h,
          w,
          static_cast<int>(p.N),
          static_cast<int>(from.channels / p.groups),
          static_cast<int>(to.channels / p.groups),
          static_cast<int>(p.groups),
          correlation_strides(last, from.channels, from.height, from.width),
          correlation_strides(last, to.channels, to.height, to.width),
          divide_by(h.pixels),
          divide_by(w.pixels),
          divide_by(from.channels / p.groups)};
}
// Whether that describes a problem, a batch of images at a time.
inline bool correlation_fits(const Conv2dProblem& p, bool grad_input) {
  return p.R <= Correlation::kMostTaps && p.S <= Correlation::kMostTaps &&
         (!grad_input || (p.stride_h <= Correlation::kMostStride && p.stride_w <= Correlation::kMostStride));
}
// Images of which the input and the output have fewer than 2^30 elements, as conv2d_fits() has it of one.
inline std::int64_t images_that_fit(const Conv2dProblem& p) {
  const std::int64_t input = p.C * p.H * p.W, output = p.K * p.P * p.Q, most = (std::int64_t{1} << 30) - 1;
  const std::int64_t elements = input > output ? input : output;
  return elements > 0 ? most / elements : p.N;
}
// f(problem, its first image) for such batches, until one fails.
template <class F>
cudaError_t for_batches(const Conv2dProblem& p, F&& f) {
  const std::int64_t each = images_that_fit(p);
  Conv2dProblem batch = p;
  cudaError_t error = cudaSuccess;
  for (std::int64_t first = 0; first < p.N && error == cudaSuccess; first += each) {
    batch.N = p.N - first < each ? p.N - first : each;
    error = f(batch, first);
  }
  return error;
}

// Bits of a pixel: the rows, then the columns of taps that fall outside the image, and one that is always set. A tap
// has the two bits of its row and column, and one that does not exist has the last.
inline constexpr int kColumnBits = 15;
inline constexpr unsigned kNoTap = 1u << 31;

struct CorrelationTap {
  int offset;  // in the image, from the first
  unsigned bits;
};
struct CorrelationTaps {
  static constexpr int kMost = Correlation::kMostTaps * Correlation::kMostTaps + 32;
  CorrelationTap at[kMost];
  int number[kMost];      // in the weight, r S + s; -1: it does not exist
  CorrelationPhase h, w;  // of the block: found once, not by every thread for every pixel
};

// Fills the table for the block's phase. A barrier must follow. Behind the last tap there are 32 that do not exist.
__device__ inline void find_taps(const Correlation& p, int phase, CorrelationTaps& taps) {
  const CorrelationPhase h = p.phase_h(phase), w = p.phase_w(phase);
  if (threadIdx.x == 0) {
    taps.h = h;
    taps.w = w;
  }
  for (int i = static_cast<int>(threadIdx.x); i < h.taps * w.taps + 32; i += static_cast<int>(blockDim.x)) {
    const int r = w.taps > 0 ? i / w.taps : 0, s = i - r * w.taps;
    const bool there = i < h.taps * w.taps;
    taps.at[i] = there ? CorrelationTap{r * p.h.tap_step * p.in.row + s * p.w.tap_step * p.in.column,
                                        1u << r | 1u << (kColumnBits + s)}
                       : CorrelationTap{0, kNoTap};
    taps.number[i] = there ? (h.tap + r * p.h.of_taps) * p.w.taps + w.tap + s * p.w.of_taps : -1;
  }
}

struct CorrelationPixel {
  int offset;  // of the pixel under the first tap
  unsigned outside;
};
struct ResultPixel {
  int offset;
  bool there;
};

__device__ inline CorrelationPixel correlation_pixel(const Correlation& p, const CorrelationTaps& taps, int i) {
  if (i >= p.images * p.h.pixels * p.w.pixels) return {0, ~0u};
  const Pixel at = pixel(static_cast<std::uint32_t>(i), p.by_rows, p.by_columns);
  const CorrelationPhase of_h = taps.h, of_w = taps.w;
  const int h = of_h.from + at.h * p.h.step, w = of_w.from + at.w * p.w.step;
  unsigned outside = kNoTap;
#pragma unroll 1  // a few turns, once a block: longer code takes longer to fetch
  for (int r = 0; r < of_h.taps; ++r)
    if (static_cast<unsigned>(h + r * p.h.tap_step) >= static_cast<unsigned>(p.h.in)) outside |= 1u << r;
#pragma unroll 1
  for (int s = 0; s < of_w.taps; ++s)
    if (static_cast<unsigned>(w + s * p.w.tap_step) >= static_cast<unsigned>(p.w.in))
      outside |= 1u << (kColumnBits + s);
  return {at.n * p.in.image + h * p.in.row + w * p.in.column, outside};
}
__device__ inline ResultPixel result_pixel(const Correlation& p, const CorrelationTaps& taps, int i) {
  if (i >= p.images * p.h.pixels * p.w.pixels) return {0, false};
  const Pixel at = pixel(static_cast<std::uint32_t>(i), p.by_rows, p.by_columns);
  const int h = taps.h.first + at.h * p.h.phases, w = taps.w.first + at.w * p.w.phases;
  return {at.n * p.out.image + h * p.out.row + w * p.out.column, h < p.h.out && w < p.w.out};
}

// The image under the taps of one phase: pixels of the result x (tap, channel). For async_gemm.cuh, and with chunks of
// channels for tensor_gemm.cuh. kManyEights: the number of channels is a multiple of 8.
template <class T, bool kRunsAlongK, bool kManyEights = false>
struct CorrelationSource {
  using Element = T;
  static constexpr bool kAlongK = kRunsAlongK, kEvenDepth = kManyEights && !kAlongK;
  const Correlation& p;
  const CorrelationTaps& taps;
  const T* base;
  __device__ CorrelationPixel row(int m) const { return correlation_pixel(p, taps, m); }
  __device__ CorrelationTap depth(int k) const {
    std::uint32_t i = static_cast<std::uint32_t>(k);
    const int channel = static_cast<int>(p.by_channels.split(i));
    const CorrelationTap tap = taps.at[i];
    return {tap.offset + channel * p.in.channel, tap.bits};
  }
  __device__ int depth_stride() const { return p.in.channel; }
  __device__ const T* from(const CorrelationTap& k) const { return base + k.offset; }
  __device__ int offset(const CorrelationPixel& m) const { return m.offset; }
  __device__ bool there(const CorrelationPixel& m, const CorrelationTap& k) const { return (m.outside & k.bits) == 0; }
  __device__ Found<T> at(const CorrelationPixel& m, const CorrelationTap& k) const {
    return {base + (k.offset + m.offset), there(m, k)};
  }
};

}  // namespace cresset::kernels
