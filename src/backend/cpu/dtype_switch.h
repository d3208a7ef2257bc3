// Calls a template for the C++ type of a DType, and the conversions that plain kernels use.
#pragma once

#include <cresset/dtype.h>
#include <cresset/extension/kernel.h>

namespace cresset::cpu {

// f.template operator()<T>() for float, double, Half or BFloat16; nothing for other types, which `refuses` keeps out.
template <class F>
void switch_floating(DType dtype, F&& f) {
  switch (dtype) {
    case kFloat32: f.template operator()<float>(); break;
    case kFloat64: f.template operator()<double>(); break;
    case kFloat16: f.template operator()<Half>(); break;
    case kBFloat16: f.template operator()<BFloat16>(); break;
    default: break;
  }
}

// The same for the numeric types: floating, int64, int32 and uint8.
template <class F>
void switch_numeric(DType dtype, F&& f) {
  switch (dtype) {
    case kInt64: f.template operator()<std::int64_t>(); break;
    case kInt32: f.template operator()<std::int32_t>(); break;
    case kUInt8: f.template operator()<std::uint8_t>(); break;
    default: switch_floating(dtype, f);
  }
}

// The types that vector code computes in.
template <class F>
void switch_simd(DType dtype, F&& f) {
  if (dtype == kFloat32) f.template operator()<float>();
  if (dtype == kFloat64) f.template operator()<double>();
}
inline Refusal refuse_not_simd(DType dtype) {
  if (dtype == kFloat32 || dtype == kFloat64) return {};
  return Refusal("dtype must be float32 or float64, is {}", static_cast<int>(dtype));
}

inline Refusal refuse_not_floating(DType dtype) {
  return is_floating_point(dtype) ? Refusal() : Refusal("dtype must be floating, is {}", static_cast<int>(dtype));
}
inline Refusal refuse_bool(DType dtype) { return dtype == kBool ? Refusal("dtype must not be bool") : Refusal(); }

// Rounds to T, 16-bit floats by way of float.
template <class T>
T round_to(double value) {
  if constexpr (sizeof(T) == 2)
    return T(static_cast<float>(value));
  else
    return static_cast<T>(value);
}

// The type of statistics and of other results that 16-bit floats keep in float32.
template <class T>
struct WideOf {
  using type = T;
};
template <>
struct WideOf<Half> {
  using type = float;
};
template <>
struct WideOf<BFloat16> {
  using type = float;
};
template <class T>
using Wide = typename WideOf<T>::type;

}  // namespace cresset::cpu
