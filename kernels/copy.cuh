// Copies, conversions, fills and permuted copies of the copy slot.
#pragma once

#include <cresset/extension/pointwise.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

// y = x, converted. x lies on the device.
cudaError_t copy(const CopyProblem& problem, const void* x, void* y, cudaStream_t stream);
// Every element of y is the element of type problem.to at `value`, in host memory.
cudaError_t fill(const CopyProblem& problem, const void* value, void* y, cudaStream_t stream);

}  // namespace cresset::kernels
