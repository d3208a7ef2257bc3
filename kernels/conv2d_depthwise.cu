// Convolutions with one input channel a group: every weight belongs to one channel, and a matrix product would have one
// column. Lanes run along memory: over channels in channels_last, else over the row.
#include "add_parts.cuh"
#include "common/computed_in_float.cuh"
#include "common/conv2d_sources.cuh"
#include "common/elements.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "common/reduce.cuh"
#include "conv2d_direct.cuh"

namespace cresset::kernels {
namespace {

struct Element {
  int n, channel, h, w;
};
// Of an element's number in memory.
__device__ Element element(std::uint32_t i, bool last, const FastDivide& by_channels, const FastDivide& by_rows,
                           const FastDivide& by_columns) {
  Element at{};
  if (last) at.channel = static_cast<int>(by_channels.split(i));
  at.w = static_cast<int>(by_columns.split(i));
  at.h = static_cast<int>(by_rows.split(i));
  if (!last) at.channel = static_cast<int>(by_channels.split(i));
  at.n = static_cast<int>(i);
  return at;
}

// Here and below: 1 block a multiprocessor is asked for, since ptxas, left to itself, spills to make room for more.
template <class T>
__global__ void __launch_bounds__(256, 1)
    forward(__grid_constant__ const ConvGeometry p, FastDivide by_channels, std::int64_t count, bool relu, const T* x,
            const T* w, const T* bias, T* y) {
  const std::int64_t i = element_index();
  if (i >= count) return;
  const ConvShape& s = p.shape;
  const Element out = element(static_cast<std::uint32_t>(i), s.last, by_channels, s.by_P, s.by_Q);
  const int input = static_cast<int>(s.by_K.quotient(static_cast<std::uint32_t>(out.channel)));
  const T* const from = x + out.n * std::int64_t{p.x.image} + input * std::int64_t{p.x.channel};
  const T* weight = w + out.channel * std::int64_t{s.R * s.S};
  float sum = 0;
  for (int r = 0; r < s.R; ++r) {
    const int h = out.h * s.stride_h - s.pad_top + r * s.dilation_h;
    for (int c = 0; c < s.S; ++c, ++weight) {
      const int column = out.w * s.stride_w - s.pad_left + c * s.dilation_w;
      if (h < 0 || h >= s.H || column < 0 || column >= s.W) continue;
      sum += widen(from[h * p.x.row + column * p.x.column]) * widen(*weight);
    }
  }
  if (bias != nullptr) sum += widen(bias[out.channel]);
  y[i] = convert<T>(relu ? above_zero(sum) : sum);
}

template <class T>
__global__ void __launch_bounds__(256, 1) grad_input(__grid_constant__ const ConvGeometry p, FastDivide by_channels,
                                                     std::int64_t count, const T* grad_y, const T* w, T* grad_x) {
  const std::int64_t i = element_index();
  if (i >= count) return;
  const ConvShape& s = p.shape;
  const Element in = element(static_cast<std::uint32_t>(i), s.last, by_channels, s.by_H, s.by_W);
  float sum = 0;
  for (int k = in.channel * s.K; k < (in.channel + 1) * s.K; ++k) {
    const T* const from = grad_y + in.n * std::int64_t{p.y.image} + k * std::int64_t{p.y.channel};
    const T* weight = w + k * std::int64_t{s.R * s.S};
    for (int r = 0; r < s.R; ++r) {
      const int h = in.h + s.pad_top - r * s.dilation_h;
      for (int c = 0; c < s.S; ++c, ++weight) {
        const int column = in.w + s.pad_left - c * s.dilation_w;
        if (h < 0 || column < 0) continue;
        std::uint32_t row = static_cast<std::uint32_t>(h), q = static_cast<std::uint32_t>(column);
        if ((s.by_stride_h.split(row) | s.by_stride_w.split(q)) != 0) continue;
        if (static_cast<int>(row) >= s.P || static_cast<int>(q) >= s.Q) continue;
        sum += widen(from[static_cast<int>(row) * p.y.row + static_cast<int>(q) * p.y.column]) * widen(*weight);
      }
    }
  }
  grad_x[i] = convert<T>(sum);
}

// Taps that a thread sums at once, so that the gradient is read once for 3 x 3.
constexpr int kTaps = 9;
struct TapSums {
  float at[256];
};

// A block of 256 threads computes kLanes neighbouring output channels over one part of the pixels, which 256 / kLanes
// threads a channel share.
template <class T, int kLanes>
__global__ void __launch_bounds__(256, 1)
    grad_weight(__grid_constant__ const ConvGeometry p, int channels, int channel_blocks, int pixels_of_part,
                const T* grad_y, const T* x, float* parts) {
  constexpr int kThreads = 256;
  const ConvShape& s = p.shape;
  const int thread = static_cast<int>(threadIdx.x), part = static_cast<int>(blockIdx.x) / channel_blocks,
            k = static_cast<int>(blockIdx.x) % channel_blocks * kLanes + thread % kLanes;
  const int begin = part * pixels_of_part, taps = s.R * s.S;
  const int end = p.pixels - begin < pixels_of_part ? p.pixels : begin + pixels_of_part;
  const bool is_channel = k < channels;
  const int channel = is_channel ? k : 0;
  const GradByPixelSource<T, false> grads{p, grad_y};
  const T* const from = x + std::int64_t{s.by_K.quotient(static_cast<std::uint32_t>(channel))} * p.x.channel;
  for (int first = 0; first < taps; first += kTaps) {
    float sums[kTaps] = {};
    WindowTap tap[kTaps];
#pragma unroll
    for (int t = 0; t < kTaps; ++t) tap[t] = window_tap(p, first + t);
    for (int i = begin + thread / kLanes; i < end; i += kThreads / kLanes) {
      const float grad = widen(*grads.at(grads.row(channel), grads.depth(i)).at);
      const auto out = window_pixel(p, from, i);
#pragma unroll
      for (int t = 0; t < kTaps; ++t) {
        const auto found = found_in_window(p, out, tap[t]);
        if (found.there) sums[t] += grad * widen(*found.at);
      }
    }
#pragma unroll
    for (int t = 0; t < kTaps; ++t) {
      float sum = sums[t];
      if constexpr (kLanes == 1) {
        sum = block_reduce<kThreads, Add>(sum, 0.0f);
      } else {
        auto& all = shared<TapSums>();
        __syncthreads();  // the last tap's have been read
        all.at[thread] = sum;
        __syncthreads();
        sum = 0;
        if (thread < kLanes)
          for (int i = thread; i < kThreads; i += kLanes) sum += all.at[i];
      }
      if (thread < kLanes && is_channel && first + t < taps)
        parts[(std::int64_t{part} * channels + k) * taps + first + t] = sum;
    }
  }
}

constexpr int kChannelLanes = 32;

std::int64_t channel_blocks(const Conv2dProblem& p) {
  return p.format == kChannelsLast ? (p.K + kChannelLanes - 1) / kChannelLanes : p.K;
}

}  // namespace

cudaError_t conv2d_depthwise_forward(const Conv2dProblem& p, bool relu, const void* x, const void* w, const void* bias,
                                     void* y, cudaStream_t stream) {
  const ConvGeometry geometry(p);
  const std::int64_t count = p.N * p.K * p.P * p.Q;
  if (count == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_computed_in_float(p.dtype, [&]<class T>() {
    error = launch<forward<T>>(element_grid(count, 1, stream), geometry, FastDivide(p.K), count, relu,
                               static_cast<const T*>(x), static_cast<const T*>(w), static_cast<const T*>(bias),
                               static_cast<T*>(y));
  });
  return error;
}

cudaError_t conv2d_depthwise_grad_input(const Conv2dProblem& p, const void* grad_y, const void* w, void* grad_x,
                                        cudaStream_t stream) {
  const ConvGeometry geometry(p);
  const std::int64_t count = p.N * p.C * p.H * p.W;
  if (count == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_computed_in_float(p.dtype, [&]<class T>() {
    error = launch<grad_input<T>>(element_grid(count, 1, stream), geometry, FastDivide(p.C), count,
                                  static_cast<const T*>(grad_y), static_cast<const T*>(w), static_cast<T*>(grad_x));
  });
  return error;
}

std::int64_t conv2d_depthwise_grad_weight_parts(const Conv2dProblem& p, int multiprocessors) {
  // Four blocks of 8 warps a multiprocessor, but at least 1024 pixels a part.
  const std::int64_t wanted = 4 * std::int64_t{multiprocessors} / channel_blocks(p),
                     most = (p.N * p.P * p.Q + 1023) / 1024;
  const std::int64_t parts = wanted < most ? wanted : most;
  return parts > 1 ? parts : 1;
}

cudaError_t conv2d_depthwise_grad_weight(const Conv2dProblem& p, const void* grad_y, const void* x, void* grad_w,
                                         std::int64_t part_count, void* parts, cudaStream_t stream) {
  const ConvGeometry geometry(p);
  const std::int64_t blocks = channel_blocks(p), n = p.K * geometry.taps;
  const LaunchConfig config{
      .grid = dim3(static_cast<unsigned>(blocks * part_count)), .block = dim3(256), .stream = stream};
  const auto pixels_of_part = static_cast<int>((geometry.pixels + part_count - 1) / part_count);
  cudaError_t error = cudaSuccess;
  switch_computed_in_float(p.dtype, [&]<class T>() {
    auto* sums = static_cast<float*>(parts != nullptr ? parts : grad_w);
    const auto with_lanes = [&]<int kLanes>() {
      error =
          launch<grad_weight<T, kLanes>>(config, geometry, static_cast<int>(p.K), static_cast<int>(blocks),
                                         pixels_of_part, static_cast<const T*>(grad_y), static_cast<const T*>(x), sums);
    };
    geometry.shape.last ? with_lanes.template operator()<kChannelLanes>() : with_lanes.template operator()<1>();
    if (error != cudaSuccess || parts == nullptr) return;
    error = add_parts(p.dtype, n, part_count, sums, grad_w, stream);
  });
  return error;
}

}  // namespace cresset::kernels
