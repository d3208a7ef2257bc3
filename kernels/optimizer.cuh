// Launchers of the fused optimiser steps.
#pragma once

#include <cresset/extension/optimizer.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

cudaError_t sgd_step(const SgdProblem& p, const OptimizerTensor* tensors, std::int64_t count, cudaStream_t stream);
cudaError_t adam_step(const AdamProblem& p, const OptimizerTensor* tensors, std::int64_t count, cudaStream_t stream);

}  // namespace cresset::kernels
