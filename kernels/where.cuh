// Choosing between two operands, element by element.
#pragma once

#include <cresset/extension/pointwise.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

// y = condition ? a : b. An operand that is a number is read here, on the host.
cudaError_t where(const WhereProblem& problem, const bool* condition, const void* a, const void* b, void* y,
                  cudaStream_t stream);

}  // namespace cresset::kernels
