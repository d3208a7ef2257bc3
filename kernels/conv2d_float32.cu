// Large convolutions in float32, and their gradients for the input, as implicit matrix products (async_gemm.cuh), for
// every stride, padding, dilation and number of groups that correlation.cuh describes.
#include <algorithm>

#include "common/async_tiles.cuh"
#include "common/correlation.cuh"
#include "common/elements.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "conv2d_float32.cuh"

namespace cresset::kernels {
namespace {

// The weights as the matrix that `correlate` reads: for each group a line for each tap and channel, in the order of the
// image's slices, phase after phase, and in each line the channels of the result, zeros behind the last.
struct PackedWeights {
  int lines, width;  // of one group, with the zeros: as wide as the widest tile needs
  static PackedWeights of(const Correlation& p) {
    return {p.first_line(p.phases()), static_cast<int>(divided_up(p.outputs, LargeAsyncTile::kN)) * LargeAsyncTile::kN};
  }
  std::int64_t elements(const Correlation& p) const { return std::int64_t{p.groups} * lines * width; }
};

// Where the weight of an output channel, an input channel and a tap lies, from the first of a group on.
struct WeightStrides {
  int result, channel, row, column;
  std::int64_t group;
};
WeightStrides weight_strides(const Conv2dProblem& p, bool grad_input) {
  const int C = static_cast<int>(p.C / p.groups), R = static_cast<int>(p.R), S = static_cast<int>(p.S);
  const bool last = p.format == kChannelsLast;
  const int of_k = C * R * S, of_c = last ? 1 : R * S;
  return {grad_input ? of_c : of_k, grad_input ? of_k : of_c, last ? S * C : S, last ? C : 1, p.K / p.groups * of_k};
}

__global__ void __launch_bounds__(256) pack_weights(__grid_constant__ const Correlation p, PackedWeights packed,
                                                    WeightStrides strides, const float* w, float* to) {
  const int n = static_cast<int>(blockIdx.x % static_cast<unsigned>(packed.width / 64)) * 64 + threadIdx.x % 64;
  const int i = static_cast<int>(blockIdx.x / static_cast<unsigned>(packed.width / 64)) * 4 + threadIdx.x / 64;
  if (i >= packed.lines) return;
  int phase = 0, first = 0;
  while (i >= first + (p.lines(phase) + 7) / 8 * 8) first += (p.lines(phase++) + 7) / 8 * 8;
  float value = 0;
  if (n < p.outputs && i - first < p.lines(phase)) {
    const CorrelationPhase h = p.phase_h(phase), v = p.phase_w(phase);
    std::uint32_t tap = static_cast<std::uint32_t>(i - first);
    const int channel = static_cast<int>(p.by_channels.split(tap));
    const int r = h.tap + static_cast<int>(tap) / v.taps * p.h.of_taps,
              s = v.tap + static_cast<int>(tap) % v.taps * p.w.of_taps;
    value = w[blockIdx.y * strides.group + std::int64_t{n} * strides.result + std::int64_t{channel} * strides.channel +
              r * strides.row + s * strides.column];
  }
  to[(std::int64_t{blockIdx.y} * packed.lines + i) * packed.width + n] = value;
}

// A thread's share of the slices of the packed weights: 16 bytes at a time.
template <class Tile>
class PackedCopy {
  static constexpr int kChunks = Tile::kN / 4, kLineStep = Tile::kThreads / kChunks;

 public:
  __device__ PackedCopy(const float* first, int width) : width_(width) {
    const int thread = static_cast<int>(threadIdx.x), line = thread / kChunks, chunk = thread % kChunks;
    next_ = first + line * width + chunk * 4;
    place_ = (line * AsyncSlice<Tile::kN>::kLine + chunk * 4) * 4;
  }
  __device__ __forceinline__ void start(SharedAddress slice, int) {
#pragma unroll
    for (int i = 0; i < Tile::kDepth / kLineStep; ++i)
      copy_to_shared<16>(slice + place_ + i * kLineStep * AsyncSlice<Tile::kN>::kLine * 4,
                         next_ + i * kLineStep * width_, true);
    next_ += Tile::kDepth * width_;
  }

 private:
  const float* next_;
  int width_, place_;
};

template <bool kLast>
struct CorrelationOutput {
  static constexpr bool kThroughShared = true, kAlongRows = !kLast;
  const Correlation& p;
  const CorrelationTaps& taps;
  const float* bias;  // may be null
  bool relu;
  float* to;
  struct Column {
    int offset;
    bool there;
    float bias;
  };
  __device__ ResultPixel row(int m) const { return result_pixel(p, taps, m); }
  __device__ Column column(int n) const {
    const bool there = n < p.outputs;
    return {n * p.out.channel, there, there && bias != nullptr ? bias[n] : 0.0f};
  }
  __device__ void put(const ResultPixel& m, const Column& n, float sum) const {
    if (m.there && n.there) to[m.offset + n.offset] = relu ? above_zero(sum + n.bias) : sum + n.bias;
  }
};

// Where the sums of a part go: a part has whole slices of a phase's lines.
struct Parts {
  int count;
  int elements;  // of the result
};

template <class Tile, bool kLast, bool kEights>
__global__ void __launch_bounds__(128, 2)
    correlate(__grid_constant__ const Correlation p, PackedWeights packed, Parts parts, bool relu, const float* image,
              const float* weights, const float* bias, float* result) {
  const int columns = (p.outputs + Tile::kN - 1) / Tile::kN, tile = static_cast<int>(blockIdx.x),
            g = static_cast<int>(blockIdx.y), phase = static_cast<int>(blockIdx.z) / parts.count,
            part = static_cast<int>(blockIdx.z) % parts.count;
  const int m0 = tile / columns * Tile::kM, n0 = tile % columns * Tile::kN;
  auto& taps = shared<CorrelationTaps>();
  find_taps(p, phase, taps);
  __syncthreads();
  const int lines = p.lines(phase), of_part = ((lines + 7) / 8 + parts.count - 1) / parts.count * 8;
  const int begin = part * of_part, last = begin + of_part, end = last < lines ? last : lines;
  using Image = CorrelationSource<float, kLast, kEights>;
  const Image source{p, taps, image + g * p.channels * p.in.channel};
  AsyncCopy<Tile, Tile::kM, Image> a(source, m0);
  PackedCopy<Tile> b(weights + (std::int64_t{g} * packed.lines + p.first_line(phase) + begin) * packed.width + n0,
                     packed.width);
  const CorrelationOutput<kLast> output{p, taps, bias == nullptr ? nullptr : bias + g * p.outputs, relu,
                                        result + std::int64_t{part} * parts.elements + g * p.outputs * p.out.channel};
  async_gemm</*kAhead=*/kLast, Tile>(a, b, m0, n0, begin, end, output);
}

// The result of several parts: their sum, in their order, and what is done to it where there is one part.
__global__ void __launch_bounds__(256) finish(Parts parts, FastDivide by_place, FastDivide by_channels, bool relu,
                                              const float* sums, const float* bias, float* result) {
  const int i = static_cast<int>(element_index());
  if (i >= parts.elements) return;
  float sum = sums[i];
  for (int part = 1; part < parts.count; ++part) sum += sums[std::int64_t{part} * parts.elements + i];
  if (bias != nullptr) {
    std::uint32_t place = by_place.quotient(static_cast<std::uint32_t>(i));
    sum += bias[by_channels.split(place)];
  }
  result[i] = relu ? above_zero(sum) : sum;
}

// The first batch is the largest: what suffices for it suffices for the others.
Correlation first_batch_of(Conv2dProblem p, bool grad_input) {
  p.N = std::min(p.N, images_that_fit(p));
  return correlation_of(p, grad_input);
}

struct Call {
  const Conv2dFloat32Plan& plan;
  bool relu;
  const void *image, *w, *bias;
  void *workspace, *result;
};

template <class Tile>
cudaError_t run_tile(const Correlation& p, const WeightStrides& strides, bool last, const Call& call,
                     cudaStream_t stream) {
  const auto packed = PackedWeights::of(p);
  const auto groups = static_cast<unsigned>(p.groups);
  auto* const weights = static_cast<float*>(call.workspace);
  cudaError_t error = cudaSuccess;
  if (packed.lines > 0) {
    const auto blocks = static_cast<unsigned>(divided_up(packed.lines, 4) * (packed.width / 64));
    error = launch<pack_weights>({.grid = dim3(blocks, groups), .block = dim3(256), .stream = stream}, p, packed,
                                 strides, static_cast<const float*>(call.w), weights);
    if (error != cudaSuccess) return error;
  }
  const Parts parts{call.plan.parts, p.images * p.out.image};
  const bool several = parts.count > 1;
  const LaunchConfig config{.grid = dim3(static_cast<unsigned>(tiles_of<Tile>(p.pixels(), p.outputs)), groups,
                                         static_cast<unsigned>(p.phases() * parts.count)),
                            .block = dim3(Tile::kThreads),
                            .stream = stream};
  const auto *image = static_cast<const float*>(call.image), *bias = static_cast<const float*>(call.bias);
  auto *const sums = weights + packed.elements(p), *const result = static_cast<float*>(call.result);
  const bool relu = call.relu && !several;
  const float* const shift = several ? nullptr : bias;
  float* const to = several ? sums : result;
  if (last)
    error = launch<correlate<Tile, true, false>>(config, p, packed, parts, relu, image, weights, shift, to);
  else if (p.channels % 8 == 0)
    error = launch<correlate<Tile, false, true>>(config, p, packed, parts, relu, image, weights, shift, to);
  else
    error = launch<correlate<Tile, false, false>>(config, p, packed, parts, relu, image, weights, shift, to);
  if (error != cudaSuccess || !several) return error;
  return launch<finish>(element_grid(parts.elements, 1, stream), parts, FastDivide(p.out.channel),
                        FastDivide(p.groups * p.outputs), call.relu, sums, bias, result);
}

cudaError_t run(const Conv2dProblem& p, bool grad_input, Call call, cudaStream_t stream) {
  const std::int64_t in = grad_input ? p.K * p.P * p.Q : p.C * p.H * p.W,
                     out = grad_input ? p.C * p.H * p.W : p.K * p.P * p.Q;
  const WeightStrides strides = weight_strides(p, grad_input);
  const auto* const image = static_cast<const float*>(call.image);
  auto* const result = static_cast<float*>(call.result);
  return for_batches(p, [&](const Conv2dProblem& batch, std::int64_t first) {
    call.image = image + first * in;
    call.result = result + first * out;
    const auto run_it = call.plan.large_tile ? run_tile<LargeAsyncTile> : run_tile<TallAsyncTile>;
    return run_it(correlation_of(batch, grad_input), strides, p.format == kChannelsLast, call, stream);
  });
}

}  // namespace

// The fewest clocks: passes of each tile, which differ in what they copy for as many products, and what parts cost to
// write and to read.
Conv2dFloat32Plan conv2d_float32_plan(const Conv2dProblem& p, bool grad_input, int multiprocessors,
                                      std::int64_t workspace_limit) {
  Conv2dFloat32Plan best{};
  if (p.dtype != kFloat32 || !correlation_fits(p, grad_input)) return best;
  const Correlation c = first_batch_of(p, grad_input);
  if (!takes_async_tiles(c.pixels(), c.outputs, c.groups)) return best;
  const auto packed = PackedWeights::of(c);
  const std::int64_t elements = std::int64_t{c.images} * c.out.image,
                     slices = divided_up(packed.lines, 8 * std::int64_t{c.phases()});
  std::int64_t least = INT64_MAX;
  for (std::int64_t parts = 1; parts <= 16 && (parts == 1 || slices / parts >= 8); ++parts) {
    const std::int64_t bytes = (packed.elements(c) + (parts > 1 ? parts * elements : 0)) * 4;
    if (bytes > workspace_limit) break;
    const std::int64_t times = std::int64_t{c.groups} * c.phases() * parts;
    const std::int64_t more = parts > 1 ? elements * (2 * parts + 1) * 4 / 4096 : 0;
    const auto consider = [&](bool large, std::int64_t passes, std::int64_t clocks_of_slice) {
      const std::int64_t clocks = passes * divided_up(slices, parts) * clocks_of_slice + more;
      if (clocks >= least) return;
      least = clocks;
      best = {large, static_cast<int>(parts), static_cast<std::size_t>(bytes)};
    };
    if (c.outputs > 64)
      consider(true, async_passes<LargeAsyncTile>(c.pixels(), c.outputs, times, multiprocessors), 1138);
    consider(false, async_passes<TallAsyncTile>(c.pixels(), c.outputs, times, multiprocessors), 1158);
  }
  return best;
}

cudaError_t conv2d_float32_forward(const Conv2dProblem& p, const Conv2dFloat32Plan& plan, bool relu, const void* x,
                                   const void* w, const void* bias, void* workspace, void* y, cudaStream_t stream) {
  return run(p, false, {plan, relu, x, w, bias, workspace, y}, stream);
}
cudaError_t conv2d_float32_grad_input(const Conv2dProblem& p, const Conv2dFloat32Plan& plan, const void* grad_y,
                                      const void* w, void* workspace, void* grad_x, cudaStream_t stream) {
  return run(p, true, {plan, false, grad_y, w, nullptr, workspace, grad_x}, stream);
}

}  // namespace cresset::kernels
