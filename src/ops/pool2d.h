// The pools' problem.
#pragma once

#include <cresset/extension/pool2d.h>
#include <cresset/ops.h>

#include <optional>

namespace cresset {

struct Window2d {
  nn::functional::Size2 kernel, stride, padding, dilation;
  bool ceil_mode;
};

// Output rows and columns of one plane. Throws, naming `op`, where the window cannot be or the output would be empty;
// `channels` is for the message.
nn::functional::Size2 pool2d_output_size(const char* op, nn::functional::Size2 input, const Window2d& window,
                                         std::optional<std::int64_t> channels);

// Makes every check and computes every size once; input is [N, C, H, W].
Pool2dProblem pool2d_problem(const char* op, const Tensor& input, const Window2d& window);

// Calls pool(input) for [N, C, H, W], or for [C, H, W] seen as one image.
template <class Pool>
Tensor pool_batched(const Tensor& input, Pool pool) {
  return input.dim() == 3 ? pool(input.unsqueeze(0)).squeeze(0) : pool(input);
}

}  // namespace cresset
