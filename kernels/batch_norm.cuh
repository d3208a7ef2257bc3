// Launchers of batch normalisation.
#pragma once

#include <cresset/extension/batch_norm.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

// `relu`: y is at least 0.
cudaError_t batch_norm_forward(const BatchNormProblem& p, bool relu, const void* x, const void* weight,
                               const void* bias, void* y, void* mean, void* invstd, void* variance,
                               cudaStream_t stream);
cudaError_t batch_norm_inference(const BatchNormProblem& p, bool relu, const void* x, const void* weight,
                                 const void* bias, const void* mean, const void* invstd, void* y, cudaStream_t stream);
// With a `y`, the forward's result, grad_y counts where that is above 0.
cudaError_t batch_norm_backward(const BatchNormBackward::Problem& p, const void* grad_y, const void* y, const void* x,
                                const void* weight, const void* mean, const void* invstd, void* grad_x,
                                void* grad_weight, void* grad_bias, cudaStream_t stream);

}  // namespace cresset::kernels
