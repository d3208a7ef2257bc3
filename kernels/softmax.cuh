// Launchers of softmax and log_softmax.
#pragma once

#include <cresset/extension/softmax.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

cudaError_t softmax_forward(const SoftmaxProblem& p, const void* x, void* y, cudaStream_t stream);
cudaError_t softmax_backward(const SoftmaxProblem& p, const void* grad_y, const void* y, void* grad_x,
                             cudaStream_t stream);

}  // namespace cresset::kernels
