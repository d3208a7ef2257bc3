// Activations and dropout as modules; each is the function of the same name.
#pragma once

#include <cresset/nn/module.h>
#include <cresset/ops.h>

namespace cresset::nn {

using functional::GeluApproximate;
using functional::ReLUOptions;

class CRESSET_API ReLU : public Module {
 public:
  explicit ReLU(const ReLUOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& input) override { return functional::relu(input, options_); }
  std::string extra_repr() const override { return options_.inplace ? "inplace=True" : ""; }
  CRESSET_DECLARE_MODULE(ReLU)

 private:
  ReLUOptions options_;
};

class CRESSET_API Sigmoid : public Module {
 public:
  Tensor forward(const Tensor& input) override { return functional::sigmoid(input); }
  CRESSET_DECLARE_MODULE(Sigmoid)
};

class CRESSET_API Tanh : public Module {
 public:
  Tensor forward(const Tensor& input) override { return functional::tanh(input); }
  CRESSET_DECLARE_MODULE(Tanh)
};

struct GELUOptions {
  GeluApproximate approximate = GeluApproximate::none;
};
class CRESSET_API GELU : public Module {
 public:
  explicit GELU(const GELUOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& input) override { return functional::gelu(input, options_.approximate); }
  std::string extra_repr() const override;
  CRESSET_DECLARE_MODULE(GELU)

 private:
  GELUOptions options_;
};

class CRESSET_API Softmax : public Module {
 public:
  explicit Softmax(std::int64_t dim) : dim_(dim) {}
  Tensor forward(const Tensor& input) override { return functional::softmax(input, dim_); }
  std::string extra_repr() const override;
  CRESSET_DECLARE_MODULE(Softmax)

 private:
  std::int64_t dim_;
};

class CRESSET_API LogSoftmax : public Module {
 public:
  explicit LogSoftmax(std::int64_t dim) : dim_(dim) {}
  Tensor forward(const Tensor& input) override { return functional::log_softmax(input, dim_); }
  std::string extra_repr() const override;
  CRESSET_DECLARE_MODULE(LogSoftmax)

 private:
  std::int64_t dim_;
};

struct DropoutOptions {
  bool inplace = false;  // changes its input
};
// In training, zeroes each element with probability p and scales the others by 1 / (1 - p); after eval(), its input.
// Throws ValueError for p outside of [0, 1].
class CRESSET_API Dropout : public Module {
 public:
  explicit Dropout(double p = 0.5, const DropoutOptions& options = {});
  Tensor forward(const Tensor& input) override;
  std::string extra_repr() const override;
  CRESSET_DECLARE_MODULE(Dropout)

  double p() const { return p_; }

 private:
  double p_;
  DropoutOptions options_;
};

}  // namespace cresset::nn
