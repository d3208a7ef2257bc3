// Ways to fill a tensor with its first values; torch.nn.init. All work in place, record no history, draw from the
// default generator, and return the tensor.
#pragma once

#include <cresset/tensor.h>

#include <optional>
#include <string_view>

namespace cresset::nn::init {

CRESSET_API const Tensor& uniform_(const Tensor& tensor, double a = 0, double b = 1);
CRESSET_API const Tensor& normal_(const Tensor& tensor, double mean = 0, double std = 1);
CRESSET_API const Tensor& constant_(const Tensor& tensor, Scalar value);
CRESSET_API const Tensor& zeros_(const Tensor& tensor);
CRESSET_API const Tensor& ones_(const Tensor& tensor);

// The factor by which a nonlinearity asks weights to be scaled; `param` is leaky_relu's negative slope. Throws
// ValueError for a name that torch.nn.init.calculate_gain does not know.
CRESSET_API double calculate_gain(std::string_view nonlinearity, std::optional<double> param = {});

struct Fans {
  std::int64_t fan_in, fan_out;
};
// The numbers of inputs and outputs that one weight [out, in, …] connects; ValueError below 2 dimensions.
CRESSET_API Fans calculate_fan_in_and_fan_out(const Tensor& tensor);

struct KaimingOptions {
  double a = 0;                      // the negative slope that follows; only with leaky_relu
  std::string_view mode = "fan_in";  // or "fan_out"
  std::string_view nonlinearity = "leaky_relu";
};
// He et al. 2015: uniform in (-bound, bound) with bound = gain * sqrt(3 / fan), or normal with std = gain / sqrt(fan).
CRESSET_API const Tensor& kaiming_uniform_(const Tensor& tensor, const KaimingOptions& options = {});
CRESSET_API const Tensor& kaiming_normal_(const Tensor& tensor, const KaimingOptions& options = {});
// Glorot and Bengio 2010: as above with fan = (fan_in + fan_out) / 2.
CRESSET_API const Tensor& xavier_uniform_(const Tensor& tensor, double gain = 1);
CRESSET_API const Tensor& xavier_normal_(const Tensor& tensor, double gain = 1);

}  // namespace cresset::nn::init
