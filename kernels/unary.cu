#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "unary.cuh"

namespace cresset::kernels {
namespace {

// The bounds of clamp, or the exponent of pow.
template <class W>
struct Parameters {
  W a, b;
};

template <UnaryOp kOp, class W>
__device__ W apply(W x, const Parameters<W>& p) {
  if constexpr (kOp == UnaryOp::neg) return -x;
  if constexpr (kOp == UnaryOp::abs) return std::fabs(x);
  if constexpr (kOp == UnaryOp::sign) return W((x > W(0)) - (x < W(0)));
  if constexpr (kOp == UnaryOp::exp) return std::exp(x);
  if constexpr (kOp == UnaryOp::log) return std::log(x);
  if constexpr (kOp == UnaryOp::sqrt) return std::sqrt(x);
  if constexpr (kOp == UnaryOp::rsqrt) return W(1) / std::sqrt(x);
  if constexpr (kOp == UnaryOp::square) return x * x;
  if constexpr (kOp == UnaryOp::reciprocal) return W(1) / x;
  if constexpr (kOp == UnaryOp::sigmoid) return W(1) / (W(1) + std::exp(-x));
  if constexpr (kOp == UnaryOp::tanh) return std::tanh(x);
  if constexpr (kOp == UnaryOp::relu) return x < W(0) ? W(0) : x;
  if constexpr (kOp == UnaryOp::gelu) return gelu(x);
  if constexpr (kOp == UnaryOp::gelu_tanh) return gelu_tanh(x);
  if constexpr (kOp == UnaryOp::clamp) {
    const W raised = x < p.a || p.a != p.a ? p.a : x;
    return raised > p.b || p.b != p.b ? p.b : raised;
  }
  if constexpr (kOp == UnaryOp::pow) {
    // As the CPU's and PyTorch's: CUDA's pow is not exact here.
    if (p.a == W(1)) return x;
    if (p.a == W(3)) return x * x * x;
    if (p.a == W(-2)) return W(1) / (x * x);
    return std::pow(x, p.a);
  }
}

template <class W>
__device__ W apply(UnaryOp op, W x, const Parameters<W>& p) {
  switch (op) {
    case UnaryOp::neg: return apply<UnaryOp::neg>(x, p);
    case UnaryOp::abs: return apply<UnaryOp::abs>(x, p);
    case UnaryOp::sign: return apply<UnaryOp::sign>(x, p);
    case UnaryOp::exp: return apply<UnaryOp::exp>(x, p);
    case UnaryOp::log: return apply<UnaryOp::log>(x, p);
    case UnaryOp::sqrt: return apply<UnaryOp::sqrt>(x, p);
    case UnaryOp::rsqrt: return apply<UnaryOp::rsqrt>(x, p);
    case UnaryOp::square: return apply<UnaryOp::square>(x, p);
    case UnaryOp::reciprocal: return apply<UnaryOp::reciprocal>(x, p);
    case UnaryOp::sigmoid: return apply<UnaryOp::sigmoid>(x, p);
    case UnaryOp::tanh: return apply<UnaryOp::tanh>(x, p);
    case UnaryOp::relu: return apply<UnaryOp::relu>(x, p);
    case UnaryOp::gelu: return apply<UnaryOp::gelu>(x, p);
    case UnaryOp::gelu_tanh: return apply<UnaryOp::gelu_tanh>(x, p);
    case UnaryOp::clamp: return apply<UnaryOp::clamp>(x, p);
    default: return apply<UnaryOp::pow>(x, p);
  }
}

template <>
__device__ std::int64_t apply(UnaryOp op, std::int64_t x, const Parameters<std::int64_t>& p) {
  switch (op) {
    case UnaryOp::neg: return wrap_sub(0, x);
    case UnaryOp::abs: return x < 0 ? wrap_sub(0, x) : x;
    case UnaryOp::sign: return (x > 0) - (x < 0);
    case UnaryOp::square: return wrap_mul(x, x);
    case UnaryOp::relu: return x < 0 ? 0 : x;
    case UnaryOp::clamp: {
      const std::int64_t raised = x < p.a ? p.a : x;
      return raised > p.b ? p.b : raised;
    }
    default: return wrap_pow(x, p.a);
  }
}

// 1 block a multiprocessor is asked for: left to itself, ptxas spills doubles to make room for one more.
template <UnaryOp kOp, class T>
__global__ void __launch_bounds__(256, 1) unary_dense(std::int64_t n, Parameters<Wide<T>> p, const T* x, T* y) {
  constexpr int kCount = 16 / sizeof(T);
  const std::int64_t first = element_index() * kCount;
  if (first + kCount <= n) {
    const auto in = *reinterpret_cast<const Vector<T, kCount>*>(x + first);
    Vector<T, kCount> out;
#pragma unroll
    for (int i = 0; i < kCount; ++i) out.at[i] = convert<T>(apply<kOp>(convert<Wide<T>>(in.at[i]), p));
    *reinterpret_cast<Vector<T, kCount>*>(y + first) = out;
  } else {
    for (std::int64_t i = first; i < n; ++i) y[i] = convert<T>(apply<kOp>(convert<Wide<T>>(x[i]), p));
  }
}

// Any layout, and any alignment; integers, which are rare, in every layout.
template <class T>
__global__ void __launch_bounds__(256)
    unary_strided(std::int64_t n, UnaryOp op, Parameters<Wide<T>> p, StridedLoop<2> loop, const T* x, T* y) {
  const std::int64_t i = element_index();
  if (i >= n) return;
  std::int64_t at[2];
  locate(loop, i, at);
  y[at[0]] = convert<T>(apply(op, convert<Wide<T>>(x[at[1]]), p));
}

template <class T>
__global__ void __launch_bounds__(256) logical_not_strided(std::int64_t n, StridedLoop<2> loop, const T* x, bool* y) {
  const std::int64_t i = element_index();
  if (i >= n) return;
  std::int64_t at[2];
  locate(loop, i, at);
  y[at[0]] = !convert<bool>(x[at[1]]);
}

template <class T>
cudaError_t launch_dense(UnaryOp op, std::int64_t n, const Parameters<Wide<T>>& p, const T* x, T* y,
                         cudaStream_t stream) {
  const LaunchConfig grid = element_grid(n, 16 / sizeof(T), stream);
  switch (op) {
    case UnaryOp::neg: return launch<unary_dense<UnaryOp::neg, T>>(grid, n, p, x, y);
    case UnaryOp::abs: return launch<unary_dense<UnaryOp::abs, T>>(grid, n, p, x, y);
    case UnaryOp::sign: return launch<unary_dense<UnaryOp::sign, T>>(grid, n, p, x, y);
    case UnaryOp::exp: return launch<unary_dense<UnaryOp::exp, T>>(grid, n, p, x, y);
    case UnaryOp::log: return launch<unary_dense<UnaryOp::log, T>>(grid, n, p, x, y);
    case UnaryOp::sqrt: return launch<unary_dense<UnaryOp::sqrt, T>>(grid, n, p, x, y);
    case UnaryOp::rsqrt: return launch<unary_dense<UnaryOp::rsqrt, T>>(grid, n, p, x, y);
    case UnaryOp::square: return launch<unary_dense<UnaryOp::square, T>>(grid, n, p, x, y);
    case UnaryOp::reciprocal: return launch<unary_dense<UnaryOp::reciprocal, T>>(grid, n, p, x, y);
    case UnaryOp::sigmoid: return launch<unary_dense<UnaryOp::sigmoid, T>>(grid, n, p, x, y);
    case UnaryOp::tanh: return launch<unary_dense<UnaryOp::tanh, T>>(grid, n, p, x, y);
    case UnaryOp::relu: return launch<unary_dense<UnaryOp::relu, T>>(grid, n, p, x, y);
    case UnaryOp::gelu: return launch<unary_dense<UnaryOp::gelu, T>>(grid, n, p, x, y);
    case UnaryOp::gelu_tanh: return launch<unary_dense<UnaryOp::gelu_tanh, T>>(grid, n, p, x, y);
    case UnaryOp::clamp: return launch<unary_dense<UnaryOp::clamp, T>>(grid, n, p, x, y);
    default: return launch<unary_dense<UnaryOp::pow, T>>(grid, n, p, x, y);
  }
}

template <class W>
Parameters<W> parameters_of(const UnaryProblem& p) {
  if constexpr (std::is_integral_v<W>)
    return {bound(p.params[0]), bound(p.params[1])};
  else
    return {static_cast<W>(p.params[0]), static_cast<W>(p.params[1])};
}

}  // namespace

cudaError_t unary(const UnaryProblem& p, const void* x, void* y, cudaStream_t stream) {
  const std::int64_t n = p.loop.numel();
  if (n == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_dtype(p.dtype, [&]<class T>() {
    const auto* in = static_cast<const T*>(x);
    const auto parameters = parameters_of<Wide<T>>(p);
    if (p.op == UnaryOp::logical_not) {
      error = launch<logical_not_strided<T>>(element_grid(n, 1, stream), n, p.loop, in, static_cast<bool*>(y));
      return;
    }
    auto* out = static_cast<T*>(y);
    if constexpr (kIsFloating<T>) {
      if (is_dense(p.loop) && is_aligned(x, 16) && is_aligned(y, 16)) {
        error = launch_dense(p.op, n, parameters, in, out, stream);
        return;
      }
    }
    error = launch<unary_strided<T>>(element_grid(n, 1, stream), n, p.op, parameters, p.loop, in, out);
  });
  return error;
}

}  // namespace cresset::kernels
