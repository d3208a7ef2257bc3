// The types of elements in kernels, and conversion between them as the CPU's kernels have it (see
// src/backend/cpu/convert.h): defined for every value.
#pragma once

#include <cresset/dtype.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <type_traits>

namespace cresset::kernels {

template <class T>
inline constexpr bool kIs16Bit = std::is_same_v<T, __half> || std::is_same_v<T, __nv_bfloat16>;
template <class T>
inline constexpr bool kIsFloating = std::is_floating_point_v<T> || kIs16Bit<T>;
// What 16-bit types are computed in; others in themselves.
template <class T>
using Compute = std::conditional_t<kIs16Bit<T>, float, T>;

// What sums are kept in: 16-bit floats in float32, integers modulo a power of two.
template <class T>
using Accumulator =
    std::conditional_t<kIsFloating<T>, Compute<T>, std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>>;

__device__ inline float widen(__half x) { return __half2float(x); }
__device__ inline float widen(__nv_bfloat16 x) { return __bfloat162float(x); }
template <class T>
__device__ T widen(T x) {
  return x;
}

// Toward zero; what does not fit, and NaN, gives the lowest value.
template <class To, class From>
__device__ To truncate_to(From x) {
  constexpr From end = sizeof(To) == 8 ? From(0x1p63) : From(0x1p31);
  constexpr To lowest = sizeof(To) == 8 ? To(INT64_MIN) : To(INT32_MIN);
  return x >= -end && x < end ? static_cast<To>(x) : lowest;
}

template <class To, class From>
__device__ To convert(From x) {
  if constexpr (std::is_same_v<To, From>) {
    return x;
  } else if constexpr (kIs16Bit<From>) {
    return convert<To>(widen(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_same_v<To, __half>) {
    return __float2half_rn(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, __nv_bfloat16>) {
    return __float2bfloat16_rn(static_cast<float>(x));
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    if constexpr (sizeof(To) == 1)
      return static_cast<To>(truncate_to<std::int64_t>(x));
    else
      return truncate_to<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

// f.template operator()<T>() for the kernels' type of a dtype; on the host.
template <class F>
void switch_floating(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float32: return f.template operator()<float>();
    case DType::float64: return f.template operator()<double>();
    case DType::float16: return f.template operator()<__half>();
    default: return f.template operator()<__nv_bfloat16>();
  }
}
template <class F>
void switch_integer(DType dtype, F&& f) {
  switch (dtype) {
    case DType::int64: return f.template operator()<std::int64_t>();
    case DType::int32: return f.template operator()<std::int32_t>();
    case DType::uint8: return f.template operator()<std::uint8_t>();
    default: return f.template operator()<bool>();
  }
}
template <class F>
void switch_dtype(DType dtype, F&& f) {
  is_floating_point(dtype) ? switch_floating(dtype, f) : switch_integer(dtype, f);
}

}  // namespace cresset::kernels
