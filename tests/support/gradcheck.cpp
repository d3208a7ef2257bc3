#include "support/gradcheck.h"

#include <cresset/autograd.h>
#include <cresset/ops.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/argument.h"

namespace cresset::test {
namespace {

double weighted_sum(const std::vector<Tensor>& outputs, const std::vector<Tensor>& weights) {
  double total = 0;
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    if (!weights[k].defined()) continue;
    const auto y = to_doubles(outputs[k]), w = to_doubles(weights[k]);
    for (std::size_t i = 0; i < y.size(); ++i) total += y[i] * w[i];
  }
  return total;
}

// Element i, row-major, as a tensor of one element of the same memory: it may be a device's.
Tensor element_of(const Tensor& t, std::int64_t i) {
  std::int64_t at = t.storage_offset();
  for (int d = t.dim() - 1; d >= 0; --d) {
    at += i % t.size(d) * t.stride(d);
    i /= t.size(d);
  }
  return t.detach().as_strided({}, {}, at);
}

}  // namespace

Tensor output_weights(const Tensor& output, std::size_t k) {
  const Argument weights =
      t(output.shape(), Formula{.seed = 100 + static_cast<int>(k), .low = -3, .high = 3, .step = 2});
  return make_tensor(weights, 0, output.dtype(), output.device());
}

std::string gradcheck(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  const std::vector<Tensor> outputs = f(inputs);
  std::vector<Tensor> weights(outputs.size()), roots, root_weights;
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    if (!outputs[k].is_floating_point()) continue;
    if (outputs[k].requires_grad() || options.constant_outputs) weights[k] = output_weights(outputs[k], k);
    if (!outputs[k].requires_grad()) continue;
    roots.push_back(outputs[k]);
    root_weights.push_back(weights[k]);
  }
  if (roots.empty() && !options.constant_outputs) return "no output has a history";
  std::vector<Tensor> grads(inputs.size());
  if (!roots.empty()) grads = autograd::grad(roots, inputs, {.grad_outputs = root_weights, .allow_unused = true});
  NoGradGuard no_grad;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::int64_t n = inputs[i].numel();
    if (n == 0) continue;
    const auto analytic = grads[i].defined() ? to_doubles(grads[i]) : std::vector<double>(static_cast<std::size_t>(n));
    if (grads[i].defined() && grads[i].shape() != inputs[i].shape())
      return fmt::format("gradient {} has shape {}", i, grads[i].shape().str());
    const std::int64_t by = std::max<std::int64_t>(1, n / options.elements);
    std::vector<std::pair<std::int64_t, double>> quotients;
    double largest = 1;
    for (std::int64_t e = 0; e < n; e += by) {
      const Tensor x = element_of(inputs[i], e);
      const double before = x.item(), h = options.step * std::max(1.0, std::fabs(before));
      x.fill_(before + h);
      const double above = weighted_sum(f(inputs), weights);
      x.fill_(before - h);
      const double below = weighted_sum(f(inputs), weights);
      x.fill_(before);
      quotients.emplace_back(e, (above - below) / (2 * h));
      largest = std::max(largest, std::fabs(quotients.back().second));
    }
    for (const auto& [e, numeric] : quotients) {
      const double got = analytic[static_cast<std::size_t>(e)];
      // Negated, so that NaN fails.
      if (!(std::fabs(got - numeric) <= options.tolerance * largest))
        return fmt::format("gradient of input {}, element {}: {:.10g} by the tape, {:.10g} by differences", i, e, got,
                           numeric);
    }
  }
  return "";
}

std::string gradgradcheck(const Function& f, const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  std::vector<Tensor> all = inputs;
  std::vector<std::size_t> differentiable;
  {
    const auto outputs = f(inputs);
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      if (!outputs[k].is_floating_point() || !outputs[k].requires_grad()) continue;
      differentiable.push_back(k);
      all.push_back((output_weights(outputs[k], k) * 0.5).requires_grad_());
    }
  }
  const Function gradients = [&](const std::vector<Tensor>& at) {
    // Differences are taken without recording, but gradients need it.
    const bool recording = is_grad_enabled();
    EnableGradGuard record;
    const std::vector<Tensor> x(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(inputs.size()));
    const auto outputs = f(x);
    std::vector<Tensor> roots;
    for (const std::size_t k : differentiable) roots.push_back(outputs[k]);
    const std::vector<Tensor> weights(at.begin() + static_cast<std::ptrdiff_t>(inputs.size()), at.end());
    auto grads = autograd::grad(roots, x, {.grad_outputs = weights, .create_graph = recording, .allow_unused = true});
    std::erase_if(grads, [](const Tensor& g) { return !g.defined(); });
    return grads;
  };
  GradcheckOptions with_constants = options;
  with_constants.constant_outputs = true;
  return gradcheck(gradients, all, with_constants);
}

}  // namespace cresset::test
