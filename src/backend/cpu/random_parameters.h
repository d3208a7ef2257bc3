// The numbers that random draws derive from a problem's parameters; the same for every kernel.
#pragma once

#include <cresset/extension/pointwise.h>

#include <cmath>
#include <limits>

#include "backend/cpu/dtype_switch.h"

namespace cresset::cpu {

// The next number below in a 16-bit type, by its bits: sign and magnitude.
template <class T>
T next_below(T x) {
  if (x.bits & 0x8000)
    ++x.bits;
  else
    x.bits = x.bits == 0 ? 0x8001 : static_cast<std::uint16_t>(x.bits - 1);
  return x;
}

template <class T>
float last_below(float b) {
  T last(b);
  while (static_cast<float>(last) >= b) last = next_below(last);
  return last;
}

// The largest number of `dtype` below `b`: what a uniform number is held at when rounding would reach b.
inline float last_below(float b, DType dtype) {
  if (dtype == kFloat16) return last_below<Half>(b);
  if (dtype == kBFloat16) return last_below<BFloat16>(b);
  return std::nextafter(b, -std::numeric_limits<float>::infinity());
}
inline double last_below(double b) { return std::nextafter(b, -std::numeric_limits<double>::infinity()); }

// How far a word is shifted right for a uniform number of this dtype, and the factor that follows.
inline int uniform_shift(DType dtype) { return dtype == kFloat16 ? 21 : dtype == kBFloat16 ? 24 : 8; }
inline float uniform_factor(DType dtype) { return std::ldexp(1.0f, uniform_shift(dtype) - 32); }

}  // namespace cresset::cpu
