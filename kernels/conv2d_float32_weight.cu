// The gradient of the weights of large convolutions in float32, as a matrix product over the output pixels.
#include <algorithm>

#include "add_parts.cuh"
#include "common/async_tiles.cuh"
#include "common/correlation.cuh"
#include "common/launch.cuh"
#include "common/weight_gradient.cuh"
#include "conv2d_float32.cuh"

namespace cresset::kernels {
namespace {

struct WeightOutput {
  static constexpr bool kThroughShared = false;
  int rows, columns;
  float* to;
  struct Place {
    int offset;
    bool there;
  };
  __device__ Place row(int k) const { return {k * columns, k < rows}; }
  __device__ Place column(int tap) const { return {tap, tap < columns}; }
  __device__ void put(const Place& k, const Place& tap, float sum) const {
    if (k.there && tap.there) to[k.offset + tap.offset] = sum;
  }
};

template <class Tile, bool kLast>
__global__ void __launch_bounds__(128, 2)
    grad_weight(__grid_constant__ const Correlation p, int columns, int pixels_of_part, const float* grad_y,
                const float* x, float* grad_w) {
  const int tile = static_cast<int>(blockIdx.x), g = static_cast<int>(blockIdx.y), part = static_cast<int>(blockIdx.z);
  const int m0 = tile / columns * Tile::kM, n0 = tile % columns * Tile::kN;
  const int pixels = p.images * p.h.pixels * p.w.pixels, begin = part * pixels_of_part;
  const int last = begin + pixels_of_part, end = last < pixels ? last : pixels;
  auto& bits = shared<PixelBits>();
  find_bits(p, bits);
  __syncthreads();
  const GradPixelSource<!kLast> grad{p, grad_y + g * p.outputs * p.out.channel, end};
  const WindowPixelSource<!kLast> window{p, bits, x + g * p.channels * p.in.channel, end};
  AsyncCopy<Tile, Tile::kM, GradPixelSource<!kLast>> a(grad, m0);
  AsyncCopy<Tile, Tile::kN, WindowPixelSource<!kLast>> b(window, n0);
  const int taps = p.channels * p.h.taps * p.w.taps;
  const WeightOutput output{p.outputs, taps, grad_w + (std::int64_t{part} * p.groups + g) * p.outputs * taps};
  async_gemm</*kAhead=*/false, Tile>(a, b, m0, n0, begin, end, output);
}

// The tile of grad_weight, whose number of blocks follows from the parts.
template <class F>
void with_weight_tile(std::int64_t k, std::int64_t taps, F&& f) {
  if (k <= 64)
    f.template operator()<SmallAsyncTile>();
  else if (taps <= 64)
    f.template operator()<TallAsyncTile>();
  else
    f.template operator()<LargeAsyncTile>();
}

}  // namespace

bool conv2d_float32_takes_grad_weight(const Conv2dProblem& p) {
  return p.dtype == kFloat32 && correlation_fits(p, false) && p.N <= images_that_fit(p) &&
         p.P + p.Q <= PixelBits::kMost && p.K / p.groups > 32 && p.C / p.groups * p.R * p.S > 32;
}

std::int64_t conv2d_float32_grad_weight_parts(const Conv2dProblem& p, int multiprocessors) {
  const std::int64_t K = p.K / p.groups, taps = p.C / p.groups * p.R * p.S, pixels = p.N * p.P * p.Q;
  const std::int64_t most = std::clamp<std::int64_t>(pixels / 256, 1, 256);
  std::int64_t best = 1, least = INT64_MAX;
  with_weight_tile(K, taps, [&]<class Tile>() {
    // In clocks: 8 of a slice for each of a warp's 128 multiply-adds, and what the parts' sums cost to write and read.
    for (std::int64_t parts = 1; parts <= most; ++parts) {
      const std::int64_t slices = divided_up(divided_up(pixels, parts), Tile::kDepth);
      const std::int64_t clocks = async_passes<Tile>(K, taps, p.groups * parts, multiprocessors) * slices * 1192 +
                                  (parts > 1 ? parts * p.K * taps * 8 / 4096 : 0);
      if (clocks < least) {
        least = clocks;
        best = parts;
      }
    }
  });
  return best;
}

cudaError_t conv2d_float32_grad_weight(const Conv2dProblem& p, const void* grad_y, const void* x, void* grad_w,
                                       std::int64_t part_count, void* parts, cudaStream_t stream) {
  const Correlation correlation = correlation_of(p, /*grad_input=*/false);
  const std::int64_t taps = p.C / p.groups * p.R * p.S;
  cudaError_t error = cudaSuccess;
  with_weight_tile(correlation.outputs, taps, [&]<class Tile>() {
    const LaunchConfig config{.grid = dim3(static_cast<unsigned>(tiles_of<Tile>(correlation.outputs, taps)),
                                           static_cast<unsigned>(p.groups), static_cast<unsigned>(part_count)),
                              .block = dim3(Tile::kThreads),
                              .stream = stream};
    // Whole slices, so that no part reads beyond its end.
    const int each = static_cast<int>(divided_up(divided_up(correlation.pixels(), part_count), 8) * 8);
    const int columns = static_cast<int>(divided_up(taps, Tile::kN));
    const auto *grad = static_cast<const float*>(grad_y), *from = static_cast<const float*>(x);
    auto* const to = static_cast<float*>(part_count == 1 ? grad_w : parts);
    error = p.format == kChannelsLast
                ? launch<grad_weight<Tile, true>>(config, correlation, columns, each, grad, from, to)
                : launch<grad_weight<Tile, false>>(config, correlation, columns, each, grad, from, to);
  });
  if (error != cudaSuccess || part_count == 1) return error;
  return add_parts(kFloat32, p.K * taps, part_count, parts, grad_w, stream);
}

}  // namespace cresset::kernels
