// Launcher of the matrix product on tensor cores: float16, bfloat16, and float32 rounded to tf32. Compute
// capability 8.0.
#pragma once

#include <cresset/extension/matmul.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

// Whether offsets within a matrix, and the number of tiles, fit the 31 bits that the kernel counts with.
bool matmul_tensor_core_fits(const MatmulProblem& p);

// `relu`: c is at least 0.
cudaError_t matmul_tensor_core(const MatmulProblem& p, bool relu, int multiprocessors, const void* a, const void* b,
                               const void* bias, void* c, cudaStream_t stream);

}  // namespace cresset::kernels
