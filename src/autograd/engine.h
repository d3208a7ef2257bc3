// Runs the tape backwards.
#pragma once

#include "autograd/node.h"

namespace cresset {

struct EngineOptions {
  bool retain_graph = false;
  bool create_graph = false;
  const std::vector<Tensor>* inputs =
      nullptr;  // null: accumulate into leaves; otherwise only the gradients of these are computed, and returned
};
// One gradient for each of options.inputs, undefined where nothing arrived.
std::vector<Tensor> run_backward(const std::vector<Edge>& roots, std::vector<Tensor> root_grads,
                                 const EngineOptions& options);

}  // namespace cresset
