#include "cases/lists.h"
#include "cases/patterns.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;

Reduction reduction_of(const Options& o) {
  const std::string text = o.text("reduction", "mean");
  return text == "mean" ? Reduction::mean : text == "sum" ? Reduction::sum : Reduction::none;
}
Outputs call_cross_entropy(const Arguments& in, const Options& o) {
  return {F::cross_entropy(in[0], in[1],
                           {.weight = in[2],
                            .ignore_index = o.integer("ignore_index", -100),
                            .reduction = reduction_of(o),
                            .label_smoothing = o.real("label_smoothing", 0)})};
}
Outputs call_mse(const Arguments& in, const Options& o) {
  return {F::mse_loss(in[0], in[1], {.reduction = reduction_of(o)})};
}

Argument x(const Shape& shape, Layout layout = Layout::contiguous) { return t(shape, kFifths, layout); }
Argument classes(const Shape& shape, int count, Layout layout = Layout::contiguous) {
  return t(shape, {.data = {.low = 0, .high = count - 1}, .layout = layout, .dtype = kInt64});
}
Argument probabilities(const Shape& shape) {
  return t(shape, {.data = {.low = 0, .high = 8, .divisor = 16}, .grad = true});
}
Argument weight(std::int64_t n) { return t({n}, {.data = kPositive, .grad = false}); }
const std::vector<DType> kWide{kFloat32, kFloat64};

}  // namespace

OpCases cross_entropy_cases() {
  OpCases op{.name = "cross_entropy",
             .call = call_cross_entropy,
             .slots = {"cross_entropy.forward", "cross_entropy.backward"},
             .differentiable = Differentiable::once,
             .ulps = 4,
             .grad_ulps = 12};
  op.cases = {
      {.name = "plain", .arguments = {x({4, 5}), classes({4}, 5)}, .dtypes = kFloats, .terms = 20},
      {.name = "bytes", .arguments = {x({4, 5}), elements({0, 3, 4, 1}, kUInt8)}, .terms = 20, .golden = false},
      {.name = "sum",
       .arguments = {x({4, 5}), classes({4}, 5)},
       .options = {{"reduction", "sum"}},
       .dtypes = kWide,
       .terms = 20},
      {.name = "none",
       .arguments = {x({4, 5}), classes({4}, 5)},
       .options = {{"reduction", "none"}},
       .dtypes = kFloats,
       .terms = 5},
      {.name = "one_sample", .arguments = {x({5}), classes({}, 5)}, .terms = 5},
      {.name = "one_sample_none",
       .arguments = {x({5}), classes({}, 5)},
       .options = {{"reduction", "none"}},
       .terms = 5},
      {.name = "images", .arguments = {x({2, 4, 3, 5}), classes({2, 3, 5}, 4)}, .dtypes = kWide, .terms = 120},
      {.name = "images_none",
       .arguments = {x({2, 4, 3}), classes({2, 3}, 4)},
       .options = {{"reduction", "none"}},
       .terms = 4},
      {.name = "weight", .arguments = {x({4, 5}), classes({4}, 5), weight(5)}, .dtypes = kWide, .terms = 20},
      {.name = "smoothing",
       .arguments = {x({4, 5}), classes({4}, 5)},
       .options = {{"label_smoothing", 0.1}},
       .dtypes = kWide,
       .terms = 20},
      {.name = "ignored",
       .arguments = {x({4, 5}), elements({0, -1, 4, -1}, kInt64)},
       .options = {{"ignore_index", -1}},
       .terms = 20},
      {.name = "all_options",
       .arguments = {x({4, 5}), elements({0, 7, 4, 2}, kInt64), weight(5)},
       .options = {{"ignore_index", 7}, {"label_smoothing", 0.25}, {"reduction", "mean"}},
       .terms = 20},
      {.name = "all_options_sum",
       .arguments = {x({4, 5}), elements({0, 7, 4, 2}, kInt64), weight(5)},
       .options = {{"ignore_index", 7}, {"label_smoothing", 0.25}, {"reduction", "sum"}},
       .terms = 20},
      {.name = "all_ignored", .arguments = {x({2, 3}), elements({-100, -100}, kInt64)}, .terms = 6, .grad = false},
      {.name = "sliced", .arguments = {x({4, 5}, Layout::sliced), classes({4}, 5, Layout::sliced)}, .terms = 20},
      {.name = "channels_last",
       .arguments = {x({2, 4, 3, 5}, Layout::channels_last), classes({2, 3, 5}, 4)},
       .terms = 120},
      {.name = "seed", .arguments = {x({4, 10}), classes({4}, 10)}, .dtypes = kFloats, .terms = 40},
      {.name = "large",
       .arguments = {x({131, 100}), classes({131}, 100)},
       .dtypes = kFloats,
       .terms = 13100,
       .golden = false,
       .differences = false},
  };
  // Of probabilities: ops that have second gradients.
  for (const char* reduction : {"mean", "sum", "none"})
    op.cases.push_back({.name = std::string("probabilities_") + reduction,
                        .arguments = {x({4, 5}), probabilities({4, 5})},
                        .options = {{"reduction", reduction}},
                        .terms = 20,
                        .differences = false});
  op.cases.push_back({.name = "probabilities_all_options",
                      .arguments = {x({2, 4, 3}), probabilities({2, 4, 3}), weight(4)},
                      .options = {{"label_smoothing", 0.2}},
                      .terms = 24,
                      .differences = false});
  op.errors = {
      {.name = "class_out_of_range",
       .arguments = {x({2, 3}), elements({0, 3}, kInt64)},
       .type = ErrorType::index,
       .message = "cross_entropy: Target 3 is out of bounds. (3 classes, element 1)"},
      {.name = "targets",
       .arguments = {x({2, 3}), classes({3}, 3)},
       .message = "cross_entropy: Expected target size [2], got [3] (input float32[2, 3])"},
      {.name = "target_type",
       .arguments = {x({2, 3}), t({2}, {.data = kTruth, .dtype = kInt32})},
       .type = ErrorType::dtype,
       .message = "cross_entropy: expected class indices of type int64 or uint8, or probabilities, got int32[2]"},
      {.name = "weight",
       .arguments = {x({2, 3}), classes({2}, 3), weight(4)},
       .message = "cross_entropy: weight tensor should be defined either for all 3 classes or no classes but got "
                  "weight tensor of shape: [4]"},
      {.name = "smoothing",
       .arguments = {x({2, 3}), classes({2}, 3)},
       .options = {{"label_smoothing", 1.5}},
       .type = ErrorType::value,
       .message = "cross_entropy: label_smoothing must be between 0.0 and 1.0. Got: 1.5"},
      {.name = "integers",
       .arguments = {t({2, 3}), classes({2}, 3)},
       .dtype = kInt64,
       .type = ErrorType::dtype,
       .message = "cross_entropy: the input must be of a floating type, got int64[2, 3]"},
      {.name = "number",
       .arguments = {x({}), classes({}, 3)},
       .message = "cross_entropy: the input must be [N, C, ...] or [C], got float32[]"},
      {.name = "weight_type",
       .arguments = {x({2, 3}), classes({2}, 3), t({3}, {.data = kPositive, .dtype = kFloat64, .grad = false})},
       .type = ErrorType::dtype,
       .message = "cross_entropy: expected scalar type float32 for weight but found float64"},
      {.name = "probabilities_of_other_shape",
       .arguments = {x({2, 3}), probabilities({2, 4})},
       .message = "cross_entropy: Expected floating point type for target with class probabilities, of the input's "
                  "shape [2, 3], got float32[2, 4]"},
      {.name = "ignored_probabilities",
       .arguments = {x({2, 3}), probabilities({2, 3})},
       .options = {{"ignore_index", 1}},
       .type = ErrorType::value,
       .message = "cross_entropy: ignore_index is not supported for floating point target"},
  };
  return op;
}

OpCases mse_loss_cases() {
  OpCases op{.name = "mse_loss", .call = call_mse, .slots = {"binary", "unary", "reduce"}, .ulps = 3, .grad_ulps = 4};
  op.cases = {
      {.name = "plain", .arguments = {x({3, 5}), x({3, 5})}, .dtypes = kFloats, .terms = 15},
      {.name = "sum", .arguments = {x({3, 5}), x({3, 5})}, .options = {{"reduction", "sum"}}, .terms = 15},
      {.name = "none", .arguments = {x({3, 5}), x({3, 5})}, .options = {{"reduction", "none"}}, .terms = 1},
      {.name = "sliced", .arguments = {x({3, 5}, Layout::sliced), x({3, 5}, Layout::transposed)}, .terms = 15},
      {.name = "empty", .arguments = {x({0, 5}), x({0, 5})}, .options = {{"reduction", "sum"}}, .terms = 1},
  };
  return op;
}

}  // namespace cresset::test
