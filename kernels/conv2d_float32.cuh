// Launchers of large convolutions in float32 and of their gradients.
#pragma once

#include <cresset/extension/conv2d.h>
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace cresset::kernels {

// How forward, or the gradient of the input, is computed.
struct Conv2dFloat32Plan {
  bool large_tile;
  int parts;              // of the sums, added in the end
  std::size_t workspace;  // bytes, for the weights in another order and for the parts; 0: there is no kernel
};
// There is none for small problems, for some shapes, and where the weights do not fit the workspace.
Conv2dFloat32Plan conv2d_float32_plan(const Conv2dProblem& p, bool grad_input, int multiprocessors,
                                      std::int64_t workspace_limit);

cudaError_t conv2d_float32_forward(const Conv2dProblem& p, const Conv2dFloat32Plan& plan, bool relu, const void* x,
                                   const void* w, const void* bias, void* workspace, void* y, cudaStream_t stream);
cudaError_t conv2d_float32_grad_input(const Conv2dProblem& p, const Conv2dFloat32Plan& plan, const void* grad_y,
                                      const void* w, void* workspace, void* grad_x, cudaStream_t stream);

// As conv2d_grad_weight() and its parts, for large problems of most shapes.
bool conv2d_float32_takes_grad_weight(const Conv2dProblem& p);
std::int64_t conv2d_float32_grad_weight_parts(const Conv2dProblem& p, int multiprocessors);
cudaError_t conv2d_float32_grad_weight(const Conv2dProblem& p, const void* grad_y, const void* x, void* grad_w,
                                       std::int64_t part_count, void* parts, cudaStream_t stream);

}  // namespace cresset::kernels
