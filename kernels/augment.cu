// A result's pixel is looked up backwards through the steps, so that nothing but the stored bytes is read and nothing
// but the batch is written. A block draws what its image needs once.
#include "augment.cuh"
#include "common/elements.cuh"
#include "common/fast_divide.cuh"
#include "common/launch.cuh"
#include "common/shared.cuh"
#include "core/philox.h"

namespace cresset::kernels {
namespace {

constexpr int kThreads = 256, kEach = 4;
constexpr std::int64_t kSpan = 4 * kEach * kThreads;  // elements of a block

struct Drawn {
  std::int64_t top, left;
  bool flip;
};

struct Divisors {
  FastDivide by_plane, by_width, by_channels;
};

__device__ Drawn draw(const AugmentStep& step, std::uint64_t seed, std::uint64_t counter) {
  const PhiloxBlock words = philox(seed, counter);
  if (!step.crop) return {0, 0, uniform_from(philox_pair(words, 0)) < step.p};
  return {static_cast<std::int64_t>(integer_from(philox_pair(words, 0), step.rows)) - step.above,
          static_cast<std::int64_t>(integer_from(philox_pair(words, 1), step.columns)) - step.before, false};
}

// What stands at (row, column) of a channel after all steps.
__device__ std::uint8_t pixel(const AugmentProblem& p, const Drawn (&drawn)[kMostAugmentSteps],
                              const std::uint8_t* image, int channel, std::int64_t row, std::int64_t column) {
  for (int k = p.steps - 1; k >= 0; --k) {
    const AugmentStep& step = p.step[k];
    if (!step.crop) {
      if (drawn[k].flip) column = step.width - 1 - column;
      continue;
    }
    row += drawn[k].top;
    column += drawn[k].left;
    if (row < 0 || row >= step.height || column < 0 || column >= step.width) return step.fill[channel];
  }
  return image[channel * p.channel + row * p.row + column * p.column];
}

template <class T>
__device__ T finish(const AugmentProblem& p, std::uint8_t byte, int channel) {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    return byte;
  } else {
    const float x = static_cast<float>(byte) / 255.0f;
    return p.normalize ? (x - p.mean[channel]) / p.std[channel] : x;
  }
}

template <class T, bool kChannelsLast>
__global__ void __launch_bounds__(256)
    augment_images(__grid_constant__ const AugmentProblem p, Divisors by, bool vectors, const std::uint8_t* images,
                   const std::int64_t* indices, const std::uint64_t* seeds, T* y) {
  auto& drawn = shared<Drawn[kMostAugmentSteps]>();
  const std::int64_t n = blockIdx.x;
  const int thread = static_cast<int>(threadIdx.x);
  if (thread < p.steps) drawn[thread] = draw(p.step[thread], seeds[n], static_cast<std::uint64_t>(thread));
  __syncthreads();
  const std::uint8_t* image = images + indices[n] * p.image;
  const std::int64_t size = p.C * p.H * p.W;
  y += n * size;
  const std::int64_t end = min(size, (blockIdx.y + std::int64_t{1}) * kSpan);
  for (std::int64_t first = blockIdx.y * kSpan + thread * kEach; first < end; first += kThreads * kEach) {
    Vector<T, kEach> results;
    for (int k = 0; k < kEach; ++k) {
      if (first + k >= end) break;
      std::uint32_t row = static_cast<std::uint32_t>(first + k), channel, column;
      if constexpr (kChannelsLast) {
        channel = by.by_channels.split(row);
        column = by.by_width.split(row);
      } else {
        std::uint32_t plane = by.by_plane.split(row);
        std::swap(plane, row);
        channel = plane;
        column = by.by_width.split(row);
      }
      results.at[k] =
          finish<T>(p, pixel(p, drawn, image, static_cast<int>(channel), row, column), static_cast<int>(channel));
    }
    if (vectors)
      *reinterpret_cast<Vector<T, kEach>*>(y + first) = results;
    else
      for (int k = 0; k < kEach && first + k < end; ++k) y[first + k] = results.at[k];
  }
}

template <class T, bool kChannelsLast>
cudaError_t launch_as(const AugmentProblem& p, const std::uint8_t* images, const std::int64_t* indices,
                      const std::uint64_t* seeds, T* y, cudaStream_t stream) {
  const std::int64_t size = p.C * p.H * p.W;
  const bool vectors = size % kEach == 0 && is_aligned(y, sizeof(Vector<T, kEach>));
  const dim3 grid(static_cast<unsigned>(p.N), static_cast<unsigned>((size + kSpan - 1) / kSpan));
  const Divisors by{FastDivide(p.H * p.W), FastDivide(p.W), FastDivide(p.C)};
  return launch<augment_images<T, kChannelsLast>>({.grid = grid, .block = dim3(kThreads), .stream = stream}, p, by,
                                                  vectors, images, indices, seeds, y);
}

}  // namespace

cudaError_t augment(const AugmentProblem& p, const std::uint8_t* images, const std::int64_t* indices,
                    const std::uint64_t* seeds, void* y, cudaStream_t stream) {
  if (p.N == 0 || p.C * p.H * p.W == 0) return cudaSuccess;
  const auto run = [&]<class T>(T* to) {
    return p.channels_last ? launch_as<T, true>(p, images, indices, seeds, to, stream)
                           : launch_as<T, false>(p, images, indices, seeds, to, stream);
  };
  return p.dtype == kUInt8 ? run(static_cast<std::uint8_t*>(y)) : run(static_cast<float*>(y));
}

}  // namespace cresset::kernels
