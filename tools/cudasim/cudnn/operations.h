// The operations that the simulator can run, made of the nodes of a plan's graph.
#pragma once

#include <memory>

#include "graph.h"

namespace cudasim::cudnn {

using Make = std::unique_ptr<Operation>(const Json& node, const Graph& graph);

Make convolution_forward, convolution_backward_data, convolution_backward_filter;
Make pointwise, reduction;
Make resample_forward, resample_backward;
Make norm_forward, norm_backward;

/// "mathPrec" and its like: arithmetic is in double and rounded to float once, which this allows.
void read_precision(Attributes& attributes, const char* name);
/// Throws Unsupported unless `ok`.
void require(bool ok, const Attributes& attributes, const char* what);

}  // namespace cudasim::cudnn
