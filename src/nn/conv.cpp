#include <cresset/nn/conv.h>
#include <cresset/nn/fused_relu.h>
#include <cresset/nn/init.h>

#include <cmath>

#include "core/check.h"
#include "nn/define_module.h"
#include "nn/text.h"

namespace cresset::nn {

CRESSET_DEFINE_MODULE(Conv2d, weight, bias)
namespace {

bool positive(const Size2& size) { return size.h > 0 && size.w > 0; }

// {left, right, top, bottom} for functional::pad.
std::vector<std::int64_t> pad_amounts(const Padding2& padding, const Size2& kernel, const Size2& dilation) {
  if (padding.mode == Padding2::Mode::valid) return {0, 0, 0, 0};
  if (padding.mode == Padding2::Mode::numbers) return {padding.size.w, padding.size.w, padding.size.h, padding.size.h};
  const std::int64_t h = dilation.h * (kernel.h - 1), w = dilation.w * (kernel.w - 1);
  return {w / 2, w - w / 2, h / 2, h - h / 2};
}

const char* word(PaddingMode mode) {
  switch (mode) {
    case PaddingMode::zeros: return "zeros";
    case PaddingMode::reflect: return "reflect";
    case PaddingMode::replicate: return "replicate";
    case PaddingMode::circular: return "circular";
  }
  return "?";
}

}  // namespace

Conv2d::Conv2d(std::int64_t in_channels, std::int64_t out_channels, Size2 kernel_size, const Conv2dOptions& options)
    : in_channels_(in_channels),
      out_channels_(out_channels),
      kernel_size_(kernel_size),
      options_{options.stride, options.padding, options.dilation, options.groups},
      padding_mode_(options.padding_mode) {
  check<ValueError>(options.groups > 0, "Conv2d: groups must be a positive integer, got {}", options.groups);
  check<ValueError>(in_channels > 0 && out_channels > 0, "Conv2d: channels must be positive, got {} and {}",
                    in_channels, out_channels);
  check<ValueError>(in_channels % options.groups == 0, "Conv2d: in_channels must be divisible by groups, got {} and {}",
                    in_channels, options.groups);
  check<ValueError>(out_channels % options.groups == 0,
                    "Conv2d: out_channels must be divisible by groups, got {} and {}", out_channels, options.groups);
  check<ValueError>(positive(kernel_size), "Conv2d: kernel_size must be positive, got {}", python_pair(kernel_size));
  check<ValueError>(positive(options.stride), "Conv2d: stride must be positive, got {}", python_pair(options.stride));
  check<ValueError>(positive(options.dilation), "Conv2d: dilation must be positive, got {}",
                    python_pair(options.dilation));
  check<ValueError>(options.padding.size.h >= 0 && options.padding.size.w >= 0,
                    "Conv2d: padding must not be negative, got {}", python_pair(options.padding.size));
  check<ValueError>(options.padding.mode != Padding2::Mode::same || options.stride == Size2(1),
                    "Conv2d: padding='same' is not supported for strided convolutions");
  const TensorOptions factory{.dtype = options.dtype, .device = options.device};
  weight = Parameter(empty({out_channels, in_channels / options.groups, kernel_size.h, kernel_size.w}, factory));
  if (options.bias) bias = Parameter(empty({out_channels}, factory));
  reset_parameters();
}

void Conv2d::reset_parameters() {
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (!bias.defined()) return;
  const double bound = 1 / std::sqrt(static_cast<double>(init::calculate_fan_in_and_fan_out(weight).fan_in));
  init::uniform_(bias, -bound, bound);
}

Tensor Conv2d::forward(const Tensor& input) { return convolve(functional::conv2d, input); }
Tensor Conv2d::forward_relu(const Tensor& input) { return convolve(functional::conv2d_relu, input); }

Tensor Conv2d::convolve(decltype(functional::conv2d)* conv2d, const Tensor& input) const {
  if (padding_mode_ == PaddingMode::zeros) return conv2d(input, weight, bias, options_);
  functional::Conv2dOptions unpadded = options_;
  unpadded.padding = 0;
  const Tensor padded =
      functional::pad(input, pad_amounts(options_.padding, kernel_size_, options_.dilation), {.mode = padding_mode_});
  return conv2d(padded, weight, bias, unpadded);
}

std::string Conv2d::extra_repr() const {
  const auto& o = options_;
  std::string text = fmt::format("{}, {}, kernel_size={}, stride={}", in_channels_, out_channels_,
                                 python_pair(kernel_size_), python_pair(o.stride));
  if (o.padding.mode == Padding2::Mode::same) text += ", padding=same";
  if (o.padding.mode == Padding2::Mode::valid) text += ", padding=valid";
  if (o.padding.mode == Padding2::Mode::numbers && !(o.padding.size == Size2(0)))
    text += ", padding=" + python_pair(o.padding.size);
  if (!(o.dilation == Size2(1))) text += ", dilation=" + python_pair(o.dilation);
  if (o.groups != 1) text += fmt::format(", groups={}", o.groups);
  if (!bias.defined()) text += ", bias=False";
  if (padding_mode_ != PaddingMode::zeros) text += fmt::format(", padding_mode={}", word(padding_mode_));
  return text;
}

}  // namespace cresset::nn
