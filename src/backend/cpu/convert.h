// Conversion of one element between dtypes, defined for every value, as PyTorch gives it on x86.
#pragma once

#include <cresset/dtype.h>

#include <cstdint>
#include <limits>
#include <type_traits>

#include "backend/cpu/dtype_switch.h"

namespace cresset::cpu {

template <class T>
inline constexpr bool kIsFloating =
    std::is_floating_point_v<T> || std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

// Toward zero; what does not fit, and NaN, gives the lowest value of To.
template <class To, class From>
To truncate_to(From x) {
  constexpr From end = static_cast<From>(std::uint64_t{1} << (std::numeric_limits<To>::digits));
  return x >= -end && x < end ? static_cast<To>(x) : std::numeric_limits<To>::min();
}

template <class To, class From>
To convert(From x) {
  if constexpr (std::is_same_v<To, From>) {
    return x;
  } else if constexpr (std::is_same_v<From, Half> || std::is_same_v<From, BFloat16>) {
    return convert<To>(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From{};
  } else if constexpr (std::is_same_v<To, Half> || std::is_same_v<To, BFloat16>) {
    return To(static_cast<float>(x));
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    if constexpr (sizeof(To) == 1)
      return static_cast<To>(truncate_to<std::int64_t>(x));  // wraps, as PyTorch's does
    else
      return truncate_to<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

// f.template operator()<T>() for the C++ type of any dtype.
template <class F>
void switch_dtype(DType dtype, F&& f) {
  if (dtype == kBool)
    f.template operator()<bool>();
  else
    switch_numeric(dtype, f);
}

}  // namespace cresset::cpu
