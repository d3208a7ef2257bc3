// Launchers of conv2d and its gradients for few channels: float32, float16 and bfloat16 (computed in float32).
// Sizes fit: conv2d_fits() of conv2d.cuh.
#pragma once

#include <cresset/extension/conv2d.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

// Each thread computes an output pixel (grad_input: an input pixel) in 8 channels.
cudaError_t conv2d_direct_forward(const Conv2dProblem& p, bool relu, const void* x, const void* w, const void* bias,
                                  void* y, cudaStream_t stream);
cudaError_t conv2d_direct_grad_input(const Conv2dProblem& p, const void* grad_y, const void* w, void* grad_x,
                                     cudaStream_t stream);
// Into how many parts the pixels are split. `parts` is workspace for that many times the elements of grad_w in float32;
// null is allowed for one part of a float32 gradient.
std::int64_t conv2d_direct_grad_weight_parts(const Conv2dProblem& p, int multiprocessors);
cudaError_t conv2d_direct_grad_weight(const Conv2dProblem& p, const void* grad_y, const void* x, void* grad_w,
                                      std::int64_t part_count, void* parts, cudaStream_t stream);

// The same for one input channel a group: a thread computes one element.
cudaError_t conv2d_depthwise_forward(const Conv2dProblem& p, bool relu, const void* x, const void* w, const void* bias,
                                     void* y, cudaStream_t stream);
cudaError_t conv2d_depthwise_grad_input(const Conv2dProblem& p, const void* grad_y, const void* w, void* grad_x,
                                        cudaStream_t stream);
std::int64_t conv2d_depthwise_grad_weight_parts(const Conv2dProblem& p, int multiprocessors);
cudaError_t conv2d_depthwise_grad_weight(const Conv2dProblem& p, const void* grad_y, const void* x, void* grad_w,
                                         std::int64_t part_count, void* parts, cudaStream_t stream);

}  // namespace cresset::kernels
