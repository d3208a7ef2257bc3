#include <cresset/creation.h>
#include <cresset/nn/conv.h>
#include <cresset/nn/linear.h>
#include <cresset/nn/summary.h>

#include "nn/dry_run.h"

namespace cresset::nn {
namespace {

std::int64_t parameters_of(const ModuleBase& module) {
  std::int64_t count = 0;
  for (const Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

}  // namespace

std::int64_t flops_of(const ModuleBase& module, const Shape& output) {
  std::int64_t products = 0;  // for each element of the output
  if (const auto* conv = dynamic_cast<const Conv2d*>(&module))
    products = conv->in_channels() / conv->groups() * conv->kernel_size().h * conv->kernel_size().w;
  else if (const auto* linear = dynamic_cast<const Linear*>(&module))
    products = linear->in_features();
  return 2 * products * output.numel();
}

std::vector<LayerSummary> summarize(Module& net, const Shape& input) {
  std::vector<LayerSummary> layers;
  ScopedHooks hooks;
  for (const auto& [name, base] : net.named_modules()) {
    auto* module = base->as<Module>();
    if (!module || !base->children().empty()) continue;
    hooks.add(module->register_forward_hook(
        [&layers, layer = name, seen = false](Module& m, const Tensor&, const Tensor& output) mutable {
          const Shape shape = output.shape();
          layers.push_back({layer, m.class_name(), shape, seen ? 0 : parameters_of(m), flops_of(m, shape)});
          seen = true;
        }));
  }
  const NoGradGuard no_grad;
  const EvalGuard eval(net);
  net(zeros(input, input_options(net)));
  return layers;
}

}  // namespace cresset::nn
