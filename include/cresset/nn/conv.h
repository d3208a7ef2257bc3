// Convolution layers.
#pragma once

#include <cresset/nn/module.h>
#include <cresset/ops.h>

namespace cresset::nn {

using functional::Padding2;
using functional::PaddingMode;
using functional::Size2;

struct Conv2dOptions {
  Size2 stride = 1;
  Padding2 padding = 0;  // a number, {height, width}, "same" or "valid"
  Size2 dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
  PaddingMode padding_mode = PaddingMode::zeros;
  std::optional<Device> device = {};
  std::optional<DType> dtype = {};
};

// [N, in_channels, H, W] (or without N) to [N, out_channels, P, Q]; see functional::conv2d.
// Weight [out, in/groups, R, S] and bias [out] start uniform in (-b, b), b = 1 / sqrt(in/groups * R * S). Throws
// ValueError for sizes that are not positive or channels that groups do not divide.
// https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
class CRESSET_API Conv2d : public Module {
 public:
  Conv2d(std::int64_t in_channels, std::int64_t out_channels, Size2 kernel_size, const Conv2dOptions& options = {});

  Tensor forward(const Tensor& input) override;
  // relu(forward(input)), by functional::conv2d_relu.
  Tensor forward_relu(const Tensor& input);
  void reset_parameters();
  std::string extra_repr() const override;

  Parameter weight;
  Parameter bias;
  CRESSET_DECLARE_MODULE(Conv2d)

  std::int64_t in_channels() const { return in_channels_; }
  std::int64_t out_channels() const { return out_channels_; }
  Size2 kernel_size() const { return kernel_size_; }
  Size2 stride() const { return options_.stride; }
  Padding2 padding() const { return options_.padding; }
  Size2 dilation() const { return options_.dilation; }
  std::int64_t groups() const { return options_.groups; }
  PaddingMode padding_mode() const { return padding_mode_; }

 private:
  Tensor convolve(decltype(functional::conv2d)* conv2d, const Tensor& input) const;

  std::int64_t in_channels_, out_channels_;
  Size2 kernel_size_;
  functional::Conv2dOptions options_;
  PaddingMode padding_mode_;
};

}  // namespace cresset::nn
