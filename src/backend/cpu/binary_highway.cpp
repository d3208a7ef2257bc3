// Functions of two operands on dense arrays, vectorised for each target; other layouts go through blocks.
#include "backend/cpu/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/binary_highway.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "backend/cpu/binary_kernels.h"
#include "backend/cpu/blocked_loop.h"
#include "backend/cpu/convert.h"
#include "backend/cpu/float_math-inl.h"
#include "backend/cpu/half_convert-inl.h"
#include "backend/cpu/integer_math.h"
#include "backend/cpu/map-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <BinaryOp kOp>
struct FloatOp {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    const V one = set(d, 1);
    if constexpr (kOp == BinaryOp::add) return hn::Add(a, b);
    if constexpr (kOp == BinaryOp::sub) return hn::Sub(a, b);
    if constexpr (kOp == BinaryOp::mul) return hn::Mul(a, b);
    if constexpr (kOp == BinaryOp::div) return hn::Div(a, b);
    if constexpr (kOp == BinaryOp::maximum) return hn::IfThenElse(hn::Or(hn::IsNaN(a), hn::Gt(a, b)), a, b);
    if constexpr (kOp == BinaryOp::minimum) return hn::IfThenElse(hn::Or(hn::IsNaN(a), hn::Lt(a, b)), a, b);
    if constexpr (kOp == BinaryOp::sigmoid_backward) return hn::Mul(hn::Mul(a, b), hn::Sub(one, b));
    if constexpr (kOp == BinaryOp::tanh_backward) return hn::Mul(a, hn::NegMulAdd(b, b, one));
    if constexpr (kOp == BinaryOp::relu_backward) return hn::IfThenElse(hn::Le(b, hn::Zero(d)), hn::Zero(d), a);
    if constexpr (kOp == BinaryOp::gelu_backward) return hn::Mul(a, gelu_slope(d, b));
    if constexpr (kOp == BinaryOp::gelu_tanh_backward) return hn::Mul(a, gelu_tanh_slope(d, b));
  }
};

struct AddScaled {
  double alpha;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    return hn::MulAdd(set(d, alpha), b, a);
  }
};

template <class T>
void run_float(BinaryOp op, double alpha, const T* a, const T* b, T* y, std::int64_t n) {
  switch (op) {
    case BinaryOp::add:
      if (alpha == 1) return map(FloatOp<BinaryOp::add>{}, a, b, y, n);
      return map(AddScaled{alpha}, a, b, y, n);
    case BinaryOp::sub:
      if (alpha == 1) return map(FloatOp<BinaryOp::sub>{}, a, b, y, n);
      return map(AddScaled{-alpha}, a, b, y, n);
    case BinaryOp::mul: return map(FloatOp<BinaryOp::mul>{}, a, b, y, n);
    case BinaryOp::div: return map(FloatOp<BinaryOp::div>{}, a, b, y, n);
    case BinaryOp::pow:
      for (std::int64_t i = 0; i < n; ++i) y[i] = std::pow(a[i], b[i]);
      return;
    case BinaryOp::maximum: return map(FloatOp<BinaryOp::maximum>{}, a, b, y, n);
    case BinaryOp::minimum: return map(FloatOp<BinaryOp::minimum>{}, a, b, y, n);
    case BinaryOp::sigmoid_backward: return map(FloatOp<BinaryOp::sigmoid_backward>{}, a, b, y, n);
    case BinaryOp::tanh_backward: return map(FloatOp<BinaryOp::tanh_backward>{}, a, b, y, n);
    case BinaryOp::relu_backward: return map(FloatOp<BinaryOp::relu_backward>{}, a, b, y, n);
    case BinaryOp::gelu_backward: return map(FloatOp<BinaryOp::gelu_backward>{}, a, b, y, n);
    case BinaryOp::gelu_tanh_backward: return map(FloatOp<BinaryOp::gelu_tanh_backward>{}, a, b, y, n);
    default: return;  // comparisons
  }
}

// Plain loops from here on: the compiler vectorises them for the target.
template <class T>
void compare(BinaryOp op, const T* a, const T* b, bool* y, std::int64_t n) {
  const T zero{};
  switch (op) {
    case BinaryOp::eq:
      for (std::int64_t i = 0; i < n; ++i) y[i] = a[i] == b[i];
      return;
    case BinaryOp::ne:
      for (std::int64_t i = 0; i < n; ++i) y[i] = a[i] != b[i];
      return;
    case BinaryOp::lt:
      for (std::int64_t i = 0; i < n; ++i) y[i] = a[i] < b[i];
      return;
    case BinaryOp::le:
      for (std::int64_t i = 0; i < n; ++i) y[i] = a[i] <= b[i];
      return;
    case BinaryOp::gt:
      for (std::int64_t i = 0; i < n; ++i) y[i] = a[i] > b[i];
      return;
    case BinaryOp::ge:
      for (std::int64_t i = 0; i < n; ++i) y[i] = a[i] >= b[i];
      return;
    case BinaryOp::logical_and:
      for (std::int64_t i = 0; i < n; ++i) y[i] = (a[i] != zero) & (b[i] != zero);
      return;
    default:
      for (std::int64_t i = 0; i < n; ++i) y[i] = (a[i] != zero) | (b[i] != zero);
  }
}

// U is an unsigned type in which overflow wraps without promotion to int.
template <class T, class U = std::conditional_t<sizeof(T) == 1, unsigned, std::make_unsigned_t<T>>>
void run_integer(BinaryOp op, double alpha, const T* a, const T* b, T* y, std::int64_t n) {
  const std::int64_t whole = bound(alpha);
  const U factor = op == BinaryOp::sub ? static_cast<U>(wrap_sub(0, whole)) : static_cast<U>(whole);
  switch (op) {
    case BinaryOp::add:
    case BinaryOp::sub:
      for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(static_cast<U>(a[i]) + factor * static_cast<U>(b[i]));
      return;
    case BinaryOp::mul:
      for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(static_cast<U>(a[i]) * static_cast<U>(b[i]));
      return;
    case BinaryOp::maximum:
      for (std::int64_t i = 0; i < n; ++i) y[i] = std::max(a[i], b[i]);
      return;
    case BinaryOp::minimum:
      for (std::int64_t i = 0; i < n; ++i) y[i] = std::min(a[i], b[i]);
      return;
    default:
      for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(wrap_pow(a[i], b[i]));
  }
}

void run_bool(BinaryOp op, double alpha, const bool* a, const bool* b, bool* y, std::int64_t n) {
  const bool scaled = bound(alpha) != 0;
  switch (op) {
    case BinaryOp::add:
      // 1 + alpha * 1 is 0 where alpha is -1, as in integers.
      for (std::int64_t i = 0; i < n; ++i) y[i] = bound(alpha) == -1 ? a[i] != b[i] : a[i] | (b[i] & scaled);
      return;
    case BinaryOp::sub:
      for (std::int64_t i = 0; i < n; ++i) y[i] = bound(alpha) == 1 ? a[i] != b[i] : a[i] | (b[i] & scaled);
      return;
    case BinaryOp::mul:
    case BinaryOp::minimum:
      for (std::int64_t i = 0; i < n; ++i) y[i] = a[i] & b[i];
      return;
    case BinaryOp::maximum:
      for (std::int64_t i = 0; i < n; ++i) y[i] = a[i] | b[i];
      return;
    default:  // pow
      for (std::int64_t i = 0; i < n; ++i) y[i] = a[i] | !b[i];
  }
}

template <class T>
void run_typed(const BinaryProblem& p, const void* a, const void* b, void* y, std::int64_t n) {
  const auto *left = static_cast<const T*>(a), *right = static_cast<const T*>(b);
  if (is_comparison(p.op)) return compare(p.op, left, right, static_cast<bool*>(y), n);
  if constexpr (kIsFloating<T>)
    run_float(p.op, p.alpha, left, right, static_cast<T*>(y), n);
  else if constexpr (std::is_same_v<T, bool>)
    run_bool(p.op, p.alpha, left, right, static_cast<T*>(y), n);
  else
    run_integer(p.op, p.alpha, left, right, static_cast<T*>(y), n);
}

template <class T>
void run_half(const BinaryProblem& p, const T* a, const T* b, void* y, std::int64_t n) {
  constexpr std::int64_t kBlock = 256;
  HWY_ALIGN float left[kBlock], right[kBlock], out[kBlock];
  for (std::int64_t i = 0; i < n; i += kBlock) {
    const std::int64_t length = std::min(kBlock, n - i);
    to_float(a + i, left, length);
    to_float(b + i, right, length);
    if (is_comparison(p.op)) {
      compare(p.op, left, right, static_cast<bool*>(y) + i, length);
    } else {
      run_float(p.op, p.alpha, left, right, out, length);
      from_float(out, static_cast<T*>(y) + i, length);
    }
  }
}

void binary_dense(const BinaryProblem& p, const void* a, const void* b, void* y, std::int64_t n) {
  switch (p.dtype) {
    case kFloat32: return run_typed<float>(p, a, b, y, n);
    case kFloat64: return run_typed<double>(p, a, b, y, n);
    case kFloat16: return run_half(p, static_cast<const Half*>(a), static_cast<const Half*>(b), y, n);
    case kBFloat16: return run_half(p, static_cast<const BFloat16*>(a), static_cast<const BFloat16*>(b), y, n);
    case kInt64: return run_typed<std::int64_t>(p, a, b, y, n);
    case kInt32: return run_typed<std::int32_t>(p, a, b, y, n);
    case kUInt8: return run_typed<std::uint8_t>(p, a, b, y, n);
    case kBool: return run_typed<bool>(p, a, b, y, n);
  }
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::cpu {

HWY_EXPORT(binary_dense);

namespace {

void run(const BinaryProblem& p, const Context&, const void* a, const void* b, void* y) {
  const auto dense = HWY_DYNAMIC_DISPATCH(binary_dense);
  if (is_dense(p.loop)) {
    const std::int64_t n = p.loop.numel();
    if (n <= kChunkElements) return dense(p, a, b, y, n);
  }
  const DType to = is_comparison(p.op) ? kBool : p.dtype;
  const LoopOperand operands[] = {{y, element_size(to), p.loop.strides[0]},
                                  {const_cast<void*>(a), element_size(p.dtype), p.loop.strides[1]},
                                  {const_cast<void*>(b), element_size(p.dtype), p.loop.strides[2]}};
  for_each_block(p.loop.dims, p.loop.sizes, operands, 3,
                 [&](void* const* at, std::int64_t n) { dense(p, at[1], at[2], at[0], n); });
}

}  // namespace

constinit const Kernel<Binary> kBinaryHighway = {"highway", refuse_binary, run};

}  // namespace cresset::cpu
#endif  // HWY_ONCE
