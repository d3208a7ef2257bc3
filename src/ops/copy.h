// Writing elements without history.
#pragma once

#include <cresset/tensor.h>

namespace cresset {

// to = from, broadcast and converted; the shapes fit, the memory does not overlap.
void copy_elements(const Tensor& to, const Tensor& from);
void fill_elements(const Tensor& to, Scalar value);

}  // namespace cresset
