// Compiled without contraction of a * b + c (-fmad=false): every product is rounded as the CPU rounds it.
#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/launch.cuh"
#include "core/philox.h"
#include "random.cuh"

namespace cresset::kernels {
namespace {

// Elements of one block of four words.
template <RandomOp kOp, class T>
__host__ __device__ constexpr int per_block(bool narrow) {
  if (kOp == RandomOp::integer) return narrow ? 2 : 1;
  return kOp != RandomOp::bernoulli && sizeof(T) == 8 ? 2 : 4;
}

template <RandomOp kOp, class T>
__device__ T draw(const RandomParameters& p, const PhiloxBlock& block, int i) {
  if constexpr (kOp == RandomOp::uniform && std::is_same_v<T, double>) {
    return std::fmin(std::fma(uniform_from(philox_pair(block, i)), p.b - p.a, p.a), p.last);
  } else if constexpr (kOp == RandomOp::uniform) {
    const auto a = static_cast<float>(p.a), b = static_cast<float>(p.b);
    const float u = static_cast<float>(block.w[i] >> p.shift) * p.factor;
    return convert<T>(std::fmin(std::fma(u, b - a, a), static_cast<float>(p.last)));
  } else if constexpr (kOp == RandomOp::normal && std::is_same_v<T, double>) {
    const auto pair = normal_from(philox_pair(block, 0), philox_pair(block, 1));
    return std::fma(i == 0 ? pair.first : pair.second, p.b, p.a);
  } else if constexpr (kOp == RandomOp::normal) {
    const auto pair = normal_from(block.w[i / 2 * 2], block.w[i / 2 * 2 + 1]);
    return convert<T>(
        std::fma(i % 2 == 0 ? pair.first : pair.second, static_cast<float>(p.b), static_cast<float>(p.a)));
  } else if constexpr (kOp == RandomOp::integer) {
    const std::uint64_t drawn = p.narrow ? integer_from(philox_pair(block, i), p.range) : integer_from(block, p.range);
    return convert<T>(static_cast<std::int64_t>(static_cast<std::uint64_t>(p.low) + drawn));
  } else {
    return convert<T>(static_cast<std::int64_t>(block.w[i] < p.threshold));
  }
}

template <RandomOp kOp, class T>
__global__ void __launch_bounds__(256) random_blocks(std::int64_t n, RandomParameters p, T* y) {
  const int each = per_block<kOp, T>(p.narrow);
  const std::int64_t first = element_index() * each;
  if (first >= n) return;
  if (p.start) {
    p.seed = p.start[0];
    p.offset = p.start[1];
  }
  const PhiloxBlock block = philox(p.seed, p.offset + static_cast<std::uint64_t>(element_index()));
  for (int i = 0; i < each && first + i < n; ++i) y[first + i] = draw<kOp, T>(p, block, i);
}

template <RandomOp kOp, class T>
cudaError_t launch_as(std::int64_t n, const RandomParameters& p, void* y, cudaStream_t stream) {
  return launch<random_blocks<kOp, T>>(element_grid(n, per_block<kOp, T>(p.narrow), stream), n, p, static_cast<T*>(y));
}

}  // namespace

cudaError_t random(RandomOp op, DType dtype, std::int64_t n, const RandomParameters& p, void* y, cudaStream_t stream) {
  if (n == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch (op) {
    case RandomOp::uniform:
      switch_floating(dtype, [&]<class T>() { error = launch_as<RandomOp::uniform, T>(n, p, y, stream); });
      break;
    case RandomOp::normal:
      switch_floating(dtype, [&]<class T>() { error = launch_as<RandomOp::normal, T>(n, p, y, stream); });
      break;
    case RandomOp::integer:
      switch_dtype(dtype, [&]<class T>() { error = launch_as<RandomOp::integer, T>(n, p, y, stream); });
      break;
    case RandomOp::bernoulli:
      switch_dtype(dtype, [&]<class T>() { error = launch_as<RandomOp::bernoulli, T>(n, p, y, stream); });
  }
  return error;
}

}  // namespace cresset::kernels
