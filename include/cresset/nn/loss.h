// Losses as modules: `loss(input, target)`.
#pragma once

#include <cresset/nn/module.h>
#include <cresset/ops.h>

namespace cresset::nn {

struct CrossEntropyLossOptions {
  Tensor weight = {};  // one for each class
  std::int64_t ignore_index = -100;
  Reduction reduction = Reduction::mean;
  double label_smoothing = 0;
};

// Logits [N, C, …] and class indices [N, …] or probabilities [N, C, …]; see functional::cross_entropy.
// https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
class CRESSET_API CrossEntropyLoss : public ModuleOf<Tensor(const Tensor&, const Tensor&)> {
 public:
  explicit CrossEntropyLoss(const CrossEntropyLossOptions& options = {});
  Tensor forward(const Tensor& input, const Tensor& target) override;

  Buffer weight;
  CRESSET_DECLARE_MODULE(CrossEntropyLoss)

 private:
  std::int64_t ignore_index_;
  Reduction reduction_;
  double label_smoothing_;
};

struct MSELossOptions {
  Reduction reduction = Reduction::mean;
};

// The squared difference of input and target; see functional::mse_loss.
class CRESSET_API MSELoss : public ModuleOf<Tensor(const Tensor&, const Tensor&)> {
 public:
  explicit MSELoss(const MSELossOptions& options = {}) : options_(options) {}
  Tensor forward(const Tensor& input, const Tensor& target) override {
    return functional::mse_loss(input, target, {.reduction = options_.reduction});
  }
  CRESSET_DECLARE_MODULE(MSELoss)

 private:
  MSELossOptions options_;
};

}  // namespace cresset::nn
