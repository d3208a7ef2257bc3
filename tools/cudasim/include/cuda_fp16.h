// Stand-in for CUDA's header of this name: __half, __half2 and what kernels do with them. Arithmetic is float's (or,
// for fused multiply-add, exact), rounded once: float has so many bits that the second rounding changes nothing.
#pragma once

#include <cmath>
#include <type_traits>

#include "cuda_runtime.h"
#include "cudasim/half_bits.h"

struct __half_raw {
  unsigned short x;
};
struct __half2_raw {
  unsigned short x, y;
};

struct __half {
  unsigned short __x;

  __half() = default;
  __half(const __half_raw& raw) : __x(raw.x) {}
  __half(float value) : __x(cudasim::HalfFormat::from_double(static_cast<double>(value))) {}
  __half(double value) : __x(cudasim::HalfFormat::from_double(value)) {}
  template <class I, class = std::enable_if_t<std::is_integral_v<I>>>
  __half(I value) : __half(static_cast<double>(value)) {}
  operator __half_raw() const { return {__x}; }
  operator float() const { return cudasim::HalfFormat::to_float(__x); }
  __half& operator=(const __half_raw& raw) { return __x = raw.x, *this; }
  __half& operator=(float value) { return *this = __half(value); }
  __half& operator=(double value) { return *this = __half(value); }
};
using half = __half;

struct alignas(4) __half2 {
  __half x, y;

  __half2() = default;
  __half2(const __half& low, const __half& high) : x(low), y(high) {}
};
using half2 = __half2;

inline __half __float2half(float v) { return __half(v); }
inline __half __float2half_rn(float v) { return __half(v); }
inline __half __float2half_rz(float v) {
  return __half_raw{cudasim::HalfFormat::from_double(v, cudasim::Rounding::kZero)};
}
inline __half __float2half_rd(float v) {
  return __half_raw{cudasim::HalfFormat::from_double(v, cudasim::Rounding::kDown)};
}
inline __half __float2half_ru(float v) {
  return __half_raw{cudasim::HalfFormat::from_double(v, cudasim::Rounding::kUp)};
}
inline __half __double2half(double v) { return __half(v); }
inline __half __int2half_rn(int v) { return __half(v); }
inline float __half2float(__half v) { return cudasim::HalfFormat::to_float(v.__x); }
inline int __half2int_rn(__half v) { return __float2int_rn(__half2float(v)); }
inline int __half2int_rz(__half v) { return __float2int_rz(__half2float(v)); }
inline unsigned short __half_as_ushort(__half v) { return v.__x; }
inline short __half_as_short(__half v) { return static_cast<short>(v.__x); }
inline __half __ushort_as_half(unsigned short v) { return __half_raw{v}; }
inline __half __short_as_half(short v) { return __half_raw{static_cast<unsigned short>(v)}; }

inline __half2 __halves2half2(__half low, __half high) { return {low, high}; }
inline __half2 make_half2(__half low, __half high) { return {low, high}; }
inline __half2 __half2half2(__half v) { return {v, v}; }
inline __half2 __float2half2_rn(float v) { return {__half(v), __half(v)}; }
inline __half2 __floats2half2_rn(float low, float high) { return {__half(low), __half(high)}; }
inline __half2 __float22half2_rn(float2 v) { return {__half(v.x), __half(v.y)}; }
inline float2 __half22float2(__half2 v) { return {__half2float(v.x), __half2float(v.y)}; }
inline __half __low2half(__half2 v) { return v.x; }
inline __half __high2half(__half2 v) { return v.y; }
inline float __low2float(__half2 v) { return __half2float(v.x); }
inline float __high2float(__half2 v) { return __half2float(v.y); }

inline __half __hadd(__half a, __half b) { return __half(__half2float(a) + __half2float(b)); }
inline __half __hsub(__half a, __half b) { return __half(__half2float(a) - __half2float(b)); }
inline __half __hmul(__half a, __half b) { return __half(__half2float(a) * __half2float(b)); }
inline __half __hdiv(__half a, __half b) { return __half(__half2float(a) / __half2float(b)); }
inline __half __hneg(__half v) { return __half_raw{static_cast<unsigned short>(v.__x ^ 0x8000)}; }
inline __half __habs(__half v) { return __half_raw{static_cast<unsigned short>(v.__x & 0x7fff)}; }
inline __half __hfma(__half a, __half b, __half c) {
  return __half(cudasim::fma_to_odd(__half2float(a), __half2float(b), __half2float(c)));
}
inline bool __heq(__half a, __half b) { return __half2float(a) == __half2float(b); }
inline bool __hne(__half a, __half b) { return __half2float(a) < __half2float(b) || __half2float(a) > __half2float(b); }
inline bool __hlt(__half a, __half b) { return __half2float(a) < __half2float(b); }
inline bool __hle(__half a, __half b) { return __half2float(a) <= __half2float(b); }
inline bool __hgt(__half a, __half b) { return __half2float(a) > __half2float(b); }
inline bool __hge(__half a, __half b) { return __half2float(a) >= __half2float(b); }
inline bool __hisnan(__half v) { return (v.__x & 0x7fff) > 0x7c00; }
inline int __hisinf(__half v) { return (v.__x & 0x7fff) != 0x7c00 ? 0 : v.__x >> 15 ? -1 : 1; }
inline __half __hmax(__half a, __half b) { return __half(std::fmax(__half2float(a), __half2float(b))); }
inline __half __hmin(__half a, __half b) { return __half(std::fmin(__half2float(a), __half2float(b))); }
inline __half hsqrt(__half v) { return __half(std::sqrt(__half2float(v))); }
inline __half hexp(__half v) { return __half(std::exp(static_cast<double>(__half2float(v)))); }
inline __half hlog(__half v) { return __half(std::log(static_cast<double>(__half2float(v)))); }
inline __half hrcp(__half v) { return __half(1.0 / static_cast<double>(__half2float(v))); }

inline __half2 __hadd2(__half2 a, __half2 b) { return {__hadd(a.x, b.x), __hadd(a.y, b.y)}; }
inline __half2 __hsub2(__half2 a, __half2 b) { return {__hsub(a.x, b.x), __hsub(a.y, b.y)}; }
inline __half2 __hmul2(__half2 a, __half2 b) { return {__hmul(a.x, b.x), __hmul(a.y, b.y)}; }
inline __half2 __hfma2(__half2 a, __half2 b, __half2 c) { return {__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)}; }
inline __half2 __hmax2(__half2 a, __half2 b) { return {__hmax(a.x, b.x), __hmax(a.y, b.y)}; }
inline __half2 __hmin2(__half2 a, __half2 b) { return {__hmin(a.x, b.x), __hmin(a.y, b.y)}; }
inline __half2 __hneg2(__half2 v) { return {__hneg(v.x), __hneg(v.y)}; }

inline __half operator+(__half a, __half b) { return __hadd(a, b); }
inline __half operator-(__half a, __half b) { return __hsub(a, b); }
inline __half operator*(__half a, __half b) { return __hmul(a, b); }
inline __half operator/(__half a, __half b) { return __hdiv(a, b); }
inline __half operator-(__half v) { return __hneg(v); }
inline __half& operator+=(__half& a, __half b) { return a = __hadd(a, b); }
inline __half& operator-=(__half& a, __half b) { return a = __hsub(a, b); }
inline __half& operator*=(__half& a, __half b) { return a = __hmul(a, b); }
inline __half& operator/=(__half& a, __half b) { return a = __hdiv(a, b); }
inline bool operator==(__half a, __half b) { return __heq(a, b); }
inline bool operator!=(__half a, __half b) { return !__heq(a, b); }
inline bool operator<(__half a, __half b) { return __hlt(a, b); }
inline bool operator<=(__half a, __half b) { return __hle(a, b); }
inline bool operator>(__half a, __half b) { return __hgt(a, b); }
inline bool operator>=(__half a, __half b) { return __hge(a, b); }

inline __half atomicAdd(__half* address, __half value) {
  const unsigned short old = cudasim::atomic_update(
      &address->__x, [=](unsigned short bits) { return __hadd(__ushort_as_half(bits), value).__x; });
  return __ushort_as_half(old);
}
inline __half2 atomicAdd(__half2* address, __half2 value) {
  // On the device too the halves are added one by one, not both at once.
  return {atomicAdd(&address->x, value.x), atomicAdd(&address->y, value.y)};
}
