// The pools' problem.
#pragma once

#include <cresset/extension/pool2d.h>
#include <cresset/ops.h>

namespace cresset {

struct Window2d {
  nn::functional::Size2 kernel, stride, padding, dilation;
  bool ceil_mode;
};

// Makes every check and computes every size once; input is [N, C, H, W].
Pool2dProblem pool2d_problem(const char* op, const Tensor& input, const Window2d& window);

// Calls pool(input) for [N, C, H, W], or for [C, H, W] seen as one image.
template <class Pool>
Tensor pool_batched(const Tensor& input, Pool pool) {
  return input.dim() == 3 ? pool(input.unsqueeze(0)).squeeze(0) : pool(input);
}

}  // namespace cresset
