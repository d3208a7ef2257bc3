// Launcher of the matrix product on tensor cores: float16, bfloat16, and float32 rounded to tf32. Compute
// capability 8.0.
#pragma once

#include <cresset/extension/matmul.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

// M, N and K below 2^30.
cudaError_t matmul_tensor_core(const MatmulProblem& p, int multiprocessors, const void* a, const void* b,
                               const void* bias, void* c, cudaStream_t stream);

}  // namespace cresset::kernels
