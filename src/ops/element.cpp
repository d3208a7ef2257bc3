#include "ops/element.h"

#include <cstring>

namespace cresset {

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
