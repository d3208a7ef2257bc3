#include <cresset/autograd.h>
#include <cresset/nn/init.h>

#include <cmath>

#include "core/check.h"

namespace cresset::nn::init {

const Tensor& uniform_(const Tensor& tensor, double a, double b) {
  NoGradGuard no_grad;
  tensor.uniform_(a, b);
  return tensor;
}
const Tensor& normal_(const Tensor& tensor, double mean, double std) {
  NoGradGuard no_grad;
  tensor.normal_(mean, std);
  return tensor;
}
const Tensor& constant_(const Tensor& tensor, Scalar value) {
  NoGradGuard no_grad;
  tensor.fill_(value);
  return tensor;
}
const Tensor& zeros_(const Tensor& tensor) { return constant_(tensor, 0); }
const Tensor& ones_(const Tensor& tensor) { return constant_(tensor, 1); }

double calculate_gain(std::string_view nonlinearity, std::optional<double> param) {
  for (const char* linear :
       {"linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid"})
    if (nonlinearity == linear) return 1;
  if (nonlinearity == "tanh") return 5.0 / 3;
  if (nonlinearity == "relu") return std::sqrt(2.0);
  if (nonlinearity == "selu") return 3.0 / 4;
  check<ValueError>(nonlinearity == "leaky_relu", "calculate_gain: Unsupported nonlinearity {}", nonlinearity);
  const double slope = param.value_or(0.01);
  return std::sqrt(2.0 / (1 + slope * slope));
}

Fans calculate_fan_in_and_fan_out(const Tensor& tensor) {
  const Shape shape = tensor.shape();
  check<ValueError>(shape.size() >= 2,
                    "init: Fan in and fan out can not be computed for tensor with fewer than 2 dimensions");
  std::int64_t field = 1;
  for (int i = 2; i < shape.size(); ++i) field *= shape[i];
  return {shape[1] * field, shape[0] * field};
}

namespace {

double kaiming_std(const Tensor& tensor, const KaimingOptions& options) {
  check<ValueError>(options.mode == "fan_in" || options.mode == "fan_out",
                    "init: Mode {} not supported, please use one of ['fan_in', 'fan_out']", options.mode);
  const Fans fans = calculate_fan_in_and_fan_out(tensor);
  const auto fan = static_cast<double>(options.mode == "fan_in" ? fans.fan_in : fans.fan_out);
  return calculate_gain(options.nonlinearity, options.a) / std::sqrt(fan);
}

double xavier_std(const Tensor& tensor, double gain) {
  const Fans fans = calculate_fan_in_and_fan_out(tensor);
  return gain * std::sqrt(2.0 / static_cast<double>(fans.fan_in + fans.fan_out));
}

// A tensor without elements has no fan to divide by, and nothing to fill.
template <class Fill>
const Tensor& fill_unless_empty(const Tensor& tensor, double std, Fill fill) {
  if (tensor.numel() != 0) fill(std);
  return tensor;
}
const Tensor& fill_uniform(const Tensor& tensor, double std) {
  return fill_unless_empty(tensor, std, [&](double s) { uniform_(tensor, -std::sqrt(3.0) * s, std::sqrt(3.0) * s); });
}
const Tensor& fill_normal(const Tensor& tensor, double std) {
  return fill_unless_empty(tensor, std, [&](double s) { normal_(tensor, 0, s); });
}

}  // namespace

const Tensor& kaiming_uniform_(const Tensor& tensor, const KaimingOptions& options) {
  return fill_uniform(tensor, kaiming_std(tensor, options));
}
const Tensor& kaiming_normal_(const Tensor& tensor, const KaimingOptions& options) {
  return fill_normal(tensor, kaiming_std(tensor, options));
}
const Tensor& xavier_uniform_(const Tensor& tensor, double gain) {
  return fill_uniform(tensor, xavier_std(tensor, gain));
}
const Tensor& xavier_normal_(const Tensor& tensor, double gain) {
  return fill_normal(tensor, xavier_std(tensor, gain));
}

}  // namespace cresset::nn::init
