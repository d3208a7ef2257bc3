// Batch normalisation layers.
#pragma once

#include <cresset/nn/module.h>
#include <cresset/ops.h>

namespace cresset::nn {

struct BatchNormOptions {
  double eps = 1e-5;
  std::optional<double> momentum = 0.1;  // of the running statistics; std::nullopt: their plain average
  bool affine = true;
  bool track_running_stats = true;
  std::optional<Device> device = {};
  std::optional<DType> dtype = {};
  bool bias = true;  // where affine
};

// What BatchNorm1d and BatchNorm2d share. In training, normalises each channel by the batch's own mean and variance and
// updates the running ones; after eval(), by the running ones, where they are tracked. weight starts as 1, bias as 0.
// https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
class CRESSET_API BatchNormBase : public Module {
 public:
  Tensor forward(const Tensor& input) override;
  // relu(forward(input)), by functional::batch_norm_relu.
  Tensor forward_relu(const Tensor& input);
  void reset_parameters();
  void reset_running_stats();
  std::string extra_repr() const override;

  Parameter weight;  // undefined where not affine
  Parameter bias;
  Buffer running_mean;  // undefined where not tracked, as the following
  Buffer running_var;
  Buffer num_batches_tracked;  // 0-dimensional, int64

  std::int64_t num_features() const { return num_features_; }
  double eps() const { return options_.eps; }
  std::optional<double> momentum() const { return options_.momentum; }

 protected:
  BatchNormBase(std::int64_t num_features, const BatchNormOptions& options);
  // Throws where the input has not the dimensions of the layer.
  virtual void check_input(const Tensor& input) const = 0;

 private:
  Tensor normalize(decltype(functional::batch_norm)* batch_norm, const Tensor& input);

  std::int64_t num_features_;
  BatchNormOptions options_;
};

// Input [N, C] or [N, C, L].
class CRESSET_API BatchNorm1d : public BatchNormBase {
 public:
  explicit BatchNorm1d(std::int64_t num_features, const BatchNormOptions& options = {})
      : BatchNormBase(num_features, options) {}
  CRESSET_DECLARE_MODULE(BatchNorm1d)

 protected:
  void check_input(const Tensor& input) const override;
};

// Input [N, C, H, W].
class CRESSET_API BatchNorm2d : public BatchNormBase {
 public:
  explicit BatchNorm2d(std::int64_t num_features, const BatchNormOptions& options = {})
      : BatchNormBase(num_features, options) {}
  CRESSET_DECLARE_MODULE(BatchNorm2d)

 protected:
  void check_input(const Tensor& input) const override;
};

}  // namespace cresset::nn
