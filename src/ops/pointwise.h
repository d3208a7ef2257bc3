// The common way of element-wise ops: promote, broadcast, allocate, run. No history: the ops record it.
#pragma once

#include <cresset/extension/pointwise.h>

#include <optional>

#include "core/tensor_impl.h"

namespace cresset {

// The dtype in which a tensor and a number meet, as in PyTorch: the number decides only where it is of a higher kind
// (bool < integer < floating).
DType promote_scalar(const Tensor& t, Scalar value);
// The dtype in which two tensors meet; a 0-dimensional one counts only where it is of a higher kind.
DType promote_tensors(const Tensor& a, const Tensor& b);
// x in `dtype`; the default floating type where x must be floating and is not.
Tensor as_dtype(const Tensor& x, DType dtype);
DType floating_dtype(DType dtype);

// y = op(x), x already of the right type. `out`: written instead of a new tensor; it has x's shape.
Tensor run_unary(UnaryOp op, const Tensor& x, double p0 = 0, double p1 = 0, const Tensor* out = nullptr);
// y = op(a, b) of operands of one dtype.
Tensor run_binary(const char* name, BinaryOp op, const Tensor& a, const Tensor& b, double alpha = 1,
                  const Tensor* out = nullptr);
// b is a number, converted to a's dtype.
Tensor run_binary(const char* name, BinaryOp op, const Tensor& a, Scalar b, double alpha = 1,
                  const Tensor* out = nullptr);
Tensor run_binary(const char* name, BinaryOp op, Scalar a, const Tensor& b, double alpha = 1);

// Whether an op on `device` takes t as a number: a CPU tensor of no dimensions, as in PyTorch.
bool is_number_for(const Tensor& t, Device device);
// DeviceError where the operands are not all on one device.
void check_same_device(const char* op, const Tensor& a, const Tensor& b);

}  // namespace cresset
