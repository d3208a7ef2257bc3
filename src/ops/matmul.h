// The matrix product without history, for ops that are made of it.
#pragma once

#include <cresset/tensor.h>

namespace cresset {

// a [M, K] b [K, N] (+ bias [N]), or [batch, M, K] [batch, K, N]; a batch stride of 0 is allowed. Shapes and types fit.
// `relu`: with the relu behind it, on a device that fuses them.
Tensor matmul_rows(const Tensor& a, const Tensor& b, const Tensor& bias = {}, bool relu = false);

}  // namespace cresset
