// Convolutions as implicit matrix products, for every stride, padding, dilation and number of groups.
#include <algorithm>

#include "add_parts.cuh"
#include "common/conv2d_sources.cuh"
#include "common/elements.cuh"
#include "common/gemm.cuh"
#include "common/gemm_tiles.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "conv2d.cuh"

namespace cresset::kernels {
namespace {

struct Tiles {
  int rows, columns, parts;
  template <class Tile>
  static Tiles of(std::int64_t m, std::int64_t n, std::int64_t parts) {
    return {static_cast<int>((m + Tile::kM - 1) / Tile::kM), static_cast<int>((n + Tile::kN - 1) / Tile::kN),
            static_cast<int>(parts)};
  }
};

// Columns run fastest: blocks that share an operand's rows run side by side.
struct BlockTile {
  int row, column, part;
};
__device__ BlockTile tile_of_block(const Tiles& tiles) {
  const int i = static_cast<int>(blockIdx.x), row = i / tiles.columns;
  return {row % tiles.rows, i % tiles.columns, row / tiles.rows};
}

template <class T, class Tile, bool kLast>
__global__ void __launch_bounds__(256, 1) forward(__grid_constant__ const ConvGeometry p, Tiles tiles, bool relu,
                                                  const T* x, const T* w, const T* bias, T* y) {
  using C = Accumulator<T>;
  const BlockTile at = tile_of_block(tiles);
  const int g = static_cast<int>(blockIdx.y);
  const WindowSource<T, kLast> a{p, p.x_of_group(x, g)};
  const WeightSource<T> b{p, p.w_of_group(w, g)};
  gemm_tile<C, Tile>(a, b, at.row * Tile::kM, at.column * Tile::kN, 0, p.taps, [&](int m, int k, C sum) {
    if (m >= p.pixels || k >= p.shape.K) return;
    if (bias != nullptr) sum += static_cast<C>(widen(bias[g * p.shape.K + k]));
    if (relu) sum = above_zero(sum);
    const Pixel out = pixel(static_cast<std::uint32_t>(m), p.shape.by_P, p.shape.by_Q);
    y[p.shape.y_at(g, out.n, k, out.h, out.w)] = convert<T>(sum);
  });
}

template <class T, class Tile, bool kLast>
__global__ void __launch_bounds__(256, 1)
    grad_input(__grid_constant__ const ConvGeometry p, Tiles tiles, const T* grad_y, const T* w, T* grad_x) {
  using C = Accumulator<T>;
  const BlockTile at = tile_of_block(tiles);
  const int g = static_cast<int>(blockIdx.y);
  const GradSource<T, kLast> a{p, p.y_of_group(grad_y, g)};
  const WeightByInputSource<T, !kLast> b{p, p.w_of_group(w, g)};
  gemm_tile<C, Tile>(a, b, at.row * Tile::kM, at.column * Tile::kN, 0, p.in_taps, [&](int m, int c, C sum) {
    if (m >= p.in_pixels || c >= p.shape.C) return;
    const Pixel in = pixel(static_cast<std::uint32_t>(m), p.shape.by_H, p.shape.by_W);
    grad_x[p.shape.x_at(g, in.n, c, in.h, in.w)] = convert<T>(sum);
  });
}

// Out is T where the pixels are one part, else the type of the sums.
template <class T, class Out, class Tile, bool kLast>
__global__ void __launch_bounds__(256) grad_weight(__grid_constant__ const ConvGeometry p, Tiles tiles,
                                                   int pixels_of_part, const T* grad_y, const T* x, Out* grad_w) {
  using C = Accumulator<T>;
  const BlockTile at = tile_of_block(tiles);
  const int g = static_cast<int>(blockIdx.y), begin = at.part * pixels_of_part;
  const int end = p.pixels - begin < pixels_of_part ? p.pixels : begin + pixels_of_part;
  const GradByPixelSource<T, !kLast> a{p, p.y_of_group(grad_y, g)};
  // Along taps in either layout: a pixel's place costs more to compute than a tap's.
  const WindowSourceTransposed<T, false> b{p, p.x_of_group(x, g)};
  Out* to = grad_w + (std::int64_t{at.part} * p.shape.groups + g) * p.shape.K * p.taps;
  gemm_tile<C, Tile>(a, b, at.row * Tile::kM, at.column * Tile::kN, begin, end, [&](int k, int t, C sum) {
    if (k < p.shape.K && t < p.taps) to[std::int64_t{k} * p.taps + t] = convert<Out>(sum);
  });
}

template <class Tile>
LaunchConfig grid_of(const Tiles& tiles, const ConvGeometry& p, cudaStream_t stream) {
  const unsigned blocks =
      static_cast<unsigned>(tiles.rows) * static_cast<unsigned>(tiles.columns) * static_cast<unsigned>(tiles.parts);
  return {.grid = dim3(blocks, static_cast<unsigned>(p.shape.groups)), .block = dim3(Tile::kThreads), .stream = stream};
}

// Of grad_weight: at least 256 pixels a part.
std::int64_t most_parts(const Conv2dProblem& p) { return std::max<std::int64_t>((p.N * p.P * p.Q + 255) / 256, 1); }

}  // namespace

bool conv2d_fits(const Conv2dProblem& p) {
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  const std::int64_t reach_h = p.P * p.stride_h + p.R * p.dilation_h + p.H + p.pad_top;
  const std::int64_t reach_w = p.Q * p.stride_w + p.S * p.dilation_w + p.W + p.pad_left;
  const std::int64_t row = p.format == kChannelsLast ? p.W * p.C : p.W;
  const std::int64_t column = p.format == kChannelsLast ? p.C : 1;
  return p.N * p.P * p.Q < kMost && p.N * p.H * p.W < kMost && p.C * p.H * p.W < kMost && p.K * p.P * p.Q < kMost &&
         p.C * p.K * p.R * p.S < kMost && reach_h < kMost && reach_w < kMost && p.groups < 65536 &&
         p.R * p.dilation_h * row + p.S * p.dilation_w * column < kMost;
}

cudaError_t conv2d_forward(const Conv2dProblem& p, bool relu, const void* x, const void* w, const void* bias, void* y,
                           cudaStream_t stream) {
  const ConvGeometry geometry(p);
  const int K = geometry.shape.K;
  if (geometry.pixels == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  const auto typed = [&]<class T>() {
    const bool last = geometry.shape.last;
    with_tile(geometry.pixels, K, [&]<class Tile>() {
      const Tiles tiles = Tiles::of<Tile>(geometry.pixels, K, 1);
      const LaunchConfig config = grid_of<Tile>(tiles, geometry, stream);
      const auto *from = static_cast<const T*>(x), *weight = static_cast<const T*>(w),
                 *shift = static_cast<const T*>(bias);
      auto* to = static_cast<T*>(y);
      error = last ? launch<forward<T, Tile, true>>(config, geometry, tiles, relu, from, weight, shift, to)
                   : launch<forward<T, Tile, false>>(config, geometry, tiles, relu, from, weight, shift, to);
    });
  };
  is_floating_point(p.dtype) ? switch_floating(p.dtype, typed) : switch_integer(p.dtype, [&]<class T>() {
    if constexpr (!std::is_same_v<T, bool>) typed.template operator()<T>();
  });
  return error;
}

cudaError_t conv2d_grad_input(const Conv2dProblem& p, const void* grad_y, const void* w, void* grad_x,
                              cudaStream_t stream) {
  const ConvGeometry geometry(p);
  const int C = geometry.shape.C;
  if (geometry.in_pixels == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    const bool last = geometry.shape.last;
    with_tile(geometry.in_pixels, C, [&]<class Tile>() {
      const Tiles tiles = Tiles::of<Tile>(geometry.in_pixels, C, 1);
      const LaunchConfig config = grid_of<Tile>(tiles, geometry, stream);
      const auto *grad = static_cast<const T*>(grad_y), *weight = static_cast<const T*>(w);
      auto* to = static_cast<T*>(grad_x);
      error = last ? launch<grad_input<T, Tile, true>>(config, geometry, tiles, grad, weight, to)
                   : launch<grad_input<T, Tile, false>>(config, geometry, tiles, grad, weight, to);
    });
  });
  return error;
}

std::int64_t conv2d_grad_weight_parts(const Conv2dProblem& p, int multiprocessors) {
  const std::int64_t K = p.K / p.groups, taps = p.C / p.groups * p.R * p.S;
  std::int64_t tiles = 1;
  with_tile(K, taps, [&]<class Tile>() {
    const Tiles all = Tiles::of<Tile>(K, taps, 1);
    tiles = std::int64_t{all.rows} * all.columns * p.groups;
  });
  // Two blocks a multiprocessor.
  return std::clamp<std::int64_t>(2 * std::int64_t{multiprocessors} / tiles, 1, most_parts(p));
}

cudaError_t conv2d_grad_weight(const Conv2dProblem& p, const void* grad_y, const void* x, void* grad_w,
                               std::int64_t part_count, void* parts, cudaStream_t stream) {
  const ConvGeometry geometry(p);
  const int K = geometry.shape.K, taps = geometry.taps;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    using Sums = Accumulator<T>;
    const bool last = geometry.shape.last;
    with_tile(K, taps, [&]<class Tile>() {
      const Tiles tiles = Tiles::of<Tile>(K, taps, part_count);
      const LaunchConfig config = grid_of<Tile>(tiles, geometry, stream);
      // Whole slices, so that no part reads beyond its end.
      const std::int64_t each = (geometry.pixels + part_count - 1) / part_count;
      const int pixels_of_part = static_cast<int>((each + Tile::kK - 1) / Tile::kK * Tile::kK);
      const auto *grad = static_cast<const T*>(grad_y), *from = static_cast<const T*>(x);
      const auto with_output = [&]<class Out>(Out* to) {
        error = last
                    ? launch<grad_weight<T, Out, Tile, true>>(config, geometry, tiles, pixels_of_part, grad, from, to)
                    : launch<grad_weight<T, Out, Tile, false>>(config, geometry, tiles, pixels_of_part, grad, from, to);
      };
      if (part_count == 1) return with_output(static_cast<T*>(grad_w));
      with_output(static_cast<Sums*>(parts));
      if (error != cudaSuccess) return;
      error = add_parts(p.dtype, p.K * taps, part_count, parts, grad_w, stream);
    });
  });
  return error;
}

}  // namespace cresset::kernels
