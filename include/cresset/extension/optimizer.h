// Problems and slots of the fused optimiser steps: one call for all parameters of a group with one dtype.
#pragma once

#include <cresset/dtype.h>
#include <cresset/extension/kernel.h>

#include <cmath>

namespace cresset {

// With master weights `param` is the float32 copy that is stepped, `low_param` the 16-bit parameter, which becomes its
// rounded value, and the gradient has the parameter's dtype. One parameter; all pointers dense, `size` elements, the
// same order of elements.
struct OptimizerTensor {
  void* param;
  const void* grad;
  void* state[3];  // SGD: momentum buffer; Adam: exp_avg, exp_avg_sq, max_exp_avg_sq; null where unused
  std::int64_t size;
  bool first;   // SGD: the momentum buffer is set from the gradient, not updated
  double step;  // Adam: the number of this step, from 1
  void* low_param = nullptr;
};

// https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html
struct SgdProblem {
  DType dtype;
  double lr, momentum, dampening, weight_decay;
  bool nesterov, maximize;
  // In a graph that is captured, otherwise null: on the device, what a replay computes with.
  const struct SgdNumbers* replayed = nullptr;
  // Of the gradients, and of the parameters beside master weights of `dtype`; otherwise `dtype`.
  DType low_dtype = dtype;
};
// What a step computes with, rounded to the type that elements are computed in.
struct SgdNumbers {
  double lr, momentum, one_minus_dampening, weight_decay;
};
constexpr SgdNumbers numbers_of(const SgdProblem& p) { return {p.lr, p.momentum, 1 - p.dampening, p.weight_decay}; }
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
  // In a graph that is captured, otherwise null: on the device, what a replay computes with, followed by
  // AdamTensorNumbers for each tensor.
  const struct AdamNumbers* replayed = nullptr;
  DType low_dtype = dtype;  // as SgdProblem's
};
// What a step computes with, rounded to the type that elements are computed in.
struct AdamNumbers {
  double beta2, one_minus_beta1, one_minus_beta2, eps, weight_decay, kept;  // kept: 1 - lr * weight_decay
};
struct AdamTensorNumbers {
  double step_size, root;  // lr / (1 - beta1^step), sqrt(1 - beta2^step)
};
constexpr AdamNumbers numbers_of(const AdamProblem& p) {
  return {p.beta2, 1 - p.beta1, 1 - p.beta2, p.eps, p.weight_decay, 1 - p.lr * p.weight_decay};
}
inline AdamTensorNumbers numbers_of(const AdamProblem& p, double step) {
  return {p.lr / (1 - std::pow(p.beta1, step)), std::sqrt(1 - std::pow(p.beta2, step))};
}
struct AdamStep {
  static constexpr std::string_view name = "optim.adam";
  using Problem = AdamProblem;
  using Run = void(const Problem&, const Context&, const OptimizerTensor* tensors, std::int64_t count);
};

}  // namespace cresset
