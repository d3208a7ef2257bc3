#include "ops/element.h"

#include <cmath>
#include <cstring>

#include "core/check.h"
#include "core/dtype_limits.h"

namespace cresset {

// The rules of c10::overflows, https://github.com/pytorch/pytorch/blob/main/c10/util/TypeCast.h.
void check_fits(Scalar value, DType dtype) {
  if (dtype == kBool || value.is_bool()) return;
  bool fits;
  if (is_floating_point(dtype)) {
    const double v = value.to_double();
    fits = !std::isfinite(v) || std::abs(v) <= largest_finite(dtype);
  } else {
    const auto [low, high] = integer_range(dtype);
    if (value.is_floating_point()) {
      const double v = value.to_double();
      fits = v >= static_cast<double>(low) && v < static_cast<double>(high) + 1;
    } else {
      const std::int64_t v = value.to_int64();
      fits = v <= high && v >= (low == 0 ? -high : low);
    }
  }
  check<ValueError>(fits, "value cannot be converted to type {} without overflow", name(dtype));
}

Element::Element(Scalar value, DType dtype) {
  const auto put = [this](auto v) { std::memcpy(bytes, &v, sizeof v); };
  switch (dtype) {
    case DType::float32: put(static_cast<float>(value.to_double())); break;
    case DType::float64: put(value.to_double()); break;
    case DType::float16: put(Half(static_cast<float>(value.to_double()))); break;
    case DType::bfloat16: put(BFloat16(static_cast<float>(value.to_double()))); break;
    case DType::int64: put(value.to_int64()); break;
    case DType::int32: put(static_cast<std::int32_t>(value.to_int64())); break;
    case DType::uint8: put(static_cast<std::uint8_t>(value.to_int64())); break;
    case DType::boolean: put(value.to_double() != 0); break;
  }
}

}  // namespace cresset
