// Launchers of conv2d and its gradients on tensor cores: float16, bfloat16, and float32 rounded to tf32. Compute
// capability 8.0. Sizes fit: conv2d_fits() of conv2d.cuh.
#pragma once

#include <cresset/extension/conv2d.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

cudaError_t conv2d_tensor_core_forward(const Conv2dProblem& p, bool relu, int multiprocessors, const void* x,
                                       const void* w, const void* bias, void* y, cudaStream_t stream);
// Whether there is a kernel for the gradient of the input: of at most 15 x 15 taps, and strides up to 16.
bool conv2d_tensor_core_grad_input_fits(const Conv2dProblem& p);
cudaError_t conv2d_tensor_core_grad_input(const Conv2dProblem& p, int multiprocessors, const void* grad_y,
                                          const void* w, void* grad_x, cudaStream_t stream);
// Into how many parts the pixels are split. `parts` is workspace for that many times the elements of grad_w in float32;
// null is allowed for one part of a float32 gradient.
std::int64_t conv2d_tensor_core_grad_weight_parts(const Conv2dProblem& p, int multiprocessors);
cudaError_t conv2d_tensor_core_grad_weight(const Conv2dProblem& p, const void* grad_y, const void* x, void* grad_w,
                                           std::int64_t part_count, void* parts, cudaStream_t stream);

}  // namespace cresset::kernels
