// Comparing tensors with the double-precision reference, with tolerances that follow from dtype and reduction length.
#pragma once

#include <cresset/tensor.h>

#include <string>

namespace cresset::test {

// Half the distance of 1 to its neighbour, times two: the unit of `ulps`.
double epsilon(DType dtype);

struct Tolerance {
  bool exact = false;            // equal to the reference rounded to the dtype
  double ulps = 2;               // of the element itself
  bool rounded_between = false;  // 16-bit types: what the result is made of was rounded to the type itself
  std::int64_t terms = 0;        // that a sum runs over; 0: no sum, so that nothing but the element's own size counts
};

// "" where every element of `got` is within tolerance of `expected` (float64, or the dtype of got), otherwise the first
// that is not. NaN equals NaN, and infinities themselves. With terms > 0 the allowed error is
//   ulps * epsilon * |expected| + (ulps + 2 * sqrt(terms)) * epsilon of the accumulator * max |expected|,
// and with rounded_between besides ulps * epsilon * max |expected|.
std::string difference(const Tensor& got, const Tensor& expected, const Tolerance& tolerance);

}  // namespace cresset::test
