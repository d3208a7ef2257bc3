// Writing elements without history.
#pragma once

#include <cresset/tensor.h>

namespace cresset {

// to = from, broadcast and converted; the shapes fit, the memory does not overlap. Between devices, `non_blocking`: the
// copy may still run when the call returns.
void copy_elements(const Tensor& to, const Tensor& from, bool non_blocking = false);
// The same where the two are on different devices.
void transfer_elements(const Tensor& to, const Tensor& from, bool non_blocking);
void fill_elements(const Tensor& to, Scalar value);

// Writes `value` to a part of a tensor, as Python's `x[i] = value`; `op` is named in the error.
void assign(const char* op, const Tensor& part, const Tensor& value);

}  // namespace cresset
