// Launchers of conv2d and its gradients on the device's ordinary cores.
#pragma once

#include <cresset/extension/conv2d.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

// Whether positions fit the 31 bits that all kernels of conv2d count with, and offsets within an image and within the
// weight.
bool conv2d_fits(const Conv2dProblem& p);

// `relu`, here and in the other files of conv2d: y is at least 0.
cudaError_t conv2d_forward(const Conv2dProblem& p, bool relu, const void* x, const void* w, const void* bias, void* y,
                           cudaStream_t stream);
cudaError_t conv2d_grad_input(const Conv2dProblem& p, const void* grad_y, const void* w, void* grad_x,
                              cudaStream_t stream);
// Into how many parts the pixels are split, each summed by blocks of its own; with more than one, `parts` is workspace
// for that many times the elements of grad_w, in the type of the sums (float64 for float64, otherwise float32).
std::int64_t conv2d_grad_weight_parts(const Conv2dProblem& p, int multiprocessors);
cudaError_t conv2d_grad_weight(const Conv2dProblem& p, const void* grad_y, const void* x, void* grad_w,
                               std::int64_t part_count, void* parts, cudaStream_t stream);

}  // namespace cresset::kernels
