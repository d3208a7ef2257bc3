#include <cresset/dtype.h>

#include <cmath>
#include <ostream>

namespace cresset {

std::string_view name(DType t) {
  constexpr std::string_view names[kDTypes] = {"float32", "float64", "float16", "bfloat16",
                                               "int64",   "int32",   "uint8",   "bool"};
  return names[static_cast<int>(t)];
}

std::ostream& operator<<(std::ostream& out, DType t) { return out << name(t); }

DType promote_types(DType a, DType b) {
  if (a == b) return a;
  if (is_floating_point(a) != is_floating_point(b)) return is_floating_point(a) ? a : b;
  if (is_floating_point(a)) {
    // float16 and bfloat16 meet in float32.
    if (a == kFloat64 || b == kFloat64) return kFloat64;
    return kFloat32;
  }
  // From wide to narrow: int64, int32, uint8, bool, in the order of the enumeration.
  return a < b ? a : b;
}

namespace detail {

std::uint16_t float_to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000);
  const std::uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return static_cast<std::uint16_t>(sign | 0x7e00);   // NaN
  if (magnitude >= 0x477ff000) return static_cast<std::uint16_t>(sign | 0x7c00);  // rounds to infinity from 65520 on
  if (magnitude < 0x38800000) {  // subnormal or zero: let the addition of 0.5 * 2^-1 align and round
    const float aligned = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(aligned) - 0x3f000000));
  }
  const std::uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}

float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
  const std::uint32_t magnitude = half & 0x7fff;
  if (magnitude >= 0x7c00) return std::bit_cast<float>(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
  if (magnitude < 0x400)
    return std::copysign(static_cast<float>(magnitude) * 0x1p-24f, std::bit_cast<float>(sign | 0x3f800000));
  return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000));
}

}  // namespace detail
}  // namespace cresset
