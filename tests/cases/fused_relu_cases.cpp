// conv2d_relu, linear_relu, batch_norm_relu. PyTorch has the two calls only, whose answers are on file under their
// names.
#include <cresset/nn/fused_relu.h>

#include "cases/lists.h"
#include "cases/patterns.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;

Outputs call_conv2d(const Arguments& in, const Options& o) {
  return {F::conv2d_relu(in[0], in[1], in[2],
                         {.stride = o.size2("stride", 1),
                          .padding = o.size2("padding", 0),
                          .dilation = o.size2("dilation", 1),
                          .groups = o.integer("groups", 1)})};
}
Outputs call_linear(const Arguments& in, const Options&) { return {F::linear_relu(in[0], in[1], in[2])}; }
// The output, and the running statistics afterwards.
Outputs call_batch_norm(const Arguments& in, const Options& o) {
  Outputs outputs{{}, in[1].detach().clone(), in[2].detach().clone()};
  outputs[0] = F::batch_norm_relu(in[0], outputs[1], outputs[2], in[3], in[4], {.training = o.flag("training", false)});
  return outputs;
}

const Layout kLast = Layout::channels_last;

// Whole numbers: where a sum is zero, all kernels find it so, and the gradient there is one.
Argument x(const Shape& shape, Layout layout = Layout::contiguous) {
  return t(shape, {.low = -2, .high = 2, .step = 1}, layout);
}

OpCase exact(std::string name, std::vector<Argument> arguments, Options options = {}, bool differences = false) {
  return {.name = std::move(name),
          .arguments = std::move(arguments),
          .options = std::move(options),
          .dtypes = kFloats,
          .exact = true,
          .golden = false,
          .differences = differences};
}

}  // namespace

OpCases conv2d_relu_cases() {
  OpCases op{.name = "conv2d_relu", .call = call_conv2d, .slots = {"conv2d_relu.forward"}, .fused = true};
  op.cases = {
      exact("plain", {x({2, 3, 6, 5}), x({4, 3, 3, 3}), x({4})}),
      exact("no_bias", {x({2, 3, 6, 5}), x({4, 3, 3, 3})}),
      exact("unbatched", {x({3, 6, 5}), x({4, 3, 3, 3}), x({4})}),
      exact("all_options", {x({2, 4, 9, 8}), x({6, 2, 3, 2}), x({6})},
            {{"stride", {2, 1}}, {"padding", {1, 2}}, {"dilation", {1, 2}}, {"groups", 2}}),
      exact("depthwise", {x({2, 5, 6, 5}), x({5, 1, 3, 3}), x({5})}, {{"padding", {1, 1}}, {"groups", 5}}),
      exact("channels_last", {x({2, 8, 6, 5}, kLast), x({24, 8, 3, 3}), x({24})}, {{"padding", {1, 1}}}),
      exact("many_channels", {x({2, 33, 5, 6}), x({37, 33, 2, 2}), x({37})}),
      exact("no_images", {x({0, 3, 6, 5}), x({4, 3, 3, 3}), x({4})}),
      // Fifths are far from zero beside their rounding, but for the whole ones among their sums.
      {.name = "second",
       .arguments = {t({1, 2, 4, 4}, kFifths), t({3, 2, 3, 3}, kFifths), t({3}, {.low = 1, .high = 3, .divisor = 7})},
       .terms = 18,
       .golden = false},
      {.name = "integers",
       .arguments = {x({1, 2, 4, 4}), x({3, 2, 3, 3}), x({3})},
       .dtypes = {kInt32, kUInt8},
       .exact = true,
       .grad = false,
       .golden = false,
       .forced = false},
  };
  op.errors = {{.name = "channels",
                .arguments = {t({1, 2, 4, 4}), t({3, 4, 3, 3})},
                .message = "conv2d: Given groups=1, weight of size [3, 4, 3, 3], expected input[1, 2, 4, 4] to have 4 "
                           "channels, but got 2 channels instead",
                .golden = false}};
  return op;
}

OpCases linear_relu_cases() {
  OpCases op{.name = "linear_relu", .call = call_linear, .slots = {"matmul_relu"}, .fused = true};
  op.cases = {
      exact("plain", {x({3, 5}), x({4, 5}), x({4})}),
      exact("no_bias", {x({3, 5}), x({4, 5})}),
      exact("vector", {x({5}), x({4, 5}), x({4})}),
      exact("one_feature", {x({3, 5}), x({5}), x({})}),
      exact("more_dims", {x({2, 3, 5}), x({4, 5}), x({4})}),
      exact("transposed", {x({3, 5}, Layout::transposed), x({4, 5}, Layout::transposed), x({4})}),
      exact("no_rows", {x({0, 5}), x({4, 5}), x({4})}),
      exact("chunks", {x({24, 72}), x({40, 72}), x({40})}),
      {.name = "second",
       .arguments = {t({3, 5}, kFifths), t({4, 5}, kFifths), t({4}, {.low = 1, .high = 3, .divisor = 7})},
       .terms = 5,
       .golden = false},
  };
  op.errors = {{.name = "features",
                .arguments = {t({2, 3}), t({4, 5})},
                .message = "linear: mat1 and mat2 shapes cannot be multiplied (float32[2, 3] and float32[4, 5], "
                           "in_features 5)",
                .golden = false}};
  return op;
}

OpCases batch_norm_relu_cases() {
  OpCases op{.name = "batch_norm_relu",
             .call = call_batch_norm,
             .slots = {"batch_norm_relu.forward", "batch_norm_relu.inference", "batch_norm_relu.backward"},
             .ulps = 4,
             .grad_ulps = 12,
             .fused = true};
  const auto arguments = [](const Shape& shape, Layout layout = Layout::contiguous) {
    const std::int64_t n = shape[1];
    return std::vector<Argument>{t(shape, kFifths, layout), t({n}, {.data = kFifths, .grad = false}),
                                 t({n}, {.data = kPositive, .grad = false}), t({n}, kFifths), t({n}, kFifths)};
  };
  const auto training = [&](std::string name, std::vector<Argument> all, std::int64_t terms,
                            std::vector<DType> dtypes = {kFloat32, kFloat64}) {
    return OpCase{.name = std::move(name),
                  .arguments = std::move(all),
                  .options = {{"training", true}},
                  .dtypes = std::move(dtypes),
                  .terms = terms,
                  .golden = false};
  };
  op.cases = {
      training("training", arguments({2, 3, 4, 5}), 40),
      training("channels_last", arguments({2, 5, 3, 4}, kLast), 24),
      training("vectors", arguments({6, 5}), 6),
      training("halves", arguments({2, 3, 4, 5}), 40, {kFloat16, kBFloat16}),
      training("even_channels", arguments({2, 8, 3, 2}), 12),
      training("even_channels_halves", arguments({2, 8, 3, 2}, kLast), 12, {kFloat16, kBFloat16}),
      {.name = "even_channels_inference",
       .arguments = arguments({2, 8, 3, 2}, kLast),
       .dtypes = kFloats,
       .terms = 12,
       .golden = false},
      {.name = "inference", .arguments = arguments({2, 3, 4, 5}), .dtypes = kFloats, .terms = 40, .golden = false},
      {.name = "inference_channels_last", .arguments = arguments({2, 5, 3, 4}, kLast), .terms = 24, .golden = false},
      {.name = "no_images", .arguments = arguments({0, 3, 4, 5}), .terms = 1, .golden = false},
  };
  op.errors = {{.name = "one_value",
                .arguments = arguments({1, 3}),
                .options = {{"training", true}},
                .type = ErrorType::value,
                .message = "batch_norm: Expected more than 1 value per channel when training, got input size [1, 3]",
                .golden = false}};
  return op;
}

}  // namespace cresset::test
