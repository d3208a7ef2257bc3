// What the element types can hold.
#pragma once

#include <cresset/dtype.h>

#include <cfloat>
#include <cstdint>
#include <utility>

namespace cresset {

inline double largest_finite(DType floating) {
  switch (floating) {
    case DType::float16: return 65504;
    case DType::bfloat16: return 0x1.fep127;
    case DType::float32: return FLT_MAX;
    default: return DBL_MAX;
  }
}

// Smallest and largest of an integer type or bool.
inline std::pair<std::int64_t, std::int64_t> integer_range(DType dtype) {
  switch (dtype) {
    case DType::boolean: return {0, 1};
    case DType::uint8: return {0, UINT8_MAX};
    case DType::int32: return {INT32_MIN, INT32_MAX};
    default: return {INT64_MIN, INT64_MAX};
  }
}

}  // namespace cresset
