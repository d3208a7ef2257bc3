#include "ops/element.h"

#include <cstring>

namespace cresset {

Element::Element(Scalar value, DType dtype) {
  const auto put = [this](auto v) { std::memcpy(bytes, &v, sizeof v); };
  switch (dtype) {
    case DType::float32: return put(static_cast<float>(value.to_double()));
    case DType::float64: return put(value.to_double());
    case DType::float16: return put(Half(static_cast<float>(value.to_double())));
    case DType::bfloat16: return put(BFloat16(static_cast<float>(value.to_double())));
    case DType::int64: return put(value.to_int64());
    case DType::int32: return put(static_cast<std::int32_t>(value.to_int64()));
    case DType::uint8: return put(static_cast<std::uint8_t>(value.to_int64()));
    case DType::boolean: return put(value.to_double() != 0);
  }
}

}  // namespace cresset
