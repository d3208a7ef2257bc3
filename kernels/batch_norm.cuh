// Launchers of batch normalisation.
#pragma once

#include <cresset/extension/batch_norm.h>
#include <cuda_runtime.h>

#include <cstddef>

namespace cresset::kernels {

// In how many parts the elements of a channel are read: from 2 on forward and backward take a workspace of so many
// times batch_norm_part_bytes().
int batch_norm_parts(const BatchNormProblem& p, int multiprocessors);
std::size_t batch_norm_part_bytes(const BatchNormProblem& p);

// `relu`: y is at least 0.
cudaError_t batch_norm_forward(const BatchNormProblem& p, bool relu, int parts, void* workspace, const void* x,
                               const void* weight, const void* bias, void* y, void* mean, void* invstd, void* variance,
                               cudaStream_t stream);
cudaError_t batch_norm_inference(const BatchNormProblem& p, bool relu, const void* x, const void* weight,
                                 const void* bias, const void* mean, const void* invstd, void* y, cudaStream_t stream);
// With a `y`, the forward's result, grad_y counts where that is above 0.
cudaError_t batch_norm_backward(const BatchNormBackward::Problem& p, int parts, void* workspace, const void* grad_y,
                                const void* y, const void* x, const void* weight, const void* mean, const void* invstd,
                                void* grad_x, void* grad_weight, void* grad_bias, cudaStream_t stream);

}  // namespace cresset::kernels
