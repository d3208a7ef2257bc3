// The optimisers' steps, element by element in double.
#include <cmath>

#include "backend/cpu/convert.h"
#include "backend/cpu/optimizer_kernels.h"

namespace cresset::cpu {
namespace {

template <class T, class Low>
void sgd(const SgdProblem& p, const OptimizerTensor& t) {
  auto* param = static_cast<T*>(t.param);
  auto* buffer = static_cast<T*>(t.state[0]);
  for (std::int64_t i = 0; i < t.size; ++i) {
    const double value = convert<double>(param[i]);
    double grad = convert<double>(static_cast<const Low*>(t.grad)[i]);
    if (p.maximize) grad = -grad;
    grad += p.weight_decay * value;
    if (p.momentum != 0) {
      const double momentum = t.first ? grad : p.momentum * convert<double>(buffer[i]) + (1 - p.dampening) * grad;
      buffer[i] = round_to<T>(momentum);
      grad = p.nesterov ? grad + p.momentum * momentum : momentum;
    }
    param[i] = round_to<T>(value - p.lr * grad);
    if (t.low_param) static_cast<Low*>(t.low_param)[i] = convert<Low>(param[i]);
  }
}

template <class T, class Low>
void adam(const AdamProblem& p, const OptimizerTensor& t) {
  auto *param = static_cast<T*>(t.param), *average = static_cast<T*>(t.state[0]), *square = static_cast<T*>(t.state[1]),
       *largest = static_cast<T*>(t.state[2]);
  const double step_size = p.lr / (1 - std::pow(p.beta1, t.step)), root = std::sqrt(1 - std::pow(p.beta2, t.step));
  for (std::int64_t i = 0; i < t.size; ++i) {
    double value = convert<double>(param[i]), grad = convert<double>(static_cast<const Low*>(t.grad)[i]);
    if (p.maximize) grad = -grad;
    if (p.decoupled)
      value *= 1 - p.lr * p.weight_decay;
    else
      grad += p.weight_decay * value;
    const double m = convert<double>(average[i]) + (grad - convert<double>(average[i])) * (1 - p.beta1);
    double v = convert<double>(square[i]) * p.beta2 + (1 - p.beta2) * grad * grad;
    average[i] = round_to<T>(m);
    square[i] = round_to<T>(v);
    if (p.amsgrad) {
      const double most = convert<double>(largest[i]);
      v = most != most || most > v ? most : v;
      largest[i] = round_to<T>(v);
    }
    param[i] = round_to<T>(value - step_size * m / (std::sqrt(v) / root + p.eps));
    if (t.low_param) static_cast<Low*>(t.low_param)[i] = convert<Low>(param[i]);
  }
}

void run_sgd(const SgdProblem& p, const Context&, const OptimizerTensor* tensors, std::int64_t count) {
  switch_types(p.dtype, p.low_dtype, [&]<class T, class Low>() {
    for (std::int64_t k = 0; k < count; ++k) sgd<T, Low>(p, tensors[k]);
  });
}

void run_adam(const AdamProblem& p, const Context&, const OptimizerTensor* tensors, std::int64_t count) {
  switch_types(p.dtype, p.low_dtype, [&]<class T, class Low>() {
    for (std::int64_t k = 0; k < count; ++k) adam<T, Low>(p, tensors[k]);
  });
}

Refusal refuse_sgd(const SgdProblem& p, const Context&) { return refuse_not_floating(p.dtype); }
Refusal refuse_adam(const AdamProblem& p, const Context&) { return refuse_not_floating(p.dtype); }

}  // namespace

constinit const Kernel<SgdStep> kSgdStepReference = {"reference", refuse_sgd, run_sgd};
constinit const Kernel<AdamStep> kAdamStepReference = {"reference", refuse_adam, run_adam};

}  // namespace cresset::cpu
