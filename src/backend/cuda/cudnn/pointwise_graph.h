// Activations and their gradients as cuDNN's graphs.
#pragma once

#include <cresset/extension/pointwise.h>

#include "backend/cuda/cudnn/graph.h"

namespace cresset::cuda::backend::cudnn {

// Saved: what the forward kept for its gradient. One: a number of the host's.
enum PointwiseTensor : std::int64_t {
  kPointX = 1,
  kPointY = 2,
  kPointSaved = 3,
  kPointGradY = 4,
  kPointGradX = 5,
  kPointOne = 6,
  kPointInner = 100
};

// What cuDNN is not asked for: other functions, and operands that are not dense.
Refusal refuse_activation(const UnaryProblem& p);
Refusal refuse_activation_backward(const BinaryProblem& p);

// The graph of the gradient computes with kPointOne.
bool needs_one(const BinaryProblem& p);

// `problem` is a UnaryProblem, a BinaryProblem that is not refused.
void build_activation(Graph& graph, const void* problem);
void build_activation_backward(Graph& graph, const void* problem);

}  // namespace cresset::cuda::backend::cudnn
