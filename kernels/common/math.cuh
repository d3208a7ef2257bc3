// Functions of numbers that kernels share, exact to a few units in the last place where the plain formula is not.
#pragma once

#include <cuda_runtime.h>

#include <cmath>
#include <cstdint>
#include <type_traits>

namespace cresset::kernels {

// The type in which an element is computed: float for 16-bit types, int64 for integers and bool.
template <class T>
using Wide = std::conditional_t<std::is_same_v<T, double>, double,
                                std::conditional_t<std::is_integral_v<T>, std::int64_t, float>>;

// The larger of the two; NaN stays.
template <class T>
__device__ T at_least(T least, T x) {
  return x > least || x != x ? x : least;
}

// relu
template <class T>
__device__ T above_zero(T x) {
  return at_least(T(0), x);
}

template <class T>
struct GeluConstants;
template <>
struct GeluConstants<float> {
  // 1/sqrt(2), 2 sqrt(2/pi) and 0.044715, each with what its rounding leaves.
  static constexpr float kSqrtHalf = 0.707106769f, kSqrtHalfRest = 1.21016171e-8f;
  static constexpr float kScale = 1.59576917f, kScaleRest = -4.53406804e-8f;
  static constexpr float kCubic = 0.0447149985f, kCubicRest = 1.54614449e-9f;
};
template <>
struct GeluConstants<double> {
  static constexpr double kSqrtHalf = 0.70710678118654757274, kSqrtHalfRest = -4.8336466567264567e-17;
  static constexpr double kScale = 1.5957691216057308115, kScaleRest = -9.9693088091109202e-17;
  static constexpr double kCubic = 0.044714999999999997804, kCubicRest = 2.1960211427085595e-18;
};

// erfc(-x / sqrt(2)), with the argument's rounding taken out again: in the tail it would count x^2 times.
template <class T>
__device__ T upper_tail(T x) {
  using C = GeluConstants<T>;
  const T a = -x * C::kSqrtHalf;
  const T rest = std::fma(-x, C::kSqrtHalf, -a) - x * C::kSqrtHalfRest;
  return std::erfc(a) - T(1.12837916709551257390) * std::exp(-a * a) * rest;
}

template <class T>
__device__ T gelu(T x) {
  return T(0.5) * x * upper_tail(x);
}
template <class T>
__device__ T gelu_slope(T x) {
  return T(0.5) * upper_tail(x) + x * std::exp(T(-0.5) * x * x) * T(0.398942280401432677940);
}

// 1 / (1 + exp(-u)) with u = 2 sqrt(2/pi) (x + 0.044715 x^3), computed with twice the digits: 0.5 (1 + tanh(u / 2)).
template <class T>
__device__ T gelu_gate(T x) {
  using C = GeluConstants<T>;
  const T z = x * x, z_rest = std::fma(x, x, -z);
  const T p = std::fma(C::kCubic, z, T(1));
  const T p_rest = std::fma(C::kCubic, z, T(1) - p) + C::kCubic * z_rest + C::kCubicRest * z;
  const T m = C::kScale * x, m_rest = std::fma(C::kScale, x, -m) + C::kScaleRest * x;
  const T u = m * p, u_rest = std::fma(m, p, -u) + m * p_rest + m_rest * p;
  // Far out u is infinite or what is left of it is no number, and the gate is 0 or 1.
  if (!(std::fabs(u) < T(sizeof(T) == 8 ? 700 : 80))) return u > T(0) ? T(1) : u < T(0) ? T(0) : u;
  const T e = std::exp(-u);
  return T(1) / (T(1) + e - e * u_rest);
}
template <class T>
__device__ T gelu_tanh(T x) {
  const T gate = gelu_gate(x);
  return gate == T(0) ? -T(0) : x * gate;
}
template <class T>
__device__ T gelu_tanh_slope(T x) {
  const T k = T(0.797884560802865355880), t = std::tanh(k * (x + T(0.044715) * x * x * x));
  return T(0.5) * (T(1) + t) + T(0.5) * x * (T(1) - t * t) * k * (T(1) + T(0.134145) * x * x);
}

__device__ inline std::int64_t wrap_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
__device__ inline std::int64_t wrap_sub(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
__device__ inline std::int64_t wrap_mul(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
// A negative exponent gives 0, but for the bases 1 and -1, as PyTorch's does.
__device__ inline std::int64_t wrap_pow(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 != 0 ? -1 : 1) : 0;
  std::int64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = wrap_mul(result, base);
    base = wrap_mul(base, base);
  }
  return result;
}
// A double as int64, held at the ends; NaN is 0. On the host, for parameters.
inline std::int64_t bound(double value) {
  if (value != value) return 0;
  if (value >= 0x1p63) return INT64_MAX;
  if (value <= -0x1p63) return INT64_MIN;
  return static_cast<std::int64_t>(value);
}

}  // namespace cresset::kernels
