// Batch normalisation as cuDNN's graphs.
#pragma once

#include <cresset/extension/batch_norm.h>

#include "backend/cuda/cudnn/graph.h"

namespace cresset::cuda::backend::cudnn {

// A gradient has the number of what it is the gradient of, but for y's.
enum BatchNormTensor : std::int64_t {
  kNormX = 1,
  kNormY = 2,
  kNormMean = 3,
  kNormInvstd = 4,
  kNormWeight = 5,
  kNormBias = 6,
  kNormOldMean = 7,
  kNormOldVariance = 8,
  kNormNewMean = 9,
  kNormNewVariance = 10,
  kNormEps = 11,     // a number
  kNormFactor = 12,  // a number: of the new in the running statistics
  kNormGradY = 13,
  kNormGradX = 14,
  kNormGradWeight = 15,
  kNormGradBias = 16,
  kNormInner = 20  // and on: between operations
};

// `problem` is a BatchNormProblem, or BatchNormBackward's. Running statistics are there for the variance, which cuDNN
// gives in no other way.
void build_batch_norm_forward(Graph& graph, const void* problem);
void build_batch_norm_relu_forward(Graph& graph, const void* problem);
void build_batch_norm_inference(Graph& graph, const void* problem);
void build_batch_norm_relu_inference(Graph& graph, const void* problem);
void build_batch_norm_backward(Graph& graph, const void* problem);

}  // namespace cresset::cuda::backend::cudnn
