// Pooling layers.
#pragma once

#include <cresset/nn/module.h>
#include <cresset/ops.h>

namespace cresset::nn {

using functional::Size2;

using MaxPool2dOptions = functional::MaxPool2dOptions;
using AvgPool2dOptions = functional::AvgPool2dOptions;

// The maximum of each window; see functional::max_pool2d. `MaxPool2d{2, 2}` is `MaxPool2d{2, {.stride = 2}}`; sizes of
// two numbers are `MaxPool2d{{3, 2}, {.stride = {2, 1}}}`, where C++ could take `{2, 1}` alone for options too.
// https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
class CRESSET_API MaxPool2d : public Module {
 public:
  MaxPool2d(Size2 kernel_size, const MaxPool2dOptions& options = {});
  MaxPool2d(Size2 kernel_size, Size2 stride) : MaxPool2d(kernel_size, MaxPool2dOptions{.stride = stride}) {}

  Tensor forward(const Tensor& input) override { return functional::max_pool2d(input, kernel_size_, options_); }
  // Python's return_indices=True: the values, and where each stood in its plane. Runs no hooks.
  ValuesIndices forward_with_indices(const Tensor& input) {
    return functional::max_pool2d_with_indices(input, kernel_size_, options_);
  }
  std::string extra_repr() const override;
  CRESSET_DECLARE_MODULE(MaxPool2d)

  Size2 kernel_size() const { return kernel_size_; }
  const MaxPool2dOptions& options() const { return options_; }  // with stride

 private:
  Size2 kernel_size_;
  MaxPool2dOptions options_;
};

// The mean of each window; see functional::avg_pool2d.
// https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
class CRESSET_API AvgPool2d : public Module {
 public:
  AvgPool2d(Size2 kernel_size, const AvgPool2dOptions& options = {});
  AvgPool2d(Size2 kernel_size, Size2 stride) : AvgPool2d(kernel_size, AvgPool2dOptions{.stride = stride}) {}

  Tensor forward(const Tensor& input) override { return functional::avg_pool2d(input, kernel_size_, options_); }
  std::string extra_repr() const override;
  CRESSET_DECLARE_MODULE(AvgPool2d)

  Size2 kernel_size() const { return kernel_size_; }
  const AvgPool2dOptions& options() const { return options_; }  // with stride

 private:
  Size2 kernel_size_;
  AvgPool2dOptions options_;
};

// The mean of equal parts, so that the output has the size asked for; see functional::adaptive_avg_pool2d.
// https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html
class CRESSET_API AdaptiveAvgPool2d : public Module {
 public:
  explicit AdaptiveAvgPool2d(functional::AdaptiveSize2 output_size) : output_size_(output_size) {}

  Tensor forward(const Tensor& input) override { return functional::adaptive_avg_pool2d(input, output_size_); }
  std::string extra_repr() const override;
  CRESSET_DECLARE_MODULE(AdaptiveAvgPool2d)

  functional::AdaptiveSize2 output_size() const { return output_size_; }

 private:
  functional::AdaptiveSize2 output_size_;
};

}  // namespace cresset::nn
