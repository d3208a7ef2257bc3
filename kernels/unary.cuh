// Functions of one operand, element by element.
#pragma once

#include <cresset/extension/pointwise.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

// y = op(x); the op takes the dtype.
cudaError_t unary(const UnaryProblem& problem, const void* x, void* y, cudaStream_t stream);

}  // namespace cresset::kernels
