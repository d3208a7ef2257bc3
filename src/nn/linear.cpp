#include <cresset/nn/fused_relu.h>
#include <cresset/nn/init.h>
#include <cresset/nn/linear.h>

#include <cmath>

#include "core/check.h"
#include "nn/define_module.h"
#include "nn/text.h"

namespace cresset::nn {

CRESSET_DEFINE_MODULE(Linear, weight, bias)
CRESSET_DEFINE_MODULE(Flatten)
CRESSET_DEFINE_MODULE(Identity)

Linear::Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options)
    : in_features_(in_features), out_features_(out_features) {
  check<ValueError>(in_features >= 0 && out_features >= 0, "Linear: features must not be negative, got {} and {}",
                    in_features, out_features);
  const TensorOptions factory{.dtype = options.dtype, .device = options.device};
  weight = Parameter(empty({out_features, in_features}, factory));
  if (options.bias) bias = Parameter(empty({out_features}, factory));
  reset_parameters();
}

void Linear::reset_parameters() {
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (!bias.defined()) return;
  const double bound = in_features_ > 0 ? 1 / std::sqrt(static_cast<double>(in_features_)) : 0;
  init::uniform_(bias, -bound, bound);
}

Tensor Linear::forward(const Tensor& input) { return functional::linear(input, weight, bias); }
Tensor Linear::forward_relu(const Tensor& input) { return functional::linear_relu(input, weight, bias); }

std::string Linear::extra_repr() const {
  return fmt::format("in_features={}, out_features={}, bias={}", in_features_, out_features_,
                     python_bool(bias.defined()));
}

std::string Flatten::extra_repr() const { return fmt::format("start_dim={}, end_dim={}", start_dim_, end_dim_); }

}  // namespace cresset::nn
