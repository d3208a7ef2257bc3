#include <cresset/nn/activation.h>

#include "core/check.h"
#include "nn/define_module.h"
#include "nn/text.h"

namespace cresset::nn {

CRESSET_DEFINE_MODULE(ReLU)
CRESSET_DEFINE_MODULE(Sigmoid)
CRESSET_DEFINE_MODULE(Tanh)
CRESSET_DEFINE_MODULE(GELU)
CRESSET_DEFINE_MODULE(Softmax)
CRESSET_DEFINE_MODULE(LogSoftmax)
CRESSET_DEFINE_MODULE(Dropout)

std::string GELU::extra_repr() const {
  return fmt::format("approximate='{}'", options_.approximate == GeluApproximate::tanh ? "tanh" : "none");
}
std::string Softmax::extra_repr() const { return fmt::format("dim={}", dim_); }
std::string LogSoftmax::extra_repr() const { return fmt::format("dim={}", dim_); }

Dropout::Dropout(double p, const DropoutOptions& options) : p_(p), options_(options) {
  check<ValueError>(p >= 0 && p <= 1, "Dropout: dropout probability has to be between 0 and 1, but got {}", p);
}

Tensor Dropout::forward(const Tensor& input) {
  return functional::dropout(input, p_, {.training = is_training(), .inplace = options_.inplace});
}

std::string Dropout::extra_repr() const {
  return fmt::format("p={}, inplace={}", python_float(p_), python_bool(options_.inplace));
}

}  // namespace cresset::nn
