// Launcher of the matrix product on the device's ordinary cores.
#pragma once

#include <cresset/extension/matmul.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

// `relu`: c is at least 0.
cudaError_t matmul(const MatmulProblem& p, bool relu, const void* a, const void* b, const void* bias, void* c,
                   cudaStream_t stream);

}  // namespace cresset::kernels
