// conv2d and its gradients as cuDNN's graphs.
#pragma once

#include <cresset/extension/conv2d.h>

#include "backend/cuda/cudnn/graph.h"

namespace cresset::cuda::backend::cudnn {

// Numbers of the tensors. A gradient has the number of what it is the gradient of.
enum Conv2dTensor : std::int64_t { kConvX = 1, kConvW = 2, kConvY = 3, kConvBias = 4, kConvSum = 5, kConvBiased = 6 };

// `problem` is a Conv2dProblem. In float32, whatever the operands are.
void build_conv2d_forward(Graph& graph, const void* problem);
void build_conv2d_relu_forward(Graph& graph, const void* problem);
void build_conv2d_grad_input(Graph& graph, const void* problem);
void build_conv2d_grad_weight(Graph& graph, const void* problem);

}  // namespace cresset::cuda::backend::cudnn
