// The op's kernel for CUDA devices: a block sums a row, in a fixed order.
#include <cresset/kernels/check_cuda.cuh>
#include <cresset/kernels/launch.cuh>
#include <cresset/kernels/shared.cuh>

#include "kernels.h"

namespace outside {
namespace {

using namespace cresset;

constexpr int kThreads = 128;

template <class T>
__global__ void __launch_bounds__(128) sum_squares(std::int64_t columns, const T* x, T* y) {
  auto& sums = kernels::shared<T[kThreads]>();
  const T* row = x + blockIdx.x * columns;
  T sum = 0;
  for (std::int64_t i = threadIdx.x; i < columns; i += kThreads) sum += row[i] * row[i];
  sums[threadIdx.x] = sum;
  for (unsigned half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  if (threadIdx.x == 0) y[blockIdx.x] = sums[0];
}

template <class T>
cudaError_t launch_for(const SquaredNormProblem& p, const Context& context, const void* x, void* y) {
  return kernels::launch<sum_squares<T>>({.grid = dim3(static_cast<unsigned>(p.rows)),
                                          .block = dim3(kThreads),
                                          .stream = static_cast<cudaStream_t>(context.stream)},
                                         p.columns, static_cast<const T*>(x), static_cast<T*>(y));
}

Refusal refuses(const SquaredNormProblem& p, const Context&) {
  constexpr std::int64_t most = (std::int64_t{1} << 31) - 1;
  return p.rows > most ? Refusal("takes at most {} rows, got {}", most, p.rows) : Refusal();
}

void run(const SquaredNormProblem& p, const Context& context, const void* x, void* y) {
  if (p.rows == 0) return;
  kernels::check_cuda(p.dtype == kFloat32 ? launch_for<float>(p, context, x, y) : launch_for<double>(p, context, x, y));
}

}  // namespace

void register_squared_norm_cuda() { register_kernel<SquaredNorm>(DeviceType::cuda, {"outside", refuses, run}); }

}  // namespace outside
