#include <cmath>

#include "cases/lists.h"
#include "cases/patterns.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;

F::OptionalSize2 stride_of(const Options& o) {
  return o.has("stride") ? F::OptionalSize2(o.size2("stride", 1)) : F::OptionalSize2();
}

F::MaxPool2dOptions max_options(const Options& o) {
  return {.stride = stride_of(o),
          .padding = o.size2("padding", 0),
          .dilation = o.size2("dilation", 1),
          .ceil_mode = o.flag("ceil_mode", false)};
}
Outputs call_max(const Arguments& in, const Options& o) {
  return {F::max_pool2d(in[0], o.size2("kernel_size", 1), max_options(o))};
}
Outputs call_max_indices(const Arguments& in, const Options& o) {
  const auto [values, indices] = F::max_pool2d_with_indices(in[0], o.size2("kernel_size", 1), max_options(o));
  return {values, indices};
}
Outputs call_avg(const Arguments& in, const Options& o) {
  return {F::avg_pool2d(in[0], o.size2("kernel_size", 1),
                        {.stride = stride_of(o),
                         .padding = o.size2("padding", 0),
                         .ceil_mode = o.flag("ceil_mode", false),
                         .count_include_pad = o.flag("count_include_pad", true),
                         .divisor_override = o.maybe_integer("divisor_override")})};
}
Outputs call_adaptive(const Arguments& in, const Options& o) {
  return {F::adaptive_avg_pool2d(in[0], o.size2("output_size", 1))};
}

const Layout kLast = Layout::channels_last;

Argument x(const Shape& shape, Layout layout = Layout::contiguous) {
  return t(shape, Formula{.low = -99, .high = 99, .divisor = 16}, layout);
}

// What both kinds of pooling share; the largest window has `terms` elements.
std::vector<OpCase> windows(const std::vector<DType>& dtypes) {
  return {
      {.name = "plain", .arguments = {x({2, 3, 6, 8})}, .options = {{"kernel_size", 2}}, .dtypes = dtypes, .terms = 4},
      {.name = "rest_is_dropped", .arguments = {x({1, 2, 5, 7})}, .options = {{"kernel_size", 2}}, .terms = 4},
      {.name = "unbatched", .arguments = {x({3, 6, 8})}, .options = {{"kernel_size", {3, 2}}}, .terms = 6},
      {.name = "overlapping",
       .arguments = {x({2, 2, 7, 7})},
       .options = {{"kernel_size", 3}, {"stride", {2, 1}}},
       .dtypes = dtypes,
       .terms = 9},
      {.name = "gaps", .arguments = {x({1, 2, 7, 7})}, .options = {{"kernel_size", 1}, {"stride", 3}}, .terms = 1},
      {.name = "padding",
       .arguments = {x({2, 2, 5, 6})},
       .options = {{"kernel_size", {3, 4}}, {"stride", 2}, {"padding", {1, 2}}},
       .dtypes = dtypes,
       .terms = 12},
      {.name = "ceil_mode",
       .arguments = {x({1, 2, 6, 7})},
       .options = {{"kernel_size", 3}, {"stride", 2}, {"padding", 1}, {"ceil_mode", true}},
       .terms = 9},
      {.name = "ceil_drops_the_last",
       .arguments = {x({1, 1, 6, 5})},
       .options = {{"kernel_size", 1}, {"stride", 3}, {"ceil_mode", true}},
       .terms = 1},
      {.name = "whole_image", .arguments = {x({2, 3, 4, 5})}, .options = {{"kernel_size", {4, 5}}}, .terms = 20},
      {.name = "channels_last",
       .arguments = {x({2, 5, 6, 7}, kLast)},
       .options = {{"kernel_size", 3}, {"stride", 2}},
       .dtypes = dtypes,
       .terms = 9},
      {.name = "channels_last_wide",
       .arguments = {x({2, 37, 4, 4}, kLast)},
       .options = {{"kernel_size", 2}},
       .terms = 4,
       .golden = false},
      {.name = "channels_last_padding",
       .arguments = {x({2, 4, 5, 6}, kLast)},
       .options = {{"kernel_size", {3, 4}}, {"stride", 2}, {"padding", {1, 2}}},
       .dtypes = dtypes,
       .terms = 12,
       .golden = false},
      {.name = "channels_last_ceil_mode",
       .arguments = {x({1, 3, 6, 7}, kLast)},
       .options = {{"kernel_size", 3}, {"stride", 2}, {"padding", 1}, {"ceil_mode", true}},
       .terms = 9,
       .golden = false},
      {.name = "sliced", .arguments = {x({2, 2, 6, 6}, Layout::sliced)}, .options = {{"kernel_size", 2}}, .terms = 4},
      {.name = "transposed",
       .arguments = {x({2, 2, 6, 5}, Layout::transposed)},
       .options = {{"kernel_size", 2}},
       .terms = 4},
      {.name = "expanded",
       .arguments = {x({2, 2, 6, 5}, Layout::expanded)},
       .options = {{"kernel_size", 2}},
       .terms = 4},
      {.name = "no_images", .arguments = {x({0, 3, 6, 8})}, .options = {{"kernel_size", 2}}, .terms = 4},
      {.name = "large",
       .arguments = {x({4, 6, 28, 28})},
       .options = {{"kernel_size", 2}},
       .dtypes = dtypes,
       .terms = 4,
       .golden = false,
       .differences = false},
      {.name = "wide",
       .arguments = {x({2, 3, 9, 131})},
       .options = {{"kernel_size", 3}, {"padding", 1}},
       .dtypes = dtypes,
       .terms = 9,
       .golden = false,
       .differences = false},
  };
}

std::vector<ErrorCase> window_errors(const std::string& op) {
  return {
      {.name = "dims",
       .arguments = {x({4, 4})},
       .options = {{"kernel_size", 2}},
       .message = op + ": Expected 3D or 4D (batch mode) tensor for input, but got: float32[4, 4]"},
      {.name = "small_image",
       .arguments = {x({1, 1, 2, 2})},
       .options = {{"kernel_size", 3}},
       .message = op + ": Given input size: (1x2x2). Calculated output size: (1x0x0). Output size is too small"},
      {.name = "padding",
       .arguments = {x({1, 1, 4, 4})},
       .options = {{"kernel_size", 2}, {"padding", 2}},
       .type = ErrorType::value,
       .message = op + ": pad should be at most half of effective kernel size, but got pad=2, 2, kernel_size=2, 2 and "
                       "dilation=1, 1"},
      {.name = "kernel_size",
       .arguments = {x({1, 1, 4, 4})},
       .options = {{"kernel_size", 0}},
       .type = ErrorType::value,
       .message = op + ": kernel size should be greater than zero, but got kernel height 0 and width 0"},
      {.name = "stride",
       .arguments = {x({1, 1, 4, 4})},
       .options = {{"kernel_size", 2}, {"stride", {1, 0}}},
       .type = ErrorType::value,
       .message = op + ": stride should be greater than zero, but got 1 and 0"},
      {.name = "negative_padding",
       .arguments = {x({1, 1, 4, 4})},
       .options = {{"kernel_size", 2}, {"padding", {0, -1}}},
       .type = ErrorType::value,
       .message = op + ": pad must be non-negative, but got pad: 0, -1"},
      {.name = "empty_image",
       .arguments = {x({1, 0, 4, 4})},
       .options = {{"kernel_size", 2}},
       .message = op + ": Expected 3D or 4D tensor with optional 0 dim batch size for input, but got: float32"
                       "[1, 0, 4, 4]"},
      {.name = "huge_stride",
       .arguments = {x({1, 1, 4, 4})},
       .options = {{"kernel_size", 2}, {"stride", {1, 1073741825}}},
       .type = ErrorType::value,
       .message = op + ": sizes, strides and dilations must not exceed 1073741824",
       .golden = false},
  };
}

OpCases max_pool(const char* name, OpCall call) {
  OpCases op{.name = name,
             .call = call,
             .slots = {"max_pool2d.forward", "max_pool2d.backward"},
             .differentiable = Differentiable::once,
             .ulps = 0,
             .grad_ulps = 1,
             .cases = windows(kFloats)};
  // The longest stride: the kernels on CUDA count in 64 bits.
  append(op.cases, {{.name = "long_stride",
                     .arguments = {t({1, 2, 5, 4})},
                     .options = {{"kernel_size", 2}, {"stride", {1, 1073741824}}},
                     .dtypes = kNumbers,
                     .terms = 4,
                     .golden = false}});
  append(op.cases, {{.name = "dilation",
                     .arguments = {x({2, 2, 9, 8})},
                     .options = {{"kernel_size", {3, 2}}, {"stride", 2}, {"padding", 1}, {"dilation", {2, 3}}}},
                    {.name = "ties",
                     .arguments = {t({2, 2, 6, 6})},
                     .options = {{"kernel_size", 3}, {"stride", 1}},
                     .differences = false},
                    {.name = "channels_last_ties",
                     .arguments = {t({2, 3, 6, 6}, Formula{}, kLast)},
                     .options = {{"kernel_size", 3}, {"stride", 1}},
                     .golden = false,
                     .differences = false},
                    // A thread on CUDA takes 16 bytes of a row, or of channels.
                    {.name = "whole_rows",
                     .arguments = {x({2, 3, 6, 16})},
                     .options = {{"kernel_size", 3}, {"stride", 2}, {"padding", 1}},
                     .dtypes = kFloats,
                     .golden = false},
                    {.name = "whole_rows_dilation",
                     .arguments = {x({1, 2, 9, 16})},
                     .options = {{"kernel_size", {3, 2}}, {"stride", 3}, {"padding", 1}, {"dilation", {2, 5}}},
                     .golden = false},
                    {.name = "whole_rows_ties",
                     .arguments = {t({2, 2, 5, 16})},
                     .options = {{"kernel_size", 3}, {"stride", 1}},
                     .golden = false,
                     .differences = false},
                    {.name = "whole_channels",
                     .arguments = {x({2, 16, 5, 6}, kLast)},
                     .options = {{"kernel_size", 3}, {"stride", 2}, {"padding", 1}},
                     .dtypes = kFloats,
                     .golden = false},
                    {.name = "whole_channels_ties",
                     .arguments = {t({2, 16, 6, 5}, Formula{}, kLast)},
                     .options = {{"kernel_size", 3}, {"stride", 1}},
                     .golden = false,
                     .differences = false},
                    {.name = "not_a_number",
                     .arguments = {elements({1, NAN, 3, 4, 5, NAN, 7, 8, -INFINITY})},
                     .options = {{"kernel_size", 2}, {"stride", 1}},
                     .grad = false},
                    {.name = "integers",
                     .arguments = {t({1, 2, 4, 4})},
                     .options = {{"kernel_size", 2}},
                     .dtypes = {kInt64},
                     .golden = false}});
  for (OpCase& c : op.cases)
    if (c.name == "not_a_number") c.arguments[0].shape = {1, 1, 3, 3};
  op.errors = window_errors("max_pool2d");
  op.errors.push_back({.name = "dilation",
                       .arguments = {x({1, 1, 4, 4})},
                       .options = {{"kernel_size", 2}, {"dilation", {0, 1}}},
                       .type = ErrorType::value,
                       .message = "max_pool2d: dilation should be greater than zero, but got 0 and 1"});
  op.errors.push_back({.name = "bools",
                       .arguments = {x({1, 1, 4, 4})},
                       .options = {{"kernel_size", 2}},
                       .dtype = kBool,
                       .type = ErrorType::dtype,
                       .message = "max_pool2d: not supported for bool tensors"});
  return op;
}

}  // namespace

OpCases max_pool2d_cases() { return max_pool("max_pool2d", call_max); }
OpCases max_pool2d_with_indices_cases() { return max_pool("max_pool2d_with_indices", call_max_indices); }

OpCases avg_pool2d_cases() {
  OpCases op{.name = "avg_pool2d", .call = call_avg, .slots = {"avg_pool2d.forward", "avg_pool2d.backward"}};
  op.cases = windows(kFloats);
  append(op.cases,
         {{.name = "padding_not_counted",
           .arguments = {x({2, 2, 5, 6})},
           .options = {{"kernel_size", 3}, {"stride", 2}, {"padding", 1}, {"count_include_pad", false}},
           .terms = 9},
          {.name = "ceil_not_counted",
           .arguments = {x({1, 2, 6, 7})},
           .options =
               {{"kernel_size", 3}, {"stride", 2}, {"padding", 1}, {"ceil_mode", true}, {"count_include_pad", false}},
           .terms = 9},
          {.name = "divisor",
           .arguments = {x({2, 2, 5, 6})},
           .options = {{"kernel_size", 3}, {"padding", 1}, {"divisor_override", 4}},
           .terms = 9},
          {.name = "negative_divisor",
           .arguments = {x({1, 2, 4, 4})},
           .options = {{"kernel_size", 2}, {"divisor_override", -3}},
           .terms = 4},
          {.name = "whole",
           .arguments = {t({2, 2, 4, 6})},
           .options = {{"kernel_size", 2}},
           .dtypes = kFloats,
           .terms = 4,
           .exact = true},
          {.name = "integers",
           .arguments = {t({2, 2, 5, 6}, Formula{.low = -99, .high = 99})},
           .options = {{"kernel_size", 3}, {"stride", 2}, {"padding", 1}},
           .dtypes = {kInt64},
           .exact = true},
          {.name = "integers_not_counted",
           .arguments = {t({2, 2, 5, 6}, Formula{.low = -99, .high = 99}, kLast)},
           .options = {{"kernel_size", 3}, {"stride", 2}, {"padding", 1}, {"count_include_pad", false}},
           .dtypes = {kInt64},
           .exact = true,
           .golden = false}});
  op.errors = window_errors("avg_pool2d");
  op.errors.push_back({.name = "divisor",
                       .arguments = {x({1, 1, 4, 4})},
                       .options = {{"kernel_size", 2}, {"divisor_override", 0}},
                       .type = ErrorType::value,
                       .message = "avg_pool2d: divisor must be not zero"});
  op.errors.push_back({.name = "integers",
                       .arguments = {t({1, 1, 4, 4})},
                       .options = {{"kernel_size", 2}},
                       .dtype = kInt32,
                       .type = ErrorType::dtype,
                       .message = "avg_pool2d: the input must be of a floating type or int64, got int32[1, 1, 4, 4]"});
  return op;
}

OpCases adaptive_avg_pool2d_cases() {
  OpCases op{
      .name = "adaptive_avg_pool2d", .call = call_adaptive, .slots = {"avg_pool2d.forward", "avg_pool2d.backward"}};
  op.cases = {
      {.name = "plain",
       .arguments = {x({2, 3, 6, 8})},
       .options = {{"output_size", {3, 2}}},
       .dtypes = kFloats,
       .terms = 8},
      {.name = "uneven",
       .arguments = {x({2, 3, 7, 5})},
       .options = {{"output_size", {3, 4}}},
       .dtypes = kFloats,
       .terms = 9},
      {.name = "one", .arguments = {x({2, 3, 7, 5})}, .options = {{"output_size", 1}}, .terms = 35},
      {.name = "larger", .arguments = {x({1, 2, 3, 2})}, .options = {{"output_size", {5, 4}}}, .terms = 4},
      {.name = "unbatched", .arguments = {x({3, 6, 8})}, .options = {{"output_size", 2}}, .terms = 12},
      {.name = "channels_last",
       .arguments = {x({2, 5, 6, 7}, kLast)},
       .options = {{"output_size", 3}},
       .dtypes = kFloats,
       .terms = 9},
      {.name = "sliced", .arguments = {x({2, 2, 6, 6}, Layout::sliced)}, .options = {{"output_size", 3}}, .terms = 4},
      {.name = "no_images", .arguments = {x({0, 3, 6, 8})}, .options = {{"output_size", 2}}, .terms = 4},
      {.name = "no_rows",
       .arguments = {x({2, 3, 6, 8})},
       .options = {{"output_size", {0, 2}}},
       .terms = 1,
       .grad = false},
      {.name = "large",
       .arguments = {x({3, 5, 29, 31})},
       .options = {{"output_size", {7, 5}}},
       .dtypes = kFloats,
       .terms = 35,
       .golden = false,
       .differences = false},
  };
  op.errors = {{.name = "dims",
                .arguments = {x({4, 4})},
                .options = {{"output_size", 2}},
                .message = "adaptive_avg_pool2d: Expected 3D or 4D tensor, but got float32[4, 4]"},
               {.name = "empty_image",
                .arguments = {x({1, 2, 0, 4})},
                .options = {{"output_size", 2}},
                .message = "adaptive_avg_pool2d: Expected input to have non-zero size for non-batch dimensions, but "
                           "input has sizes [1, 2, 0, 4]"},
               {.name = "integers",
                .arguments = {t({1, 1, 4, 4})},
                .options = {{"output_size", 2}},
                .dtype = kInt64,
                .type = ErrorType::dtype,
                .message = "adaptive_avg_pool2d: the input must be of a floating type, got int64[1, 1, 4, 4]"},
               {.name = "negative_size",
                .arguments = {x({1, 1, 4, 4})},
                .options = {{"output_size", {2, -1}}},
                .type = ErrorType::value,
                .message = "adaptive_avg_pool2d: elements of output_size must be greater than or equal to 0 but "
                           "received 2, -1"}};
  return op;
}

}  // namespace cresset::test
