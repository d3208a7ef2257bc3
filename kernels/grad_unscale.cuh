// Launcher of GradScaler's pass over the gradients.
#pragma once

#include <cresset/extension/grad_unscale.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

cudaError_t grad_unscale(const GradUnscaleProblem& p, const ScaledGrad* grads, std::int64_t count,
                         const float* inv_scale, float* found_inf, cudaStream_t stream);

}  // namespace cresset::kernels
