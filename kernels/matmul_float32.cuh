// Launcher of large matrix products in float32.
#pragma once

#include <cresset/extension/matmul.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

// Whether there is a kernel for the problem, and it is large enough for it.
bool matmul_float32_takes(const MatmulProblem& p);
cudaError_t matmul_float32(const MatmulProblem& p, bool relu, int multiprocessors, const void* a, const void* b,
                           const void* bias, void* c, cudaStream_t stream);

}  // namespace cresset::kernels
