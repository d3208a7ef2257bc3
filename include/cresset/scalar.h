// One number of any arithmetic type, as an argument.
#pragma once

#include <cresset/dtype.h>

#include <concepts>
#include <type_traits>

namespace cresset {

// Converts from every arithmetic type and keeps its kind: bool, integer (int64) or floating (double).
class Scalar {
 public:
  template <class T>
  requires std::is_arithmetic_v<T>
  constexpr Scalar(T value) {
    if constexpr (std::is_same_v<T, bool>) {
      kind_ = Kind::boolean;
      integer_ = value;
    } else if constexpr (std::is_integral_v<T>) {
      kind_ = Kind::integer;
      integer_ = static_cast<std::int64_t>(value);
    } else {
      kind_ = Kind::floating;
      floating_ = static_cast<double>(value);
    }
  }
  Scalar(Half value) : Scalar(static_cast<float>(value)) {}
  Scalar(BFloat16 value) : Scalar(static_cast<float>(value)) {}

  constexpr bool is_bool() const { return kind_ == Kind::boolean; }
  constexpr bool is_integral() const { return kind_ == Kind::integer; }
  constexpr bool is_floating_point() const { return kind_ == Kind::floating; }
  constexpr double to_double() const { return kind_ == Kind::floating ? floating_ : static_cast<double>(integer_); }
  // Truncates; a value outside int64 gives the nearest end, NaN gives 0.
  constexpr std::int64_t to_int64() const {
    if (kind_ != Kind::floating) return integer_;
    if (!(floating_ == floating_)) return 0;
    if (floating_ >= 9223372036854775807.0) return INT64_MAX;
    if (floating_ <= -9223372036854775808.0) return INT64_MIN;
    return static_cast<std::int64_t>(floating_);
  }

 private:
  enum class Kind : std::uint8_t { boolean, integer, floating } kind_;
  union {
    std::int64_t integer_;
    double floating_;
  };
};

}  // namespace cresset
