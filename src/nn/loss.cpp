#include <cresset/nn/loss.h>

#include "nn/define_module.h"

namespace cresset::nn {

CRESSET_DEFINE_MODULE(CrossEntropyLoss, weight)
CRESSET_DEFINE_MODULE(MSELoss)

CrossEntropyLoss::CrossEntropyLoss(const CrossEntropyLossOptions& options)
    : ignore_index_(options.ignore_index), reduction_(options.reduction), label_smoothing_(options.label_smoothing) {
  if (options.weight.defined()) weight = Buffer(options.weight);
}

Tensor CrossEntropyLoss::forward(const Tensor& input, const Tensor& target) {
  return functional::cross_entropy(
      input, target,
      {.weight = weight, .ignore_index = ignore_index_, .reduction = reduction_, .label_smoothing = label_smoothing_});
}

}  // namespace cresset::nn
