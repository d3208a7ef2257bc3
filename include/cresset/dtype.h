// Element types, and the two 16-bit floating-point types that C++20 lacks.
#pragma once

#include <cresset/export.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>

namespace cresset {

enum class DType : std::uint8_t { float32, float64, float16, bfloat16, int64, int32, uint8, boolean };
inline constexpr int kDTypes = 8;

inline constexpr DType kFloat32 = DType::float32;
inline constexpr DType kFloat64 = DType::float64;
inline constexpr DType kFloat16 = DType::float16;
inline constexpr DType kBFloat16 = DType::bfloat16;
inline constexpr DType kInt64 = DType::int64;
inline constexpr DType kInt32 = DType::int32;
inline constexpr DType kUInt8 = DType::uint8;
inline constexpr DType kBool = DType::boolean;

constexpr bool is_floating_point(DType t) { return t <= DType::bfloat16; }
constexpr bool is_integral(DType t) { return t >= DType::int64 && t <= DType::uint8; }  // bool is not integral
constexpr std::size_t element_size(DType t) {
  constexpr std::size_t sizes[kDTypes] = {4, 8, 2, 2, 8, 4, 1, 1};
  return sizes[static_cast<int>(t)];
}
// "float32", "bool", … as PyTorch prints them after `torch.`.
CRESSET_API std::string_view name(DType t);
// Type of the result when tensors of these types with at least one dimension meet; PyTorch's `torch.promote_types`.
CRESSET_API DType promote_types(DType a, DType b);
CRESSET_API std::ostream& operator<<(std::ostream& out, DType t);

namespace detail {
CRESSET_API std::uint16_t float_to_half(float value);
CRESSET_API float half_to_float(std::uint16_t bits);
}  // namespace detail

// IEEE 754 binary16. Conversion rounds to nearest even.
struct Half {
  Half() = default;
  Half(float value) : bits(detail::float_to_half(value)) {}
  operator float() const { return detail::half_to_float(bits); }
  std::uint16_t bits;
};

// bfloat16: the upper half of a binary32. Conversion rounds to nearest even; NaN stays NaN.
struct BFloat16 {
  BFloat16() = default;
  BFloat16(float value) {
    const auto u = std::bit_cast<std::uint32_t>(value);
    bits =
        value != value ? std::uint16_t(0x7fc0 | (u >> 16 & 0x8000)) : std::uint16_t((u + 0x7fff + (u >> 16 & 1)) >> 16);
  }
  operator float() const { return std::bit_cast<float>(std::uint32_t(bits) << 16); }
  std::uint16_t bits;
};

// The DType of a C++ type. `bool` is kBool; `long long` counts as int64.
template <class T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = kFloat32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = kFloat64;
};
template <>
struct DTypeOf<Half> {
  static constexpr DType value = kFloat16;
};
template <>
struct DTypeOf<BFloat16> {
  static constexpr DType value = kBFloat16;
};
template <>
struct DTypeOf<long> {
  static constexpr DType value = kInt64;
};
template <>
struct DTypeOf<long long> {
  static constexpr DType value = kInt64;
};
template <>
struct DTypeOf<int> {
  static constexpr DType value = kInt32;
};
template <>
struct DTypeOf<unsigned char> {
  static constexpr DType value = kUInt8;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType value = kBool;
};
template <class T>
inline constexpr DType dtype_of = DTypeOf<T>::value;

}  // namespace cresset
