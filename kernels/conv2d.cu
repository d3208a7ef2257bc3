// Convolutions as implicit matrix products, for every stride, padding, dilation and number of groups.
#include "add_parts.cuh"
#include "common/conv2d_loaders.cuh"
#include "common/elements.cuh"
#include "common/gemm.cuh"
#include "common/launch.cuh"
#include "conv2d.cuh"

namespace cresset::kernels {
namespace {

struct Tiles {
  std::int64_t rows, columns, parts;
  template <class Tile>
  static Tiles of(std::int64_t m, std::int64_t n, std::int64_t parts) {
    return {(m + Tile::kM - 1) / Tile::kM, (n + Tile::kN - 1) / Tile::kN, parts};
  }
};

// Columns run fastest: blocks that share an operand's rows run side by side.
struct BlockTile {
  std::int64_t row, column, part;
};
__device__ BlockTile tile_of_block(const Tiles& tiles) {
  const std::int64_t i = blockIdx.x;
  return {i / tiles.columns % tiles.rows, i % tiles.columns, i / tiles.columns / tiles.rows};
}

template <class T, class Tile, bool kLast>
__global__ void __launch_bounds__(256)
    forward(__grid_constant__ const ConvShape p, Tiles tiles, const T* x, const T* w, const T* bias, T* y) {
  using C = Accumulator<T>;
  const BlockTile at = tile_of_block(tiles);
  const int g = static_cast<int>(blockIdx.y), pixels = p.N * p.P * p.Q, taps = p.C * p.R * p.S;
  const InputUnderWindows<T, kLast> a{p, x, g, pixels, taps};
  const Weights<T> b{p, w, g, taps};
  gemm_tile<C, Tile>(a, b, at.row * Tile::kM, at.column * Tile::kN, 0, taps,
                     [&](std::int64_t m, std::int64_t k, C sum) {
                       if (m >= pixels || k >= p.K) return;
                       if (bias != nullptr) sum += static_cast<C>(widen(bias[g * p.K + k]));
                       const Pixel out = pixel(static_cast<std::uint32_t>(m), p.by_P, p.by_Q);
                       y[p.y_at(g, out.n, static_cast<int>(k), out.h, out.w)] = convert<T>(sum);
                     });
}

template <class T, class Tile>
__global__ void __launch_bounds__(256)
    grad_input(__grid_constant__ const ConvShape p, Tiles tiles, const T* grad_y, const T* w, T* grad_x) {
  using C = Accumulator<T>;
  const BlockTile at = tile_of_block(tiles);
  const int g = static_cast<int>(blockIdx.y), pixels = p.N * p.H * p.W, taps = p.K * p.R * p.S;
  const GradUnderTaps<T> a{p, grad_y, g, pixels, taps};
  const WeightsByInput<T> b{p, w, g, taps};
  gemm_tile<C, Tile>(a, b, at.row * Tile::kM, at.column * Tile::kN, 0, taps,
                     [&](std::int64_t m, std::int64_t c, C sum) {
                       if (m >= pixels || c >= p.C) return;
                       const Pixel in = pixel(static_cast<std::uint32_t>(m), p.by_H, p.by_W);
                       grad_x[p.x_at(g, in.n, static_cast<int>(c), in.h, in.w)] = convert<T>(sum);
                     });
}

// Out is T where the pixels are one part, else the type of the sums.
template <class T, class Out, class Tile, bool kLast>
__global__ void __launch_bounds__(256)
    grad_weight(__grid_constant__ const ConvShape p, Tiles tiles, std::int64_t pixels_of_part, const T* grad_y,
                const T* x, Out* grad_w) {
  using C = Accumulator<T>;
  const BlockTile at = tile_of_block(tiles);
  const int g = static_cast<int>(blockIdx.y), pixels = p.N * p.P * p.Q, taps = p.C * p.R * p.S;
  const std::int64_t begin = at.part * pixels_of_part,
                     end = begin + pixels_of_part < pixels ? begin + pixels_of_part : pixels;
  const GradByPixel<T> a{p, grad_y, g, pixels};
  const InputUnderWindowsTransposed<T, !kLast> b{{p, x, g, pixels, taps}};
  Out* to = grad_w + at.part * p.groups * p.K * taps;
  gemm_tile<C, Tile>(a, b, at.row * Tile::kM, at.column * Tile::kN, begin, end,
                     [&](std::int64_t k, std::int64_t t, C sum) {
                       if (k < p.K && t < taps) to[(g * p.K + k) * taps + t] = convert<Out>(sum);
                     });
}

template <class Tile>
LaunchConfig grid_of(const Tiles& tiles, const ConvShape& p, cudaStream_t stream) {
  return {
      .grid = dim3(static_cast<unsigned>(tiles.rows * tiles.columns * tiles.parts), static_cast<unsigned>(p.groups)),
      .block = dim3(Tile::kThreads),
      .stream = stream};
}

// f.template operator()<Tile>() for an m x n result of one group, summed in so many parts.
template <class T, class F>
void with_tile(std::int64_t m, std::int64_t n, std::int64_t parts, F&& f) {
  if constexpr (sizeof(Accumulator<T>) == 4 && kIsFloating<T>) {
    if (m >= 4096 && n >= 128 && parts == 1) return f.template operator()<LargeTile>();
  }
  if (m >= 256 && n >= 64)
    f.template operator()<MediumTile>();
  else
    f.template operator()<SmallTile>();
}

}  // namespace

bool conv2d_fits(const Conv2dProblem& p) {
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  const std::int64_t reach_h = p.P * p.stride_h + p.R * p.dilation_h + p.H + p.pad_top;
  const std::int64_t reach_w = p.Q * p.stride_w + p.S * p.dilation_w + p.W + p.pad_left;
  return p.N * p.P * p.Q < kMost && p.N * p.H * p.W < kMost && (p.C + p.K) * p.R * p.S < kMost && reach_h < kMost &&
         reach_w < kMost && p.groups < 65536;
}
bool conv2d_offsets_fit(const Conv2dProblem& p) {
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  return conv2d_fits(p) && p.N * p.C * p.H * p.W < kMost && p.N * p.K * p.P * p.Q < kMost &&
         p.C * p.K * p.R * p.S < kMost;
}

cudaError_t conv2d_forward(const Conv2dProblem& p, const void* x, const void* w, const void* bias, void* y,
                           cudaStream_t stream) {
  const ConvShape shape(p);
  const std::int64_t pixels = p.N * p.P * p.Q;
  if (pixels == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  const auto typed = [&]<class T>() {
    with_tile<T>(pixels, shape.K, 1, [&]<class Tile>() {
      const Tiles tiles = Tiles::of<Tile>(pixels, shape.K, 1);
      const LaunchConfig config = grid_of<Tile>(tiles, shape, stream);
      const auto *from = static_cast<const T*>(x), *weight = static_cast<const T*>(w),
                 *shift = static_cast<const T*>(bias);
      auto* to = static_cast<T*>(y);
      error = shape.last ? launch<forward<T, Tile, true>>(config, shape, tiles, from, weight, shift, to)
                         : launch<forward<T, Tile, false>>(config, shape, tiles, from, weight, shift, to);
    });
  };
  is_floating_point(p.dtype) ? switch_floating(p.dtype, typed) : switch_integer(p.dtype, [&]<class T>() {
    if constexpr (!std::is_same_v<T, bool>) typed.template operator()<T>();
  });
  return error;
}

cudaError_t conv2d_grad_input(const Conv2dProblem& p, const void* grad_y, const void* w, void* grad_x,
                              cudaStream_t stream) {
  const ConvShape shape(p);
  const std::int64_t pixels = p.N * p.H * p.W;
  if (pixels * shape.C == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    with_tile<T>(pixels, shape.C, 1, [&]<class Tile>() {
      const Tiles tiles = Tiles::of<Tile>(pixels, shape.C, 1);
      error =
          launch<grad_input<T, Tile>>(grid_of<Tile>(tiles, shape, stream), shape, tiles, static_cast<const T*>(grad_y),
                                      static_cast<const T*>(w), static_cast<T*>(grad_x));
    });
  });
  return error;
}

std::int64_t conv2d_grad_weight_parts(const Conv2dProblem& p, int multiprocessors) {
  const std::int64_t taps = p.C / p.groups * p.R * p.S, pixels = p.N * p.P * p.Q;
  const std::int64_t tiles = (p.K / p.groups + 31) / 32 * ((taps + 31) / 32) * p.groups;
  // Two waves of blocks, but at least 256 pixels a part.
  const std::int64_t wanted = tiles > 0 ? (2 * std::int64_t{multiprocessors} + tiles - 1) / tiles : 1;
  const std::int64_t most = (pixels + 255) / 256;
  return wanted < most ? (wanted > 1 ? wanted : 1) : (most > 1 ? most : 1);
}

cudaError_t conv2d_grad_weight(const Conv2dProblem& p, const void* grad_y, const void* x, void* grad_w,
                               std::int64_t part_count, void* parts, cudaStream_t stream) {
  const ConvShape shape(p);
  const std::int64_t taps = std::int64_t{shape.C} * shape.R * shape.S, pixels = p.N * p.P * p.Q, n = p.K * taps;
  if (n == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    using Sums = Accumulator<T>;
    with_tile<T>(shape.K, taps, part_count, [&]<class Tile>() {
      const Tiles tiles = Tiles::of<Tile>(shape.K, taps, part_count);
      const LaunchConfig config = grid_of<Tile>(tiles, shape, stream);
      // Whole slices, so that no part reads beyond its end.
      const std::int64_t each = (pixels + part_count - 1) / part_count;
      const std::int64_t pixels_of_part = (each + Tile::kK - 1) / Tile::kK * Tile::kK;
      const auto *grad = static_cast<const T*>(grad_y), *from = static_cast<const T*>(x);
      const auto with_output = [&]<class Out>(Out* to) {
        error = shape.last
                    ? launch<grad_weight<T, Out, Tile, true>>(config, shape, tiles, pixels_of_part, grad, from, to)
                    : launch<grad_weight<T, Out, Tile, false>>(config, shape, tiles, pixels_of_part, grad, from, to);
      };
      if (part_count == 1) return with_output(static_cast<T*>(grad_w));
      // As many weights as the large tile is for fill any device without parts.
      if constexpr (!std::is_same_v<Tile, LargeTile>) {
        with_output(static_cast<Sums*>(parts));
        if (error == cudaSuccess) error = add_parts(p.dtype, n, part_count, parts, grad_w, stream);
      }
    });
  });
  return error;
}

}  // namespace cresset::kernels
