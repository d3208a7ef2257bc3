// A number in memory, as an element of some dtype.
#pragma once

#include <cresset/scalar.h>

namespace cresset {

struct Element {
  Element(Scalar value, DType dtype);
  alignas(8) char bytes[8] = {};
};

}  // namespace cresset
