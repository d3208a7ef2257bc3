// Fully connected layers, and what only changes shape.
#pragma once

#include <cresset/nn/module.h>

namespace cresset::nn {

struct LinearOptions {
  bool bias = true;
  std::optional<Device> device = {};
  std::optional<DType> dtype = {};
};

// [*, in_features] to [*, out_features]: input weightᵀ + bias. Weight [out, in] and bias [out] start uniform in
// (-b, b), b = 1 / sqrt(in). Throws ValueError for negative sizes.
// https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html
class CRESSET_API Linear : public Module {
 public:
  Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options = {});

  Tensor forward(const Tensor& input) override;
  // relu(forward(input)), by functional::linear_relu.
  Tensor forward_relu(const Tensor& input);
  void reset_parameters();
  std::string extra_repr() const override;

  Parameter weight;
  Parameter bias;
  CRESSET_DECLARE_MODULE(Linear)

  std::int64_t in_features() const { return in_features_; }
  std::int64_t out_features() const { return out_features_; }

 private:
  std::int64_t in_features_, out_features_;
};

// Makes one dimension of dimensions start_dim to end_dim (inclusive).
class CRESSET_API Flatten : public Module {
 public:
  explicit Flatten(std::int64_t start_dim = 1, std::int64_t end_dim = -1) : start_dim_(start_dim), end_dim_(end_dim) {}

  Tensor forward(const Tensor& input) override { return input.flatten(start_dim_, end_dim_); }
  std::string extra_repr() const override;
  CRESSET_DECLARE_MODULE(Flatten)

 private:
  std::int64_t start_dim_, end_dim_;
};

// Its input.
class CRESSET_API Identity : public Module {
 public:
  Tensor forward(const Tensor& input) override { return input; }
  CRESSET_DECLARE_MODULE(Identity)
};

}  // namespace cresset::nn
