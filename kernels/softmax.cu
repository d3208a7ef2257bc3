#include "common/dtype.cuh"
#include "common/launch.cuh"
#include "common/rows.cuh"
#include "softmax.cuh"

namespace cresset::kernels {
namespace {

template <class T, bool kLog, Group kGroup>
__global__ void __launch_bounds__(128) forward(Rows rows, const T* x, T* y) {
  using C = Compute<T>;
  using W = Walk<kGroup>;
  const std::int64_t row = W::row();
  // Rows of a warp or block end together, so that all lanes reach the reductions.
  if (row >= rows.count) return;
  const std::int64_t begin = rows.begin(row);
  const C lowest = -C(INFINITY);
  C largest = lowest;
  for (std::int64_t c = W::first(); c < rows.C; c += W::kStep)
    largest = Largest{}(largest, widen(x[begin + c * rows.inner]));
  largest = W::template reduce<Largest>(largest, lowest);
  C sum = 0;
  for (std::int64_t c = W::first(); c < rows.C; c += W::kStep)
    sum += std::exp(widen(x[begin + c * rows.inner]) - largest);
  sum = W::template reduce<Add>(sum, C(0));
  // One after the other: largest + log(sum) loses digits where the numbers are large.
  const C log_sum = kLog ? std::log(sum) : C(0), scale = C(1) / sum;
  for (std::int64_t c = W::first(); c < rows.C; c += W::kStep) {
    const std::int64_t at = begin + c * rows.inner;
    const C v = widen(x[at]) - largest;
    y[at] = convert<T>(kLog ? v - log_sum : std::exp(v) * scale);
  }
}

template <class T, bool kLog, Group kGroup>
__global__ void __launch_bounds__(128) backward(Rows rows, const T* grad_y, const T* y, T* grad_x) {
  using C = Compute<T>;
  using W = Walk<kGroup>;
  const std::int64_t row = W::row();
  if (row >= rows.count) return;
  const std::int64_t begin = rows.begin(row);
  C sum = 0;
  for (std::int64_t c = W::first(); c < rows.C; c += W::kStep) {
    const std::int64_t at = begin + c * rows.inner;
    sum += kLog ? widen(grad_y[at]) : widen(grad_y[at]) * widen(y[at]);
  }
  sum = W::template reduce<Add>(sum, C(0));
  for (std::int64_t c = W::first(); c < rows.C; c += W::kStep) {
    const std::int64_t at = begin + c * rows.inner;
    const C g = widen(grad_y[at]), v = widen(y[at]);
    grad_x[at] = convert<T>(kLog ? g - std::exp(v) * sum : v * (g - sum));
  }
}

}  // namespace

cudaError_t softmax_forward(const SoftmaxProblem& p, const void* x, void* y, cudaStream_t stream) {
  const Rows rows{p.outer * p.inner, p.C, p.inner};
  if (rows.count * rows.C == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    with_group(rows, [&]<Group kGroup>(dim3 grid) {
      const LaunchConfig config{.grid = grid, .block = dim3(kRowThreads), .stream = stream};
      const auto* from = static_cast<const T*>(x);
      auto* to = static_cast<T*>(y);
      error = p.log ? launch<forward<T, true, kGroup>>(config, rows, from, to)
                    : launch<forward<T, false, kGroup>>(config, rows, from, to);
    });
  });
  return error;
}

cudaError_t softmax_backward(const SoftmaxProblem& p, const void* grad_y, const void* y, void* grad_x,
                             cudaStream_t stream) {
  const Rows rows{p.outer * p.inner, p.C, p.inner};
  if (rows.count * rows.C == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    with_group(rows, [&]<Group kGroup>(dim3 grid) {
      const LaunchConfig config{.grid = grid, .block = dim3(kRowThreads), .stream = stream};
      const auto* grad = static_cast<const T*>(grad_y);
      const auto* out = static_cast<const T*>(y);
      auto* to = static_cast<T*>(grad_x);
      error = p.log ? launch<backward<T, true, kGroup>>(config, rows, grad, out, to)
                    : launch<backward<T, false, kGroup>>(config, rows, grad, out, to);
    });
  });
  return error;
}

}  // namespace cresset::kernels
