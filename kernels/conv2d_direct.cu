// Convolutions with so few channels that a matrix product would be mostly empty.
#include "add_parts.cuh"
#include "common/computed_in_float.cuh"
#include "common/conv2d_sources.cuh"
#include "common/elements.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "common/thin_product.cuh"
#include "conv2d_direct.cuh"

namespace cresset::kernels {
namespace {

// Here and below: 1 block a multiprocessor is asked for, since ptxas, left to itself, spills to make room for more.
template <class T>
__global__ void __launch_bounds__(128, 1)
    forward(__grid_constant__ const ConvGeometry p, bool relu, const T* x, const T* w, const T* bias, T* y) {
  const int g = static_cast<int>(blockIdx.z), m = static_cast<int>(blockIdx.x * kThinThreads + threadIdx.x),
            first = static_cast<int>(blockIdx.y) * kThinColumns;
  const WindowSource<T, false> a{p, p.x_of_group(x, g)};
  const WeightSource<T> b{p, p.w_of_group(w, g)};
  const ThinSums sums = thin_product(a, b, m, first, p.taps);
  if (m >= p.pixels) return;
  const Pixel out = pixel(static_cast<std::uint32_t>(m), p.shape.by_P, p.shape.by_Q);
#pragma unroll
  for (int j = 0; j < kThinColumns; ++j) {
    if (first + j >= p.shape.K) continue;
    const float shift = bias == nullptr ? 0.0f : widen(bias[g * p.shape.K + first + j]);
    const float sum = sums.at[j] + shift;
    y[p.shape.y_at(g, out.n, first + j, out.h, out.w)] = convert<T>(relu ? above_zero(sum) : sum);
  }
}

template <class T>
__global__ void __launch_bounds__(128, 1)
    grad_input(__grid_constant__ const ConvGeometry p, const T* grad_y, const T* w, T* grad_x) {
  const int g = static_cast<int>(blockIdx.z), m = static_cast<int>(blockIdx.x * kThinThreads + threadIdx.x),
            first = static_cast<int>(blockIdx.y) * kThinColumns;
  const GradSource<T, false> a{p, p.y_of_group(grad_y, g)};
  const WeightByInputSource<T, true> b{p, p.w_of_group(w, g)};
  const ThinSums sums = thin_product(a, b, m, first, p.in_taps);
  if (m >= p.in_pixels) return;
  const Pixel in = pixel(static_cast<std::uint32_t>(m), p.shape.by_H, p.shape.by_W);
#pragma unroll
  for (int j = 0; j < kThinColumns; ++j)
    if (first + j < p.shape.C) grad_x[p.shape.x_at(g, in.n, first + j, in.h, in.w)] = convert<T>(sums.at[j]);
}

// A slice of 32 output pixels with 8 channels of their gradient.
template <class T>
struct GradSlice {
  static constexpr int kPixels = 32;
  Vector<float, 4> grads[kPixels][2];
  WindowPixel<T> pixels[kPixels];
};

// A thread computes one tap of 8 output channels.
template <class T>
__global__ void __launch_bounds__(128, 1) grad_weight(__grid_constant__ const ConvGeometry p, int tap_blocks,
                                                      int pixels_of_part, const T* grad_y, const T* x, float* parts) {
  const int thread = static_cast<int>(threadIdx.x), part = static_cast<int>(blockIdx.x) / tap_blocks,
            t = static_cast<int>(blockIdx.x) % tap_blocks * kThinThreads + thread,
            first = static_cast<int>(blockIdx.y) * kThinColumns, g = static_cast<int>(blockIdx.z);
  const int begin = part * pixels_of_part;
  const int end = p.pixels - begin < pixels_of_part ? p.pixels : begin + pixels_of_part;
  const WindowTap tap = window_tap(p, t);
  const GradByPixelSource<T, false> grads{p, p.y_of_group(grad_y, g)};
  const T* const from = p.x_of_group(x, g);
  using Slice = GradSlice<T>;
  auto& slice = shared<Slice>();
  ThinSums sums;
  for (int i = begin; i < end; i += Slice::kPixels) {
    __syncthreads();  // the last slice has been read
    if (thread < Slice::kPixels) slice.pixels[thread] = window_pixel(p, from, i + thread);
#pragma unroll
    for (int e = thread; e < Slice::kPixels * kThinColumns; e += kThinThreads) {
      const int at = e / kThinColumns, j = e % kThinColumns, k = first + j;
      const auto found = grads.at(grads.row(k), grads.depth(i + at));
      slice.grads[at][j / 4].at[j % 4] = found.there && i + at < end ? widen(*found.at) : 0.0f;
    }
    __syncthreads();
#pragma unroll 4
    for (int e = 0; e < Slice::kPixels; ++e) {
      const auto found = found_in_window(p, slice.pixels[e], tap);
      sums.add(found.there ? widen(*found.at) : 0.0f, slice.grads[e][0], slice.grads[e][1]);
    }
  }
  if (t >= p.taps) return;
  float* const to = parts + (std::int64_t{part} * p.shape.groups + g) * p.shape.K * p.taps;
#pragma unroll
  for (int j = 0; j < kThinColumns; ++j)
    if (first + j < p.shape.K) to[(first + j) * p.taps + t] = sums.at[j];
}

unsigned blocks_of(std::int64_t n, int each) { return static_cast<unsigned>((n + each - 1) / each); }

}  // namespace

cudaError_t conv2d_direct_forward(const Conv2dProblem& p, bool relu, const void* x, const void* w, const void* bias,
                                  void* y, cudaStream_t stream) {
  const ConvGeometry geometry(p);
  if (geometry.pixels == 0) return cudaSuccess;
  const LaunchConfig config{.grid = dim3(blocks_of(geometry.pixels, kThinThreads),
                                         blocks_of(geometry.shape.K, kThinColumns), static_cast<unsigned>(p.groups)),
                            .block = dim3(kThinThreads),
                            .stream = stream};
  cudaError_t error = cudaSuccess;
  switch_computed_in_float(p.dtype, [&]<class T>() {
    error = launch<forward<T>>(config, geometry, relu, static_cast<const T*>(x), static_cast<const T*>(w),
                               static_cast<const T*>(bias), static_cast<T*>(y));
  });
  return error;
}

cudaError_t conv2d_direct_grad_input(const Conv2dProblem& p, const void* grad_y, const void* w, void* grad_x,
                                     cudaStream_t stream) {
  const ConvGeometry geometry(p);
  if (geometry.in_pixels == 0) return cudaSuccess;
  const LaunchConfig config{.grid = dim3(blocks_of(geometry.in_pixels, kThinThreads),
                                         blocks_of(geometry.shape.C, kThinColumns), static_cast<unsigned>(p.groups)),
                            .block = dim3(kThinThreads),
                            .stream = stream};
  cudaError_t error = cudaSuccess;
  switch_computed_in_float(p.dtype, [&]<class T>() {
    error = launch<grad_input<T>>(config, geometry, static_cast<const T*>(grad_y), static_cast<const T*>(w),
                                  static_cast<T*>(grad_x));
  });
  return error;
}

std::int64_t conv2d_direct_grad_weight_parts(const Conv2dProblem& p, int multiprocessors) {
  const std::int64_t taps = p.C / p.groups * p.R * p.S, pixels = p.N * p.P * p.Q;
  const std::int64_t blocks =
      std::int64_t{blocks_of(taps, kThinThreads)} * blocks_of(p.K / p.groups, kThinColumns) * p.groups;
  // Eight blocks of 4 warps a multiprocessor, but at least 64 pixels a part.
  const std::int64_t wanted = 8 * std::int64_t{multiprocessors} / blocks, most = (pixels + 63) / 64;
  const std::int64_t parts = wanted < most ? wanted : most;
  return parts > 1 ? parts : 1;
}

cudaError_t conv2d_direct_grad_weight(const Conv2dProblem& p, const void* grad_y, const void* x, void* grad_w,
                                      std::int64_t part_count, void* parts, cudaStream_t stream) {
  const ConvGeometry geometry(p);
  const int tap_blocks = static_cast<int>(blocks_of(geometry.taps, kThinThreads));
  const std::int64_t n = p.K * geometry.taps;
  const LaunchConfig config{.grid = dim3(static_cast<unsigned>(tap_blocks * part_count),
                                         blocks_of(geometry.shape.K, kThinColumns), static_cast<unsigned>(p.groups)),
                            .block = dim3(kThinThreads),
                            .stream = stream};
  const auto pixels_of_part = static_cast<int>((geometry.pixels + part_count - 1) / part_count);
  cudaError_t error = cudaSuccess;
  switch_computed_in_float(p.dtype, [&]<class T>() {
    auto* sums = static_cast<float*>(parts != nullptr ? parts : grad_w);
    error = launch<grad_weight<T>>(config, geometry, tap_blocks, pixels_of_part, static_cast<const T*>(grad_y),
                                   static_cast<const T*>(x), sums);
    if (error != cudaSuccess || parts == nullptr) return;
    error = add_parts(p.dtype, n, part_count, sums, grad_w, stream);
  });
  return error;
}

}  // namespace cresset::kernels
