// Launchers of max_pool2d and avg_pool2d (adaptive ones too).
#pragma once

#include <cresset/extension/pool2d.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

cudaError_t max_pool2d_forward(const Pool2dProblem& p, const void* x, void* y, std::int64_t* indices,
                               cudaStream_t stream);
cudaError_t max_pool2d_backward(const Pool2dProblem& p, const void* grad_y, const std::int64_t* indices, void* grad_x,
                                cudaStream_t stream);
cudaError_t avg_pool2d_forward(const Pool2dProblem& p, const void* x, void* y, cudaStream_t stream);
cudaError_t avg_pool2d_backward(const Pool2dProblem& p, const void* grad_y, void* grad_x, cudaStream_t stream);

}  // namespace cresset::kernels
