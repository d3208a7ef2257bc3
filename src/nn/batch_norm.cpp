#include <cresset/nn/batch_norm.h>
#include <cresset/nn/fused_relu.h>
#include <cresset/nn/init.h>
#include <cresset/ops.h>

#include "core/check.h"
#include "nn/define_module.h"
#include "nn/text.h"

namespace cresset::nn {

CRESSET_DEFINE_MODULE(BatchNorm1d, weight, bias, running_mean, running_var, num_batches_tracked)
CRESSET_DEFINE_MODULE(BatchNorm2d, weight, bias, running_mean, running_var, num_batches_tracked)

BatchNormBase::BatchNormBase(std::int64_t num_features, const BatchNormOptions& options)
    : num_features_(num_features), options_(options) {
  check<ValueError>(num_features >= 0, "BatchNorm: num_features must not be negative, got {}", num_features);
  const TensorOptions factory{.dtype = options.dtype, .device = options.device};
  if (options.affine) {
    weight = Parameter(empty({num_features}, factory));
    if (options.bias) bias = Parameter(empty({num_features}, factory));
  }
  if (options.track_running_stats) {
    running_mean = Buffer(empty({num_features}, factory));
    running_var = Buffer(empty({num_features}, factory));
    num_batches_tracked = Buffer(empty({}, {.dtype = kInt64, .device = options.device}));
  }
  reset_parameters();
}

void BatchNormBase::reset_running_stats() {
  if (!running_mean.defined()) return;
  init::zeros_(running_mean);
  init::ones_(running_var);
  init::zeros_(num_batches_tracked);
}

void BatchNormBase::reset_parameters() {
  reset_running_stats();
  if (weight.defined()) init::ones_(weight);
  if (bias.defined()) init::zeros_(bias);
}

Tensor BatchNormBase::forward(const Tensor& input) { return normalize(functional::batch_norm, input); }
Tensor BatchNormBase::forward_relu(const Tensor& input) { return normalize(functional::batch_norm_relu, input); }

Tensor BatchNormBase::normalize(decltype(functional::batch_norm)* batch_norm, const Tensor& input) {
  check_input(input);
  const bool training = is_training(), tracks = running_mean.defined();
  double momentum = options_.momentum.value_or(0);
  if (training && tracks) {
    num_batches_tracked.add_(1);
    if (!options_.momentum) momentum = 1 / num_batches_tracked.item();
  }
  return batch_norm(input, running_mean, running_var, weight, bias,
                    {.training = training || !tracks, .momentum = momentum, .eps = options_.eps});
}

std::string BatchNormBase::extra_repr() const {
  return fmt::format("{}, eps={}, momentum={}, affine={}, bias={}, track_running_stats={}", num_features_,
                     python_float(options_.eps), options_.momentum ? python_float(*options_.momentum) : "None",
                     python_bool(options_.affine), python_bool(bias.defined()),
                     python_bool(options_.track_running_stats));
}

void BatchNorm1d::check_input(const Tensor& input) const {
  check<ShapeError>(input.dim() == 2 || input.dim() == 3, "BatchNorm1d: expected 2D or 3D input (got {}D input)",
                    input.dim());
}
void BatchNorm2d::check_input(const Tensor& input) const {
  check<ShapeError>(input.dim() == 4, "BatchNorm2d: expected 4D input (got {}D input)", input.dim());
}

}  // namespace cresset::nn
