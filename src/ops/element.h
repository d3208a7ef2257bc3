// A number in memory, as an element of some dtype.
#pragma once

#include <cresset/scalar.h>

namespace cresset {

// ValueError where a number does not fit: whole numbers below an unsigned type's range wrap around, as in PyTorch, and
// infinities and NaN fit floating types.
void check_fits(Scalar value, DType dtype);

struct Element {
  Element(Scalar value, DType dtype);
  alignas(8) char bytes[8] = {};
};

}  // namespace cresset
