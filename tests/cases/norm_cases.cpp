// batch_norm, softmax, log_softmax, dropout without chance.
#include <cmath>

#include "cases/lists.h"
#include "cases/patterns.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;

// The output, and the running statistics afterwards.
Outputs call_batch_norm(const Arguments& in, const Options& o) {
  const auto copy = [](const Tensor& x) { return x.defined() ? x.detach().clone() : x; };
  Outputs outputs{{}, copy(in[1]), copy(in[2])};
  outputs[0] = F::batch_norm(
      in[0], outputs[1], outputs[2], in[3], in[4],
      {.training = o.flag("training", false), .momentum = o.real("momentum", 0.1), .eps = o.real("eps", 1e-5)});
  std::erase_if(outputs, [](const Tensor& x) { return !x.defined(); });
  return outputs;
}
Outputs call_softmax(const Arguments& in, const Options& o) { return {F::softmax(in[0], o.integer("dim", 0))}; }
Outputs call_log_softmax(const Arguments& in, const Options& o) { return {F::log_softmax(in[0], o.integer("dim", 0))}; }
Outputs call_dropout(const Arguments& in, const Options& o) {
  return {F::dropout(in[0], o.real("p", 0.5), {.training = o.flag("training", true)})};
}

const Layout kLast = Layout::channels_last;

Argument x(const Shape& shape, Layout layout = Layout::contiguous) { return t(shape, kFifths, layout); }
// Statistics and scales stay float32 where the input has 16 bits.
Argument channels(std::int64_t n, Formula data = kFifths) { return t({n}, {.data = data}); }
Argument statistic(std::int64_t n, Formula data) { return t({n}, {.data = data, .grad = false}); }

std::vector<Argument> arguments(const Shape& shape, Layout layout = Layout::contiguous, bool wide = false) {
  const std::int64_t n = shape[1];
  std::vector<Argument> all{x(shape, layout), statistic(n, kFifths), statistic(n, kPositive), channels(n), channels(n)};
  if (wide)
    for (std::size_t i = 1; i < all.size(); ++i) all[i].dtype = kFloat32;
  return all;
}

OpCases softmax_like(const char* name, OpCall call) {
  OpCases op{.name = name,
             .call = call,
             .slots = {"softmax.forward", "softmax.backward"},
             .ulps = 4,
             .grad_ulps = 8,
             .grad_rounded = true};
  op.cases = {
      {.name = "plain", .arguments = {x({3, 7})}, .options = {{"dim", 1}}, .dtypes = kFloats, .terms = 7},
      {.name = "first", .arguments = {x({5, 3})}, .options = {{"dim", 0}}, .dtypes = kFloats, .terms = 5},
      {.name = "channels", .arguments = {x({2, 4, 3, 5})}, .options = {{"dim", 1}}, .dtypes = kFloats, .terms = 4},
      {.name = "last", .arguments = {x({2, 3, 4})}, .options = {{"dim", -1}}, .terms = 4},
      {.name = "number", .arguments = {x({})}, .options = {{"dim", 0}}, .terms = 1},
      {.name = "one", .arguments = {x({3, 1})}, .options = {{"dim", 1}}, .terms = 1},
      {.name = "empty", .arguments = {x({0, 3})}, .options = {{"dim", 1}}, .terms = 3},
      {.name = "no_classes", .arguments = {x({3, 0})}, .options = {{"dim", 1}}, .terms = 1},
      {.name = "sliced", .arguments = {x({3, 9}, Layout::sliced)}, .options = {{"dim", 1}}, .terms = 9},
      {.name = "transposed", .arguments = {x({2, 4, 3}, Layout::transposed)}, .options = {{"dim", 2}}, .terms = 3},
      {.name = "expanded", .arguments = {x({3, 4}, Layout::expanded)}, .options = {{"dim", 1}}, .terms = 4},
      {.name = "far_apart",
       .arguments = {elements({1000, -1000, 999, 0, 88, 1000})},
       .options = {{"dim", 0}},
       .terms = 6,
       .differences = false},
      {.name = "infinite",
       .arguments = {elements({-INFINITY, 1, 2, -INFINITY})},
       .options = {{"dim", 0}},
       .terms = 4,
       .grad = false},
      {.name = "ten_classes",
       .arguments = {x({67, 10})},
       .options = {{"dim", 1}},
       .dtypes = kFloats,
       .terms = 10,
       .golden = false,
       .differences = false},
      {.name = "large",
       .arguments = {x({5, 3001})},
       .options = {{"dim", 1}},
       .dtypes = kFloats,
       .terms = 3001,
       .golden = false,
       .differences = false},
      {.name = "large_inner",
       .arguments = {x({2, 19, 501})},
       .options = {{"dim", 1}},
       .dtypes = kFloats,
       .terms = 19,
       .golden = false,
       .differences = false},
  };
  op.errors = {{.name = "integers",
                .arguments = {t({3})},
                .options = {{"dim", 0}},
                .dtype = kInt64,
                .type = ErrorType::dtype,
                .message = std::string(name) + ": the input must be of a floating type, got int64[3]"}};
  return op;
}

}  // namespace

OpCases batch_norm_cases() {
  OpCases op{.name = "batch_norm",
             .call = call_batch_norm,
             .slots = {"batch_norm.forward", "batch_norm.inference", "batch_norm.backward"},
             .ulps = 4,
             .grad_ulps = 12};
  const std::vector<DType> halves{kFloat16, kBFloat16}, wide{kFloat32, kFloat64};
  op.cases = {
      {.name = "training",
       .arguments = arguments({2, 3, 4, 5}),
       .options = {{"training", true}},
       .dtypes = wide,
       .terms = 40},
      {.name = "training_halves",
       .arguments = arguments({2, 3, 4, 5}, Layout::contiguous, true),
       .options = {{"training", true}},
       .dtypes = halves,
       .terms = 40},
      {.name = "inference", .arguments = arguments({2, 3, 4, 5}), .dtypes = wide, .terms = 40},
      {.name = "inference_halves",
       .arguments = arguments({2, 3, 4, 5}, Layout::contiguous, true),
       .dtypes = halves,
       .terms = 40},
      {.name = "momentum",
       .arguments = arguments({2, 3, 4, 5}),
       .options = {{"training", true}, {"momentum", 0.3}, {"eps", 0.01}},
       .terms = 40},
      {.name = "vectors", .arguments = arguments({6, 5}), .options = {{"training", true}}, .terms = 6},
      {.name = "sequences", .arguments = arguments({3, 4, 5}), .options = {{"training", true}}, .terms = 15},
      {.name = "no_statistics",
       .arguments = {x({4, 3, 2, 2}), none(), none(), channels(3), channels(3)},
       .options = {{"training", true}},
       .terms = 16},
      {.name = "no_affine",
       .arguments = {x({4, 3, 2, 2}), statistic(3, kFifths), statistic(3, kPositive), none(), none()},
       .options = {{"training", true}},
       .terms = 16},
      {.name = "weight_only",
       .arguments = {x({4, 3, 2, 2}), statistic(3, kFifths), statistic(3, kPositive), channels(3), none()},
       .options = {{"training", true}},
       .terms = 16},
      {.name = "bias_only",
       .arguments = {x({4, 3, 2, 2}), statistic(3, kFifths), statistic(3, kPositive), none(), channels(3)},
       .options = {{"training", true}},
       .terms = 16},
      {.name = "inference_weight_only",
       .arguments = {x({4, 3, 2, 2}), statistic(3, kFifths), statistic(3, kPositive), channels(3), none()},
       .terms = 16,
       .golden = false},
      {.name = "inference_bias_only",
       .arguments = {x({4, 3, 2, 2}), statistic(3, kFifths), statistic(3, kPositive), none(), channels(3)},
       .terms = 16,
       .golden = false},
      // As after `net.to(kBFloat16)`: all of the input's type.
      {.name = "training_all_halves",
       .arguments = arguments({2, 3, 4, 5}),
       .options = {{"training", true}},
       .dtypes = halves,
       .terms = 40},
      {.name = "inference_all_halves",
       .arguments = arguments({2, 3, 4, 5}),
       .dtypes = halves,
       .terms = 40,
       .golden = false},
      {.name = "inference_no_affine",
       .arguments = {x({4, 3, 2, 2}), statistic(3, kFifths), statistic(3, kPositive), none(), none()},
       .terms = 16},
      {.name = "channels_last",
       .arguments = arguments({2, 5, 3, 4}, kLast),
       .options = {{"training", true}},
       .dtypes = wide,
       .terms = 24},
      {.name = "channels_last_halves",
       .arguments = arguments({2, 5, 3, 4}, kLast, true),
       .options = {{"training", true}},
       .dtypes = halves,
       .terms = 24},
      {.name = "inference_channels_last", .arguments = arguments({2, 5, 3, 4}, kLast), .terms = 24},
      {.name = "sliced",
       .arguments = arguments({2, 3, 4, 5}, Layout::sliced),
       .options = {{"training", true}},
       .terms = 40},
      {.name = "one_image",
       .arguments = arguments({1, 3, 2, 2}),
       .options = {{"training", true}},
       .terms = 2,
       .slack = 8},
      {.name = "no_images", .arguments = arguments({0, 3, 4, 5}), .terms = 1},
      // As many channels as cuDNN wants: 16 bytes of them.
      {.name = "even_channels",
       .arguments = arguments({2, 8, 3, 2}),
       .options = {{"training", true}, {"momentum", 0.3}, {"eps", 0.01}},
       .terms = 12,
       .golden = false},
      {.name = "even_channels_last",
       .arguments = arguments({2, 8, 3, 2}, kLast),
       .options = {{"training", true}},
       .terms = 12,
       .golden = false},
      {.name = "even_channels_halves",
       .arguments = arguments({2, 8, 3, 2}, kLast, true),
       .options = {{"training", true}},
       .dtypes = halves,
       .terms = 12,
       .golden = false},
      {.name = "even_channels_no_affine",
       .arguments = {x({2, 8, 3, 2}), none(), none(), none(), none()},
       .options = {{"training", true}},
       .terms = 12,
       .golden = false},
      {.name = "even_channels_weight_only",
       .arguments = {x({2, 8, 3, 2}), none(), none(), channels(8), none()},
       .options = {{"training", true}},
       .terms = 12,
       .golden = false},
      {.name = "even_channels_inference", .arguments = arguments({2, 8, 3, 2}), .terms = 12, .golden = false},
      {.name = "even_channels_inference_last",
       .arguments = arguments({2, 8, 3, 2}, kLast, true),
       .dtypes = halves,
       .terms = 12,
       .golden = false},
      {.name = "even_channels_inference_bias_only",
       .arguments = {x({2, 8, 3, 2}), statistic(8, kFifths), statistic(8, kPositive), none(), channels(8)},
       .terms = 12,
       .golden = false},
      {.name = "large",
       .arguments = arguments({16, 7, 23, 19}),
       .options = {{"training", true}},
       .dtypes = wide,
       .terms = 6992,
       .golden = false,
       .differences = false},
      // Several parts of a channel, and planes smaller than a step.
      {.name = "parts",
       .arguments = arguments({61, 2, 15, 13}),
       .options = {{"training", true}},
       .dtypes = wide,
       .terms = 11895,
       .golden = false,
       .differences = false},
      {.name = "parts_halves",
       .arguments = arguments({61, 2, 15, 13}, Layout::contiguous, true),
       .options = {{"training", true}},
       .dtypes = halves,
       .terms = 11895,
       .golden = false,
       .differences = false},
      {.name = "parts_halves_last",
       .arguments = arguments({16, 5, 11, 9}, kLast, true),
       .options = {{"training", true}},
       .dtypes = halves,
       .terms = 1584,
       .golden = false,
       .differences = false},
      {.name = "large_channels_last",
       .arguments = arguments({16, 37, 11, 9}, kLast),
       .options = {{"training", true}},
       .dtypes = wide,
       .terms = 1584,
       .golden = false,
       .differences = false},
      {.name = "large_vectors",
       .arguments = arguments({301, 84}),
       .options = {{"training", true}},
       .terms = 301,
       .golden = false,
       .differences = false},
  };
  op.errors = {
      {.name = "one_value",
       .arguments = arguments({1, 3}),
       .options = {{"training", true}},
       .type = ErrorType::value,
       .message = "batch_norm: Expected more than 1 value per channel when training, got input size [1, 3]",
       .golden = false},
      {.name = "no_statistics",
       .arguments = {x({2, 3})},
       .type = ErrorType::value,
       .message = "batch_norm: Expected running_mean and running_var to be defined when training=False"},
      {.name = "running_mean",
       .arguments = {x({2, 3}), statistic(4, kFifths), statistic(3, kPositive)},
       .message = "batch_norm: running_mean should contain 3 elements not 4"},
      {.name = "weight",
       .arguments = {x({2, 3}), statistic(3, kFifths), statistic(3, kPositive), channels(2), channels(3)},
       .message = "batch_norm: weight should contain 3 elements not 2"},
      {.name = "statistics_type",
       .arguments = {x({2, 3}), t({3}, {.data = kFifths, .dtype = kFloat64, .grad = false}), statistic(3, kPositive)},
       .type = ErrorType::dtype,
       .message = "batch_norm: running_mean must be of type float32, got float64"},
      {.name = "dims",
       .arguments = {x({3}), none(), none()},
       .options = {{"training", true}},
       .message = "batch_norm: the input must be [N, C, ...], got float32[3]"},
      {.name = "integers",
       .arguments = {t({2, 3}), statistic(3, kFifths), statistic(3, kPositive)},
       .dtype = kInt64,
       .type = ErrorType::dtype,
       .message = "batch_norm: the input must be of a floating type, got int64[2, 3]"},
  };
  return op;
}

OpCases softmax_cases() { return softmax_like("softmax", call_softmax); }
OpCases log_softmax_cases() { return softmax_like("log_softmax", call_log_softmax); }

OpCases dropout_cases() {
  OpCases op{.name = "dropout", .call = call_dropout, .slots = {}};
  op.cases = {{.name = "evaluation",
               .arguments = {t({3, 5})},
               .options = {{"training", false}},
               .dtypes = kFloats,
               .exact = true},
              {.name = "nothing", .arguments = {t({3, 5}, Layout::sliced)}, .options = {{"p", 0}}, .exact = true},
              {.name = "everything", .arguments = {t({3, 5})}, .options = {{"p", 1}}, .exact = true}};
  op.errors = {{.name = "probability",
                .arguments = {t({3})},
                .options = {{"p", 1.5}},
                .type = ErrorType::value,
                .message = "dropout: dropout probability has to be between 0 and 1, but got 1.5"},
               {.name = "integers",
                .arguments = {t({3})},
                .dtype = kInt64,
                .type = ErrorType::dtype,
                .message = "dropout: the input must be of a floating type, got int64[3]"}};
  return op;
}

}  // namespace cresset::test
