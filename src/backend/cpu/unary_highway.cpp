// Functions of one operand on dense arrays, vectorised for each target; other layouts go through blocks.
#include "backend/cpu/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/unary_highway.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "backend/cpu/blocked_loop.h"
#include "backend/cpu/convert.h"
#include "backend/cpu/float_math-inl.h"
#include "backend/cpu/half_convert-inl.h"
#include "backend/cpu/integer_math.h"
#include "backend/cpu/map-inl.h"
#include "backend/cpu/unary_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <UnaryOp kOp>
struct FloatOp {
  double a, b;

  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V zero = hn::Zero(d);
    if constexpr (kOp == UnaryOp::neg) return hn::Neg(x);
    if constexpr (kOp == UnaryOp::abs) return hn::Abs(x);
    if constexpr (kOp == UnaryOp::sign)
      return hn::Sub(hn::IfThenElseZero(hn::Gt(x, zero), set(d, 1)), hn::IfThenElseZero(hn::Lt(x, zero), set(d, 1)));
    if constexpr (kOp == UnaryOp::exp) return exp_of(d, x);
    if constexpr (kOp == UnaryOp::log) return log_of(d, x);
    if constexpr (kOp == UnaryOp::sqrt) return hn::Sqrt(x);
    if constexpr (kOp == UnaryOp::rsqrt) return hn::Div(set(d, 1), hn::Sqrt(x));
    if constexpr (kOp == UnaryOp::square) return hn::Mul(x, x);
    if constexpr (kOp == UnaryOp::reciprocal) return hn::Div(set(d, 1), x);
    if constexpr (kOp == UnaryOp::sigmoid) return sigmoid_of(d, x);
    if constexpr (kOp == UnaryOp::tanh) return tanh_of(d, x);
    if constexpr (kOp == UnaryOp::relu) return hn::IfThenElse(hn::Lt(x, zero), zero, x);
    if constexpr (kOp == UnaryOp::gelu) return gelu_of(d, x);
    if constexpr (kOp == UnaryOp::gelu_tanh) return gelu_tanh_of(d, x);
    if constexpr (kOp == UnaryOp::clamp) {
      const V low = set(d, a), high = set(d, b);
      x = hn::IfThenElse(hn::Or(hn::Lt(x, low), hn::IsNaN(low)), low, x);
      return hn::IfThenElse(hn::Or(hn::Gt(x, high), hn::IsNaN(high)), high, x);
    }
  }
};

// The power as PyTorch takes it: short cuts for whole exponents that are no ops of their own, else the C library's.
template <class T>
void power(const T* x, T* y, std::int64_t n, double exponent) {
  const T e = static_cast<T>(exponent);
  if (exponent == 1)
    for (std::int64_t i = 0; i < n; ++i) y[i] = x[i];
  else if (exponent == 3)
    for (std::int64_t i = 0; i < n; ++i) y[i] = x[i] * x[i] * x[i];
  else if (exponent == -2)
    for (std::int64_t i = 0; i < n; ++i) y[i] = 1 / (x[i] * x[i]);
  else
    for (std::int64_t i = 0; i < n; ++i) y[i] = std::pow(x[i], e);
}

template <class T>
void is_zero(const T* x, bool* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = x[i] == T(0);
}

template <class T>
void run_float(const UnaryProblem& p, const T* x, T* y, std::int64_t n) {
  switch (p.op) {
    case UnaryOp::neg: return map(FloatOp<UnaryOp::neg>{}, x, y, n);
    case UnaryOp::abs: return map(FloatOp<UnaryOp::abs>{}, x, y, n);
    case UnaryOp::sign: return map(FloatOp<UnaryOp::sign>{}, x, y, n);
    case UnaryOp::exp: return map(FloatOp<UnaryOp::exp>{}, x, y, n);
    case UnaryOp::log: return map(FloatOp<UnaryOp::log>{}, x, y, n);
    case UnaryOp::sqrt: return map(FloatOp<UnaryOp::sqrt>{}, x, y, n);
    case UnaryOp::rsqrt: return map(FloatOp<UnaryOp::rsqrt>{}, x, y, n);
    case UnaryOp::square: return map(FloatOp<UnaryOp::square>{}, x, y, n);
    case UnaryOp::reciprocal: return map(FloatOp<UnaryOp::reciprocal>{}, x, y, n);
    case UnaryOp::sigmoid: return map(FloatOp<UnaryOp::sigmoid>{}, x, y, n);
    case UnaryOp::tanh: return map(FloatOp<UnaryOp::tanh>{}, x, y, n);
    case UnaryOp::relu: return map(FloatOp<UnaryOp::relu>{}, x, y, n);
    case UnaryOp::gelu: return map(FloatOp<UnaryOp::gelu>{}, x, y, n);
    case UnaryOp::gelu_tanh: return map(FloatOp<UnaryOp::gelu_tanh>{}, x, y, n);
    case UnaryOp::clamp: return map(FloatOp<UnaryOp::clamp>{p.params[0], p.params[1]}, x, y, n);
    case UnaryOp::pow: return power(x, y, n, p.params[0]);
    case UnaryOp::logical_not: return;  // writes bool: below
  }
}

// Plain loops: the compiler vectorises them for the target. U is the unsigned type in which overflow wraps.
template <class T, class U = std::make_unsigned_t<T>>
void run_integer(const UnaryProblem& p, const T* x, T* y, std::int64_t n) {
  switch (p.op) {
    case UnaryOp::neg:
      for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(U(0) - static_cast<U>(x[i]));
      return;
    case UnaryOp::abs:
      for (std::int64_t i = 0; i < n; ++i) y[i] = x[i] < 0 ? static_cast<T>(U(0) - static_cast<U>(x[i])) : x[i];
      return;
    case UnaryOp::sign:
      for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<T>((x[i] > 0) - (x[i] < 0));
      return;
    case UnaryOp::square:
      for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(wrap_mul(x[i], x[i]));
      return;
    case UnaryOp::relu:
      for (std::int64_t i = 0; i < n; ++i) y[i] = x[i] < 0 ? T(0) : x[i];
      return;
    case UnaryOp::clamp: {
      const std::int64_t low = bound(p.params[0]), high = bound(p.params[1]);
      for (std::int64_t i = 0; i < n; ++i)
        y[i] = static_cast<T>(std::min<std::int64_t>(std::max<std::int64_t>(x[i], low), high));
      return;
    }
    default:
      for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(wrap_pow(x[i], bound(p.params[0])));
  }
}

void run_bool(const UnaryProblem& p, const bool* x, bool* y, std::int64_t n) {
  const bool at_false = p.op == UnaryOp::pow     ? p.params[0] == 0
                        : p.op == UnaryOp::clamp ? std::min<std::int64_t>(std::max<std::int64_t>(0, bound(p.params[0])),
                                                                          bound(p.params[1])) != 0
                                                 : false;
  const bool at_true = p.op == UnaryOp::clamp ? std::min<std::int64_t>(std::max<std::int64_t>(1, bound(p.params[0])),
                                                                       bound(p.params[1])) != 0
                                              : true;
  for (std::int64_t i = 0; i < n; ++i) y[i] = x[i] ? at_true : at_false;
}

template <class T>
void run_half(const UnaryProblem& p, const T* x, void* y, std::int64_t n) {
  HWY_ALIGN float in[256], out[256];
  for (std::int64_t i = 0; i < n; i += 256) {
    const std::int64_t length = std::min<std::int64_t>(256, n - i);
    to_float(x + i, in, length);
    if (p.op == UnaryOp::logical_not) {
      is_zero(in, static_cast<bool*>(y) + i, length);
      continue;
    }
    run_float(p, in, out, length);
    from_float(out, static_cast<T*>(y) + i, length);
  }
}

void unary_dense(const UnaryProblem& p, const void* x, void* y, std::int64_t n) {
  if (p.dtype == kFloat16) return run_half(p, static_cast<const Half*>(x), y, n);
  if (p.dtype == kBFloat16) return run_half(p, static_cast<const BFloat16*>(x), y, n);
  const bool is_not = p.op == UnaryOp::logical_not;
  switch (p.dtype) {
    case kFloat32:
      return is_not ? is_zero(static_cast<const float*>(x), static_cast<bool*>(y), n)
                    : run_float(p, static_cast<const float*>(x), static_cast<float*>(y), n);
    case kFloat64:
      return is_not ? is_zero(static_cast<const double*>(x), static_cast<bool*>(y), n)
                    : run_float(p, static_cast<const double*>(x), static_cast<double*>(y), n);
    case kInt64:
      return is_not ? is_zero(static_cast<const std::int64_t*>(x), static_cast<bool*>(y), n)
                    : run_integer(p, static_cast<const std::int64_t*>(x), static_cast<std::int64_t*>(y), n);
    case kInt32:
      return is_not ? is_zero(static_cast<const std::int32_t*>(x), static_cast<bool*>(y), n)
                    : run_integer(p, static_cast<const std::int32_t*>(x), static_cast<std::int32_t*>(y), n);
    case kUInt8:
      return is_not ? is_zero(static_cast<const std::uint8_t*>(x), static_cast<bool*>(y), n)
                    : run_integer(p, static_cast<const std::uint8_t*>(x), static_cast<std::uint8_t*>(y), n);
    default:
      return is_not ? is_zero(static_cast<const bool*>(x), static_cast<bool*>(y), n)
                    : run_bool(p, static_cast<const bool*>(x), static_cast<bool*>(y), n);
  }
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::cpu {

HWY_EXPORT(unary_dense);

namespace {

void run(const UnaryProblem& p, const Context&, const void* x, void* y) {
  const auto dense = HWY_DYNAMIC_DISPATCH(unary_dense);
  if (is_dense(p.loop)) {
    const std::int64_t n = p.loop.numel();
    if (n <= kChunkElements) return dense(p, x, y, n);
  }
  const DType to = p.op == UnaryOp::logical_not ? kBool : p.dtype;
  const LoopOperand operands[] = {{y, element_size(to), p.loop.strides[0]},
                                  {const_cast<void*>(x), element_size(p.dtype), p.loop.strides[1]}};
  for_each_block(p.loop.dims, p.loop.sizes, operands, 2,
                 [&](void* const* at, std::int64_t n) { dense(p, at[1], at[0], n); });
}

}  // namespace

constinit const Kernel<Unary> kUnaryHighway = {"highway", refuse_unary, run};

}  // namespace cresset::cpu
#endif  // HWY_ONCE
