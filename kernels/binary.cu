#include "binary.cuh"
#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"

namespace cresset::kernels {
namespace {

template <BinaryOp kOp, class W>
__device__ W apply(W a, W b, W alpha) {
  if constexpr (kOp == BinaryOp::add) return a + alpha * b;
  if constexpr (kOp == BinaryOp::sub) return a - alpha * b;
  if constexpr (kOp == BinaryOp::mul) return a * b;
  if constexpr (kOp == BinaryOp::div) return a / b;
  if constexpr (kOp == BinaryOp::pow) return std::pow(a, b);
  if constexpr (kOp == BinaryOp::maximum) return a != a || a > b ? a : b;
  if constexpr (kOp == BinaryOp::minimum) return a != a || a < b ? a : b;
  if constexpr (kOp == BinaryOp::sigmoid_backward) return a * b * (W(1) - b);
  if constexpr (kOp == BinaryOp::tanh_backward) return a * (W(1) - b * b);
  if constexpr (kOp == BinaryOp::relu_backward) return b <= W(0) ? W(0) : a;
  if constexpr (kOp == BinaryOp::gelu_backward) return a * gelu_slope(b);
  if constexpr (kOp == BinaryOp::gelu_tanh_backward) return a * gelu_tanh_slope(b);
}

template <class W>
__device__ W apply(BinaryOp op, W a, W b, W alpha) {
  switch (op) {
    case BinaryOp::add: return apply<BinaryOp::add>(a, b, alpha);
    case BinaryOp::sub: return apply<BinaryOp::sub>(a, b, alpha);
    case BinaryOp::mul: return apply<BinaryOp::mul>(a, b, alpha);
    case BinaryOp::div: return apply<BinaryOp::div>(a, b, alpha);
    case BinaryOp::pow: return apply<BinaryOp::pow>(a, b, alpha);
    case BinaryOp::maximum: return apply<BinaryOp::maximum>(a, b, alpha);
    case BinaryOp::minimum: return apply<BinaryOp::minimum>(a, b, alpha);
    case BinaryOp::sigmoid_backward: return apply<BinaryOp::sigmoid_backward>(a, b, alpha);
    case BinaryOp::tanh_backward: return apply<BinaryOp::tanh_backward>(a, b, alpha);
    case BinaryOp::relu_backward: return apply<BinaryOp::relu_backward>(a, b, alpha);
    case BinaryOp::gelu_backward: return apply<BinaryOp::gelu_backward>(a, b, alpha);
    default: return apply<BinaryOp::gelu_tanh_backward>(a, b, alpha);
  }
}

template <>
__device__ std::int64_t apply(BinaryOp op, std::int64_t a, std::int64_t b, std::int64_t alpha) {
  switch (op) {
    case BinaryOp::add: return wrap_add(a, wrap_mul(alpha, b));
    case BinaryOp::sub: return wrap_sub(a, wrap_mul(alpha, b));
    case BinaryOp::mul: return wrap_mul(a, b);
    case BinaryOp::pow: return wrap_pow(a, b);
    case BinaryOp::maximum: return a > b ? a : b;
    default: return a < b ? a : b;
  }
}

template <class W>
__device__ bool compare(BinaryOp op, W a, W b) {
  switch (op) {
    case BinaryOp::eq: return a == b;
    case BinaryOp::ne: return a != b;
    case BinaryOp::lt: return a < b;
    case BinaryOp::le: return a <= b;
    case BinaryOp::gt: return a > b;
    case BinaryOp::ge: return a >= b;
    case BinaryOp::logical_and: return a != W(0) && b != W(0);
    default: return a != W(0) || b != W(0);
  }
}

template <class T, int kCount>
__device__ Vector<T, kCount> load(const Operand<T>& operand, std::int64_t first) {
  if (operand.at) return *reinterpret_cast<const Vector<T, kCount>*>(operand.at + first);
  Vector<T, kCount> all;
#pragma unroll
  for (int i = 0; i < kCount; ++i) all.at[i] = operand.number;
  return all;
}

template <BinaryOp kOp, class T>
__global__ void __launch_bounds__(256) binary_dense(std::int64_t n, Wide<T> alpha, Operand<T> a, Operand<T> b, T* y) {
  constexpr int kCount = 16 / sizeof(T);
  const std::int64_t first = element_index() * kCount;
  const auto one = [&](T left, T right) {
    return convert<T>(apply<kOp>(convert<Wide<T>>(left), convert<Wide<T>>(right), alpha));
  };
  if (first + kCount <= n) {
    const auto left = load<T, kCount>(a, first), right = load<T, kCount>(b, first);
    Vector<T, kCount> out;
#pragma unroll
    for (int i = 0; i < kCount; ++i) out.at[i] = one(left.at[i], right.at[i]);
    *reinterpret_cast<Vector<T, kCount>*>(y + first) = out;
  } else {
    for (std::int64_t i = first; i < n; ++i) y[i] = one(a[i], b[i]);
  }
}

// The operator is the same for all threads, so that choosing it here costs a comparison or two beside the memory.
template <class T>
__global__ void __launch_bounds__(256) compare_dense(std::int64_t n, BinaryOp op, Operand<T> a, Operand<T> b, bool* y) {
  constexpr int kCount = 16 / sizeof(T);
  const std::int64_t first = element_index() * kCount;
  if (first + kCount <= n) {
    const auto left = load<T, kCount>(a, first), right = load<T, kCount>(b, first);
    Vector<bool, kCount> out;
#pragma unroll
    for (int i = 0; i < kCount; ++i)
      out.at[i] = compare(op, convert<Wide<T>>(left.at[i]), convert<Wide<T>>(right.at[i]));
    *reinterpret_cast<Vector<bool, kCount>*>(y + first) = out;
  } else {
    for (std::int64_t i = first; i < n; ++i) y[i] = compare(op, convert<Wide<T>>(a[i]), convert<Wide<T>>(b[i]));
  }
}

// Any layout and alignment.
template <class T>
__global__ void __launch_bounds__(256)
    binary_strided(std::int64_t n, BinaryOp op, Wide<T> alpha, StridedLoop<3> loop, Operand<T> a, Operand<T> b, T* y) {
  const std::int64_t i = element_index();
  if (i >= n) return;
  std::int64_t at[3];
  locate(loop, i, at);
  y[at[0]] = convert<T>(apply(op, convert<Wide<T>>(a[at[1]]), convert<Wide<T>>(b[at[2]]), alpha));
}

template <class T>
__global__ void __launch_bounds__(256)
    compare_strided(std::int64_t n, BinaryOp op, StridedLoop<3> loop, Operand<T> a, Operand<T> b, bool* y) {
  const std::int64_t i = element_index();
  if (i >= n) return;
  std::int64_t at[3];
  locate(loop, i, at);
  y[at[0]] = compare(op, convert<Wide<T>>(a[at[1]]), convert<Wide<T>>(b[at[2]]));
}

template <class T>
cudaError_t launch_dense(BinaryOp op, std::int64_t n, Wide<T> alpha, const Operand<T>& a, const Operand<T>& b, T* y,
                         cudaStream_t stream) {
  const LaunchConfig grid = element_grid(n, 16 / sizeof(T), stream);
  switch (op) {
    case BinaryOp::add: return launch<binary_dense<BinaryOp::add, T>>(grid, n, alpha, a, b, y);
    case BinaryOp::sub: return launch<binary_dense<BinaryOp::sub, T>>(grid, n, alpha, a, b, y);
    case BinaryOp::mul: return launch<binary_dense<BinaryOp::mul, T>>(grid, n, alpha, a, b, y);
    case BinaryOp::div: return launch<binary_dense<BinaryOp::div, T>>(grid, n, alpha, a, b, y);
    case BinaryOp::pow: return launch<binary_dense<BinaryOp::pow, T>>(grid, n, alpha, a, b, y);
    case BinaryOp::maximum: return launch<binary_dense<BinaryOp::maximum, T>>(grid, n, alpha, a, b, y);
    case BinaryOp::minimum: return launch<binary_dense<BinaryOp::minimum, T>>(grid, n, alpha, a, b, y);
    case BinaryOp::sigmoid_backward:
      return launch<binary_dense<BinaryOp::sigmoid_backward, T>>(grid, n, alpha, a, b, y);
    case BinaryOp::tanh_backward: return launch<binary_dense<BinaryOp::tanh_backward, T>>(grid, n, alpha, a, b, y);
    case BinaryOp::relu_backward: return launch<binary_dense<BinaryOp::relu_backward, T>>(grid, n, alpha, a, b, y);
    case BinaryOp::gelu_backward: return launch<binary_dense<BinaryOp::gelu_backward, T>>(grid, n, alpha, a, b, y);
    default: return launch<binary_dense<BinaryOp::gelu_tanh_backward, T>>(grid, n, alpha, a, b, y);
  }
}

template <class T>
Wide<T> factor(double alpha) {
  if constexpr (std::is_integral_v<T>)
    return bound(alpha);
  else
    return static_cast<Wide<T>>(alpha);
}

}  // namespace

cudaError_t binary(const BinaryProblem& p, const void* a, const void* b, void* y, cudaStream_t stream) {
  const std::int64_t n = p.loop.numel();
  if (n == 0) return cudaSuccess;
  const unsigned numbers = (p.a_on_host ? 2u : 0u) | (p.b_on_host ? 4u : 0u);
  cudaError_t error = cudaSuccess;
  switch_dtype(p.dtype, [&]<class T>() {
    const auto left = operand_of<T>(a, p.a_on_host), right = operand_of<T>(b, p.b_on_host);
    const bool comparison = is_comparison(p.op);
    const bool dense = is_dense(p.loop, numbers) && is_aligned(left.at, 16) && is_aligned(right.at, 16) &&
                       is_aligned(y, comparison ? 16 / sizeof(T) : 16);
    if (comparison) {
      auto* out = static_cast<bool*>(y);
      error = dense ? launch<compare_dense<T>>(element_grid(n, 16 / sizeof(T), stream), n, p.op, left, right, out)
                    : launch<compare_strided<T>>(element_grid(n, 1, stream), n, p.op, p.loop, left, right, out);
      return;
    }
    const Wide<T> alpha = factor<T>(p.alpha);
    auto* out = static_cast<T*>(y);
    if constexpr (kIsFloating<T>) {
      if (dense) {
        error = launch_dense(p.op, n, alpha, left, right, out, stream);
        return;
      }
    }
    error = launch<binary_strided<T>>(element_grid(n, 1, stream), n, p.op, alpha, p.loop, left, right, out);
  });
  return error;
}

}  // namespace cresset::kernels
