// Problems and slots of the fused optimiser steps: one call for all parameters of a group with one dtype.
#pragma once

#include <cresset/dtype.h>
#include <cresset/extension/kernel.h>

namespace cresset {

// One parameter; all pointers dense, `size` elements, the same order of elements.
struct OptimizerTensor {
  void* param;
  const void* grad;
  void* state[3];  // SGD: momentum buffer; Adam: exp_avg, exp_avg_sq, max_exp_avg_sq; null where unused
  std::int64_t size;
  bool first;   // SGD: the momentum buffer is set from the gradient, not updated
  double step;  // Adam: the number of this step, from 1
};

// https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html
struct SgdProblem {
  DType dtype;
  double lr, momentum, dampening, weight_decay;
  bool nesterov, maximize;
};
struct SgdStep {
  static constexpr std::string_view name = "optim.sgd";
  using Problem = SgdProblem;
  using Run = void(const Problem&, const Context&, const OptimizerTensor* tensors, std::int64_t count);
};
// https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html; decoupled: AdamW's weight decay.
struct AdamProblem {
  DType dtype;
  double lr, beta1, beta2, eps, weight_decay;
  bool amsgrad, maximize, decoupled;
};
struct AdamStep {
  static constexpr std::string_view name = "optim.adam";
  using Problem = AdamProblem;
  using Run = void(const Problem&, const Context&, const OptimizerTensor* tensors, std::int64_t count);
};

}  // namespace cresset
