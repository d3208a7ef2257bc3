// Conversions between 16-bit formats and float or double by their bits, each rounded once.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace cudasim {

/// How a conversion rounds: to nearest even, toward zero, down, up.
enum class Rounding { kNearest, kZero, kDown, kUp };

/// A 16-bit binary format with `kMantissa` explicit bits and `kExponent` exponent bits.
template <int kMantissa, int kExponent>
struct Format16 {
  static constexpr int kBias = (1 << (kExponent - 1)) - 1;
  static constexpr uint16_t kInfinity = ((1 << kExponent) - 1) << kMantissa;
  static constexpr uint16_t kNan = 0x7fff;

  static uint16_t from_double(double value, Rounding rounding = Rounding::kNearest) {
    const auto bits = std::bit_cast<uint64_t>(value);
    const auto sign = static_cast<uint16_t>(bits >> 63 << 15);
    const uint64_t magnitude = bits & ~(uint64_t{1} << 63);
    if (magnitude > uint64_t{0x7ff} << 52) return kNan;
    if (magnitude == uint64_t{0x7ff} << 52) return static_cast<uint16_t>(sign | kInfinity);
    if (magnitude == 0) return sign;
    int exponent = static_cast<int>(magnitude >> 52) - 1023;
    uint64_t mantissa = magnitude & ((uint64_t{1} << 52) - 1);
    if (exponent == -1023) {
      return sign | static_cast<uint16_t>(away(rounding, sign) ? 1 : 0);  // far below every number of 16 bits
    }
    mantissa |= uint64_t{1} << 52;
    // Bits to drop: those beyond kMantissa, more below the smallest normal number.
    int drop = 52 - kMantissa;
    int stored = exponent + kBias;
    if (stored < 1) {
      drop += 1 - stored;
      stored = 0;
    }
    uint64_t kept = drop > 63 ? 0 : mantissa >> drop;
    const uint64_t rest = drop > 63 ? mantissa : mantissa & ((uint64_t{1} << drop) - 1);
    const uint64_t half = drop > 63 ? ~uint64_t{0} : uint64_t{1} << (drop - 1);
    bool up = false;
    if (rounding == Rounding::kNearest) {
      up = rest > half || (rest == half && (kept & 1) != 0);
    } else if (rest != 0) {
      up = away(rounding, sign);
    }
    kept += up;
    // A normal number's leading bit adds one to the exponent field; so does a carry.
    const uint64_t result = (stored == 0 ? 0 : static_cast<uint64_t>(stored - 1) << kMantissa) + kept;
    if (result >= kInfinity) {
      const bool overflows = rounding == Rounding::kNearest || away(rounding, sign);
      return static_cast<uint16_t>(sign | (overflows ? kInfinity : kInfinity - 1));
    }
    return static_cast<uint16_t>(sign | result);
  }

  static float to_float(uint16_t bits) {
    const uint32_t sign = static_cast<uint32_t>(bits >> 15) << 31;
    const uint32_t exponent = bits >> kMantissa & ((1u << kExponent) - 1);
    const uint32_t mantissa = bits & ((1u << kMantissa) - 1);
    if (exponent == (1u << kExponent) - 1) {
      return std::bit_cast<float>(sign | 0x7f800000u | mantissa << (23 - kMantissa));
    }
    if (exponent == 0) {
      const float value = std::ldexp(static_cast<float>(mantissa), 1 - kBias - kMantissa);
      return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(value));
    }
    return std::bit_cast<float>(sign | (exponent + 127 - kBias) << 23 | mantissa << (23 - kMantissa));
  }

 private:
  static bool away(Rounding rounding, uint16_t sign) {
    return (rounding == Rounding::kUp && sign == 0) || (rounding == Rounding::kDown && sign != 0);
  }
};

using HalfFormat = Format16<10, 5>;
using BfloatFormat = Format16<7, 8>;

/// a * b + c exactly, then rounded to odd: what is rounded again to fewer bits then comes out as if rounded once.
/// Products of 16-bit numbers are exact in double.
inline double fma_to_odd(double a, double b, double c) {
  const double product = a * b, sum = product + c;
  if (!std::isfinite(sum)) return sum;
  const double shift = sum - product;
  const double error = (product - (sum - shift)) + (c - shift);  // the exact rest of the sum (Knuth)
  auto bits = std::bit_cast<int64_t>(sum);
  if (error == 0 || (bits & 1) != 0) return sum;
  return std::bit_cast<double>((error > 0) == (sum > 0) ? bits + 1 : bits - 1);
}

}  // namespace cudasim
