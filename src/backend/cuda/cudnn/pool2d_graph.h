// Pooling as cuDNN's graphs.
#pragma once

#include <cresset/extension/pool2d.h>

#include "backend/cuda/cudnn/graph.h"

namespace cresset::cuda::backend::cudnn {

// A gradient has the number of what it is the gradient of. Places: of the maxima in their windows, row by row, int8
// (so numbered by 9.14 on an H100).
enum Pool2dTensor : std::int64_t { kPoolX = 1, kPoolY = 2, kPoolPlaces = 3 };

// What cuDNN's pooling cannot say, whatever its version, and what a device showed that it plans for but does not do.
Refusal refuse_max_pool2d(const Pool2dProblem& p);  // both directions
Refusal refuse_avg_pool2d_forward(const Pool2dProblem& p);
Refusal refuse_avg_pool2d_backward(const Pool2dProblem& p);

// `problem` is a Pool2dProblem that is not refused.
void build_max_pool2d_forward(Graph& graph, const void* problem);
void build_max_pool2d_backward(Graph& graph, const void* problem);
void build_avg_pool2d_forward(Graph& graph, const void* problem);
void build_avg_pool2d_backward(Graph& graph, const void* problem);

}  // namespace cresset::cuda::backend::cudnn
