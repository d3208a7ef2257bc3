// Functions of two operands, element by element, with broadcasting.
#pragma once

#include <cresset/extension/pointwise.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

// y = op(a, b); the op takes the dtype. An operand that is a number is read here, on the host.
cudaError_t binary(const BinaryProblem& problem, const void* a, const void* b, void* y, cudaStream_t stream);

}  // namespace cresset::kernels
