#include <algorithm>

#include "cases/lists.h"
#include "cases/patterns.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;

Outputs call(const Arguments& in, const Options& o) {
  F::Conv2dOptions options{
      .stride = o.size2("stride", 1), .dilation = o.size2("dilation", 1), .groups = o.integer("groups", 1)};
  const auto* padding = std::find_if(o.all().data(), o.all().data() + o.all().size(),
                                     [](const Option& one) { return std::string(one.name) == "padding"; });
  if (padding != o.all().data() + o.all().size()) {
    if (const auto* text = std::get_if<std::string>(&padding->value.value))
      options.padding = F::Padding2(text->c_str());
    else
      options.padding = o.size2("padding", 0);
  }
  return {F::conv2d(in[0], in[1], in[2], options)};
}

const Layout kLast = Layout::channels_last;

}  // namespace

OpCases conv2d_cases() {
  OpCases op{.name = "conv2d",
             .call = call,
             .slots = {"conv2d.forward", "conv2d.grad_input", "conv2d.grad_weight"},
             .ulps = 2,
             .grad_ulps = 4};
  const auto x = [](const Shape& shape, Layout layout = Layout::contiguous) { return t(shape, kFifths, layout); };
  const auto w = x;
  op.cases = {
      {.name = "plain", .arguments = {x({2, 3, 6, 5}), w({4, 3, 3, 3}), x({4})}, .dtypes = kFloats, .terms = 27},
      {.name = "whole",
       .arguments = {t({2, 3, 7, 6}), t({4, 3, 3, 2}), t({4})},
       .dtypes = {kFloat32, kFloat64},
       .terms = 18,
       .exact = true},
      {.name = "no_bias", .arguments = {x({1, 2, 5, 5}), w({3, 2, 2, 2})}, .terms = 8},
      {.name = "unbatched", .arguments = {x({2, 5, 5}), w({3, 2, 3, 3}), x({3})}, .terms = 18},
      {.name = "one_by_one", .arguments = {x({2, 5, 3, 4}), w({7, 5, 1, 1}), x({7})}, .dtypes = kFloats, .terms = 5},
      {.name = "one_pixel", .arguments = {x({1, 1, 1, 1}), w({1, 1, 1, 1}), x({1})}, .terms = 1},
      {.name = "whole_image", .arguments = {x({2, 3, 4, 4}), w({5, 3, 4, 4}), x({5})}, .terms = 48},
      {.name = "stride",
       .arguments = {x({2, 3, 8, 9}), w({4, 3, 3, 3}), x({4})},
       .options = {{"stride", {2, 3}}},
       .dtypes = kFloats,
       .terms = 27},
      {.name = "padding",
       .arguments = {x({2, 3, 5, 4}), w({4, 3, 3, 3})},
       .options = {{"padding", {2, 1}}},
       .dtypes = kFloats,
       .terms = 27},
      {.name = "same", .arguments = {x({1, 2, 5, 6}), w({3, 2, 4, 3})}, .options = {{"padding", "same"}}, .terms = 24},
      {.name = "same_dilated",
       .arguments = {x({1, 2, 7, 6}), w({3, 2, 2, 3})},
       .options = {{"padding", "same"}, {"dilation", {3, 2}}},
       .terms = 12},
      {.name = "valid",
       .arguments = {x({1, 2, 5, 6}), w({3, 2, 4, 3})},
       .options = {{"padding", "valid"}},
       .terms = 24},
      {.name = "dilation",
       .arguments = {x({1, 3, 9, 8}), w({4, 3, 3, 3})},
       .options = {{"dilation", {2, 3}}},
       .dtypes = {kFloat32, kBFloat16},
       .terms = 27},
      {.name = "groups",
       .arguments = {x({2, 6, 5, 5}), w({4, 3, 3, 3}), x({4})},
       .options = {{"groups", 2}},
       .dtypes = {kFloat32, kBFloat16},
       .terms = 27},
      {.name = "depthwise", .arguments = {x({2, 5, 6, 6}), w({10, 1, 3, 3})}, .options = {{"groups", 5}}, .terms = 9},
      {.name = "all_options",
       .arguments = {x({2, 4, 11, 9}), w({6, 2, 3, 2}), x({6})},
       .options = {{"stride", {2, 1}}, {"padding", {3, 2}}, {"dilation", {2, 3}}, {"groups", 2}},
       .terms = 12},
      {.name = "even_kernel_padding",
       .arguments = {x({1, 3, 6, 6}), w({8, 3, 2, 2})},
       .options = {{"padding", 1}, {"stride", 2}},
       .terms = 12},
      {.name = "channels_last",
       .arguments = {x({2, 3, 6, 5}, kLast), w({4, 3, 3, 3}, kLast), x({4})},
       .dtypes = kFloats,
       .terms = 27},
      {.name = "channels_last_input",
       .arguments = {x({2, 8, 5, 5}, kLast), w({16, 8, 3, 3}), x({16})},
       .options = {{"padding", 1}},
       .terms = 72,
       .second = false},
      {.name = "channels_last_weight", .arguments = {x({2, 3, 5, 5}), w({4, 3, 3, 3}, kLast)}, .terms = 27},
      {.name = "channels_last_strided",
       .arguments = {x({2, 4, 7, 7}, kLast), w({8, 4, 3, 3})},
       .options = {{"stride", 2}, {"padding", 1}},
       .terms = 36},
      {.name = "sliced",
       .arguments = {x({2, 2, 5, 5}, Layout::sliced), w({3, 2, 3, 3}, Layout::sliced), x({3}, Layout::sliced)},
       .terms = 18},
      {.name = "transposed",
       .arguments = {x({2, 2, 5, 6}, Layout::transposed), w({3, 2, 3, 2}, Layout::transposed)},
       .terms = 12},
      {.name = "expanded", .arguments = {x({3, 2, 5, 5}, Layout::expanded), w({3, 2, 3, 3})}, .terms = 18},
      {.name = "no_images", .arguments = {x({0, 3, 6, 5}), w({4, 3, 3, 3}), x({4})}, .terms = 27},
      {.name = "seed_first",
       .arguments = {x({4, 3, 32, 32}), w({6, 3, 5, 5}), x({6})},
       .dtypes = kFloats,
       .terms = 75,
       .golden = false,
       .differences = false,
       .slack = 4},
      {.name = "seed_second",
       .arguments = {x({4, 6, 14, 14}), w({16, 6, 5, 5}), x({16})},
       .dtypes = kFloats,
       .terms = 150,
       .golden = false,
       .differences = false,
       .slack = 4},
      {.name = "many_channels",
       .arguments = {x({3, 32, 15, 17}), w({48, 32, 3, 3}), x({48})},
       .options = {{"padding", 1}},
       .dtypes = {kFloat32, kBFloat16},
       .terms = 288,
       .golden = false,
       .differences = false,
       .slack = 4},
      {.name = "many_channels_last",
       .arguments = {x({3, 32, 15, 17}, kLast), w({48, 32, 3, 3}), x({48})},
       .options = {{"padding", 1}},
       .dtypes = {kFloat32, kBFloat16},
       .terms = 288,
       .golden = false,
       .differences = false,
       .slack = 4},
      {.name = "integers",
       .arguments = {t({2, 3, 5, 5}), t({4, 3, 3, 3}), t({4})},
       .dtypes = {kInt64, kInt32},
       .golden = false},
  };
  op.errors = {
      {.name = "input_dims",
       .arguments = {x({5, 5}), w({4, 3, 3, 3})},
       .message = "conv2d: Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: float32"
                  "[5, 5]"},
      {.name = "weight_dims",
       .arguments = {x({1, 3, 5, 5}), w({4, 3, 3})},
       .message = "conv2d: weight must be [out_channels, in_channels/groups, kernel height, kernel width], got float32"
                  "[4, 3, 3]"},
      {.name = "channels",
       .arguments = {x({1, 2, 5, 5}), w({4, 3, 3, 3})},
       .message = "conv2d: Given groups=1, weight of size [4, 3, 3, 3], expected input[1, 2, 5, 5] to have 3 channels, "
                  "but got 2 channels instead"},
      {.name = "groups",
       .arguments = {x({1, 6, 5, 5}), w({4, 2, 3, 3})},
       .options = {{"groups", 3}},
       .message = "conv2d: Given groups=3, expected weight to be divisible by 3 at dimension 0, but got weight of size "
                  "[4, 2, 3, 3]"},
      {.name = "no_groups",
       .arguments = {x({1, 2, 5, 5}), w({4, 2, 3, 3})},
       .options = {{"groups", 0}},
       .type = ErrorType::value,
       .message = "conv2d: groups must be positive, got 0"},
      {.name = "bias_size",
       .arguments = {x({1, 3, 5, 5}), w({4, 3, 3, 3}), x({3})},
       .message = "conv2d: Given weight of size [4, 3, 3, 3], expected bias to be 1-dimensional with 4 elements, but "
                  "got bias of size [3]"},
      {.name = "small_image",
       .arguments = {x({1, 3, 2, 5}), w({4, 3, 3, 3})},
       .message = "conv2d: Calculated padded input size per channel: 2. Kernel size: 3. Kernel size can't be greater "
                  "than actual input size (height)"},
      {.name = "stride",
       .arguments = {x({1, 3, 5, 5}), w({4, 3, 3, 3})},
       .options = {{"stride", 0}},
       .type = ErrorType::value,
       .message = "conv2d: non-positive stride is not supported, got 0 (height)"},
      {.name = "dilation",
       .arguments = {x({1, 3, 5, 5}), w({4, 3, 3, 3})},
       .options = {{"dilation", {1, 0}}},
       .type = ErrorType::value,
       .message = "conv2d: dilation should be greater than zero, got 0 (width)"},
      {.name = "negative_padding",
       .arguments = {x({1, 3, 5, 5}), w({4, 3, 3, 3})},
       .options = {{"padding", {-1, 0}}},
       .type = ErrorType::value,
       .message = "conv2d: negative padding is not supported, got -1 (height)"},
      {.name = "same_strided",
       .arguments = {x({1, 3, 5, 5}), w({4, 3, 3, 3})},
       .options = {{"stride", 2}, {"padding", "same"}},
       .type = ErrorType::value,
       .message = "conv2d: padding='same' is not supported for strided convolutions, got stride 2"},
      {.name = "padding_word",
       .arguments = {x({1, 3, 5, 5}), w({4, 3, 3, 3})},
       .options = {{"padding", "full"}},
       .type = ErrorType::value,
       .message = "padding: invalid padding string 'full', should be one of valid, same"},
      {.name = "types",
       .arguments = {x({1, 3, 5, 5}), t({4, 3, 3, 3}, {.dtype = kFloat64})},
       .type = ErrorType::dtype,
       .message = "conv2d: Input type (float32[1, 3, 5, 5]) and weight type (float64[4, 3, 3, 3]) should be the "
                  "same"},
      {.name = "empty_weight",
       .arguments = {x({1, 3, 5, 5}), w({0, 3, 3, 3})},
       .message = "conv2d: weight should have at least one element along every dimension, got float32[0, 3, 3, 3]",
       .golden = false},
      {.name = "bias_type",
       .arguments = {x({1, 3, 5, 5}), w({4, 3, 3, 3}), t({4}, {.dtype = kFloat64})},
       .type = ErrorType::dtype,
       .message = "conv2d: Input type (float32[1, 3, 5, 5]) and bias type (float64[4]) should be the same"},
      {.name = "bools",
       .arguments = {t({1, 3, 5, 5}, kTruth), t({4, 3, 3, 3}, kTruth)},
       .dtype = kBool,
       .type = ErrorType::dtype,
       .message = "conv2d: not supported for bool tensors"},
  };
  return op;
}

}  // namespace cresset::test
