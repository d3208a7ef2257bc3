// Convolutions as implicit matrix products on tensor cores, for every stride, padding, dilation and number of groups.
// Channels_last operands with whole chunks of channels are copied 16 bytes at a time; all others element by element.
#include "add_parts.cuh"
#include "common/computed_in_float.cuh"
#include "common/conv2d_sources.cuh"
#include "common/correlation.cuh"
#include "common/launch.cuh"
#include "common/tensor_gemm.cuh"
#include "common/tensor_store.cuh"
#include "common/tensor_tiles.cuh"
#include "conv2d_tensor_core.cuh"

namespace cresset::kernels {
namespace {

template <class T, class Tile, bool kByChunks>
__global__ void __launch_bounds__(128, 2)
    forward(__grid_constant__ const ConvGeometry p, TileGrid grid, const T* x, const T* w, TensorOutput<T, T> to) {
  const TileIndex at = tile_index<Tile>(grid);
  const int g = static_cast<int>(blockIdx.y);
  const WindowSource<T, true> a{p, p.x_of_group(x, g)};
  const WeightSource<T> b{p, p.w_of_group(w, g)};
  TensorSums<Tile> sums;
  tensor_gemm<T, Tile, kByChunks>(sums, a, b, at.m, at.n, 0, p.taps);
  to.y = p.y_of_group(to.y, g);
  if (to.bias != nullptr) to.bias += g * p.shape.K;
  tensor_store(sums, to, at.m, at.n);
}

// Of the weight, in elements.
struct WeightStrides {
  int output, input, tap;
  std::int64_t group;
};

// Taps of a phase and output channels x input channels.
template <class T>
struct WeightByTapSource {
  using Element = T;
  static constexpr bool kAlongK = false;
  const Correlation& p;
  const CorrelationTaps& taps;
  const T* base;
  WeightStrides strides;
  __device__ PlainRow<T> row(int n) const { return {base + std::int64_t{n} * strides.input, n < p.outputs}; }
  __device__ PlainDepth depth(int k) const {
    std::uint32_t i = static_cast<std::uint32_t>(k);
    const int channel = static_cast<int>(p.by_channels.split(i)), number = taps.number[i];
    return {channel * strides.output + number * strides.tap, number >= 0};
  }
  __device__ Found<T> at(const PlainRow<T>& n, const PlainDepth& k) const { return found(n, k); }
};

struct PhasePlace {
  const Correlation* p;
  const CorrelationTaps* taps;
  int column;
  __device__ RowPlace of_row(int m) const {
    const ResultPixel at = result_pixel(*p, *taps, m);
    return {at.offset, at.there};
  }
};

// A phase of the stride, and a group, to each part of the grid.
template <class T, class Tile, bool kByChunks>
__global__ void __launch_bounds__(128, 2)
    grad_input(__grid_constant__ const Correlation p, WeightStrides strides, TileGrid grid, const T* grad_y, const T* w,
               T* grad_x, bool fours) {
  const TileIndex at = tile_index<Tile>(grid);
  const int g = static_cast<int>(blockIdx.y), phase = at.part;
  auto& taps = shared<CorrelationTaps>();
  find_taps(p, phase, taps);
  __syncthreads();
  const CorrelationSource<T, true> a{p, taps, grad_y + g * p.channels * p.in.channel};
  const WeightByTapSource<T> b{p, taps, w + g * strides.group, strides};
  TensorSums<Tile> sums;
  tensor_gemm<T, Tile, kByChunks>(sums, a, b, at.m, at.n, 0, p.lines(phase));
  const TensorOutput<T, T, PhasePlace> to{
      grad_x + g * p.outputs * p.out.channel, nullptr, p.outputs, {&p, &taps, p.out.channel}, false, fours};
  tensor_store(sums, to, at.m, at.n);
}

// Each part of the pixels into sums of its own.
template <class T, class Tile, bool kByChunks>
__global__ void __launch_bounds__(128, 2)
    grad_weight(__grid_constant__ const ConvGeometry p, TileGrid grid, int pixels_of_part, const T* grad_y, const T* x,
                TensorOutput<T, float> to) {
  const TileIndex at = tile_index<Tile>(grid);
  const int g = static_cast<int>(blockIdx.y), begin = at.part * pixels_of_part;
  const int end = p.pixels - begin < pixels_of_part ? p.pixels : begin + pixels_of_part;
  const GradByPixelSource<T, false> a{p, p.y_of_group(grad_y, g)};
  const WindowSourceTransposed<T, false> b{p, p.x_of_group(x, g)};
  TensorSums<Tile> sums;
  tensor_gemm<T, Tile, kByChunks>(sums, a, b, at.m, at.n, begin, end);
  to.y += (std::int64_t{at.part} * p.shape.groups + g) * p.shape.K * p.taps;
  tensor_store(sums, to, at.m, at.n);
}

TensorPlace place_in(const ImageStrides& strides, const ConvShape& shape, std::int64_t plane, int pixels) {
  return {FastDivide(shape.last ? INT32_MAX : plane), strides.image, strides.column, strides.channel, pixels};
}

bool whole_chunks(DType dtype, std::int64_t channels) {
  return channels % (16 / static_cast<std::int64_t>(element_size(dtype))) == 0;
}

LaunchConfig config_of(const TileGrid& grid, int groups, int bytes, cudaStream_t stream) {
  return {.grid = dim3(grid.blocks(), static_cast<unsigned>(groups)),
          .block = dim3(128),
          .dynamic_shared = static_cast<std::size_t>(bytes),
          .stream = stream};
}

}  // namespace

cudaError_t conv2d_tensor_core_forward(const Conv2dProblem& p, bool relu, int multiprocessors, const void* x,
                                       const void* w, const void* bias, void* y, cudaStream_t stream) {
  const ConvGeometry geometry(p);
  const ConvShape& shape = geometry.shape;
  if (geometry.pixels == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  const bool chunks = shape.last && whole_chunks(p.dtype, shape.C) && is_aligned(x, 16) && is_aligned(w, 16);
  switch_computed_in_float(p.dtype, [&]<class T>() {
    const TensorOutput<T, T> to{static_cast<T*>(y),
                                static_cast<const T*>(bias),
                                shape.K,
                                place_in(geometry.y, shape, p.P * p.Q, geometry.pixels),
                                relu,
                                shape.last && shape.K % 4 == 0 && is_aligned(y, 4 * sizeof(T))};
    with_tensor_tile<sizeof(T) == 2>(
        geometry.pixels, shape.K, shape.groups, multiprocessors, chunks, [&]<class Tile, bool kByChunks>() {
          const auto grid = TileGrid::of<Tile>(geometry.pixels, shape.K, 1);
          error = launch<forward<T, Tile, kByChunks>>(config_of(grid, shape.groups, Tile::kBytes, stream), geometry,
                                                      grid, static_cast<const T*>(x), static_cast<const T*>(w), to);
        });
  });
  return error;
}

bool conv2d_tensor_core_grad_input_fits(const Conv2dProblem& p) { return correlation_fits(p, true); }

cudaError_t conv2d_tensor_core_grad_input(const Conv2dProblem& p, int multiprocessors, const void* grad_y,
                                          const void* w, void* grad_x, cudaStream_t stream) {
  const bool last = p.format == kChannelsLast;
  const int C = static_cast<int>(p.C / p.groups), taps = static_cast<int>(p.R * p.S);
  const WeightStrides strides{C * taps, last ? 1 : taps, last ? C : 1, p.K / p.groups * C * taps};
  const bool chunks = last && whole_chunks(p.dtype, C) && whole_chunks(p.dtype, p.K / p.groups) &&
                      is_aligned(grad_y, 16) && is_aligned(w, 16);
  return for_batches(p, [&](const Conv2dProblem& batch, std::int64_t first) {
    const Correlation correlation = correlation_of(batch, /*grad_input=*/true);
    cudaError_t error = cudaSuccess;
    if (correlation.pixels() == 0) return error;
    switch_computed_in_float(p.dtype, [&]<class T>() {
      const bool fours = last && C % 4 == 0 && is_aligned(grad_x, 4 * sizeof(T));
      const auto* from = static_cast<const T*>(grad_y) + first * p.K * p.P * p.Q;
      T* const to = static_cast<T*>(grad_x) + first * p.C * p.H * p.W;
      with_tensor_tile<sizeof(T) == 2>(correlation.pixels(), C, p.groups * correlation.phases(), multiprocessors,
                                       chunks, [&]<class Tile, bool kByChunks>() {
                                         const auto grid =
                                             TileGrid::of<Tile>(correlation.pixels(), C, correlation.phases());
                                         error = launch<grad_input<T, Tile, kByChunks>>(
                                             config_of(grid, correlation.groups, Tile::kBytes, stream), correlation,
                                             strides, grid, from, static_cast<const T*>(w), to, fours);
                                       });
    });
    return error;
  });
}

std::int64_t conv2d_tensor_core_grad_weight_parts(const Conv2dProblem& p, int multiprocessors) {
  const std::int64_t taps = p.C / p.groups * p.R * p.S, pixels = p.N * p.P * p.Q;
  const int side = takes_large_parts(p.K / p.groups, taps) ? LargeTensorTile::kM : SmallTensorTile::kM;
  const std::int64_t tiles = (p.K / p.groups + side - 1) / side * ((taps + side - 1) / side) * p.groups;
  // Two blocks a multiprocessor, but at least 256 pixels a part.
  const std::int64_t wanted = 2 * std::int64_t{multiprocessors} / tiles, most = (pixels + 255) / 256;
  const std::int64_t parts = wanted < most ? wanted : most;
  return parts > 1 ? parts : 1;
}

cudaError_t conv2d_tensor_core_grad_weight(const Conv2dProblem& p, const void* grad_y, const void* x, void* grad_w,
                                           std::int64_t part_count, void* parts, cudaStream_t stream) {
  const ConvGeometry geometry(p);
  const ConvShape& shape = geometry.shape;
  const std::int64_t n = p.K * geometry.taps;
  cudaError_t error = cudaSuccess;
  const bool chunks = shape.last && whole_chunks(p.dtype, shape.C) && whole_chunks(p.dtype, shape.K) &&
                      is_aligned(grad_y, 16) && is_aligned(x, 16);
  const std::int64_t each = (geometry.pixels + part_count - 1) / part_count;
  const int pixels_of_part = static_cast<int>((each + 31) / 32 * 32);  // whole slices
  switch_computed_in_float(p.dtype, [&]<class T>() {
    // One part of float32 is the result itself.
    auto* sums = static_cast<float*>(parts != nullptr ? parts : grad_w);
    const TensorOutput<T, float> to{sums,          nullptr,
                                    geometry.taps, TensorPlace::of_rows(geometry.taps, shape.K),
                                    false,         geometry.taps % 4 == 0 && is_aligned(sums, 16)};
    with_parts_tile(shape.K, geometry.taps, chunks, [&]<class Tile, bool kByChunks>() {
      const auto grid = TileGrid::of<Tile>(shape.K, geometry.taps, part_count);
      error = launch<grad_weight<T, Tile, kByChunks>>(config_of(grid, shape.groups, Tile::kBytes, stream), geometry,
                                                      grid, pixels_of_part, static_cast<const T*>(grad_y),
                                                      static_cast<const T*>(x), to);
    });
    if (error != cudaSuccess || parts == nullptr) return;
    error = add_parts(p.dtype, n, part_count, sums, grad_w, stream);
  });
  return error;
}

}  // namespace cresset::kernels
