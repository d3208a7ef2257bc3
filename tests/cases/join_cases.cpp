// cat, stack, and padding, which is made of them.
#include "cases/lists.h"
#include "cases/patterns.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;

Outputs call_cat(const Arguments& in, const Options& o) { return {cat(in.tensors(), o.integer("dim", 0))}; }
Outputs call_stack(const Arguments& in, const Options& o) { return {stack(in.tensors(), o.integer("dim", 0))}; }
Outputs call_pad(const Arguments& in, const Options& o) {
  const std::string mode = o.text("mode", "constant");
  const F::PaddingMode by = mode == "reflect"     ? F::PaddingMode::reflect
                            : mode == "replicate" ? F::PaddingMode::replicate
                            : mode == "circular"  ? F::PaddingMode::circular
                                                  : F::PaddingMode::zeros;
  return {F::pad(in[0], o.list("pad"), {.mode = by, .value = o.real("value", 0)})};
}

const Layout kLast = Layout::channels_last;

void all_exact(OpCases& op) {
  for (OpCase& c : op.cases) c.exact = true;
}

}  // namespace

OpCases cat_cases() {
  OpCases op{.name = "cat", .call = call_cat, .slots = {"copy"}};
  op.cases = {
      {.name = "plain", .arguments = {t({2, 3}), t({4, 3}), t({1, 3})}, .dtypes = kAllTypes},
      {.name = "columns", .arguments = {t({2, 3}), t({2, 1})}, .options = {{"dim", -1}}},
      {.name = "empty_part", .arguments = {t({2, 3}), t({0, 3})}},
      {.name = "old_empty", .arguments = {t({0}), t({2, 3})}},
      {.name = "one", .arguments = {t({2, 3})}},
      {.name = "types", .arguments = {t({2}, {.dtype = kInt32}), t({2}, {.dtype = kFloat16}), t({2})}},
      {.name = "channels_last", .arguments = {t({2, 3, 2, 2}, kLast), t({2, 1, 2, 2}, kLast)}, .options = {{"dim", 1}}},
      {.name = "mixed_layouts", .arguments = {t({2, 3, 2, 2}, kLast), t({2, 3, 2, 2})}, .options = {{"dim", 2}}},
      {.name = "sliced",
       .arguments = {t({2, 3}, Layout::sliced), t({2, 3}, Layout::transposed), t({2, 3}, Layout::expanded)}},
      {.name = "large",
       .arguments = {t({301, 70}), t({301, 31})},
       .options = {{"dim", 1}},
       .dtypes = kAllTypes,
       .golden = false,
       .differences = false},
  };
  all_exact(op);
  op.errors = {{.name = "none",
                .arguments = {},
                .type = ErrorType::value,
                .message = "cat: expected a non-empty list of Tensors",
                .golden = false},
               {.name = "sizes",
                .arguments = {t({2, 3}), t({2, 4})},
                .message = "cat: Sizes of tensors must match except in dimension 0. Expected size 3 but got size 4 for "
                           "tensor number 1 in the list."},
               {.name = "dims",
                .arguments = {t({2, 3}), t({2})},
                .message = "cat: Tensors must have same number of dimensions: got 2 and 1"},
               {.name = "number",
                .arguments = {t({}), t({})},
                .message = "cat: zero-dimensional tensor (at position 0) cannot be concatenated"}};
  return op;
}

OpCases stack_cases() {
  OpCases op{.name = "stack", .call = call_stack, .slots = {"copy"}};
  op.cases = {
      {.name = "plain", .arguments = {t({2, 3}), t({2, 3})}, .dtypes = kAllTypes},
      {.name = "last", .arguments = {t({2, 3}), t({2, 3})}, .options = {{"dim", -1}}},
      {.name = "middle", .arguments = {t({2, 3}), t({2, 3}, Layout::sliced)}, .options = {{"dim", 1}}},
      {.name = "numbers", .arguments = {t({}), t({}), t({})}},
      {.name = "empty", .arguments = {t({0, 2}), t({0, 2})}},
  };
  all_exact(op);
  op.errors = {{.name = "shapes",
                .arguments = {t({2, 3}), t({3, 2})},
                .message = "stack: expects each tensor to be equal size, but got [2, 3] at entry 0 and [3, 2] at entry "
                           "1"},
               {.name = "none",
                .arguments = {},
                .type = ErrorType::value,
                .message = "stack: expects a non-empty TensorList",
                .golden = false}};
  return op;
}

OpCases pad_cases() {
  OpCases op{.name = "pad", .call = call_pad, .slots = {"copy"}};
  op.cases = {
      {.name = "plain", .arguments = {t({2, 3})}, .options = {{"pad", {1, 2}}}, .dtypes = kFloats},
      {.name = "image", .arguments = {t({1, 2, 3, 4})}, .options = {{"pad", {1, 2, 0, 1}}, {"value", 1.5}}},
      {.name = "crop", .arguments = {t({2, 5})}, .options = {{"pad", {-1, -2}}}},
      {.name = "crop_and_pad", .arguments = {t({2, 5})}, .options = {{"pad", {-1, 2, 1, -1}}}},
      {.name = "nothing", .arguments = {t({2, 5})}, .options = {{"pad", {0, 0}}}},
      {.name = "reflect", .arguments = {t({1, 2, 3, 4})}, .options = {{"pad", {2, 1, 1, 2}}, {"mode", "reflect"}}},
      {.name = "replicate", .arguments = {t({1, 2, 3, 4})}, .options = {{"pad", {2, 0, 1, 3}}, {"mode", "replicate"}}},
      {.name = "circular", .arguments = {t({1, 2, 3, 4})}, .options = {{"pad", {2, 4, 1, 0}}, {"mode", "circular"}}},
      {.name = "channels_last", .arguments = {t({1, 2, 3, 4}, kLast)}, .options = {{"pad", {1, 1, 1, 1}}}},
      {.name = "reflect_channels_last",
       .arguments = {t({1, 2, 3, 4}, kLast)},
       .options = {{"pad", {1, 1, 1, 1}}, {"mode", "reflect"}}},
  };
  all_exact(op);
  op.errors = {
      {.name = "odd",
       .arguments = {t({2, 3})},
       .options = {{"pad", {1, 2, 3}}},
       .type = ErrorType::value,
       .message = "pad: Padding length must be divisible by 2, got 3"},
      {.name = "too_many",
       .arguments = {t({3})},
       .options = {{"pad", {1, 2, 3, 4}}},
       .type = ErrorType::value,
       .message = "pad: Padding length should be less than or equal to two times the input dimension but got padding "
                  "length 4 and input of dimension 1"},
      {.name = "reflect_too_far",
       .arguments = {t({1, 2, 3})},
       .options = {{"pad", {3, 0}}, {"mode", "reflect"}},
       .type = ErrorType::value,
       .message = "pad: Padding size should be less than the corresponding input dimension, but got: padding (3, 0) at "
                  "dimension 2 of input [1, 2, 3]"},
      {.name = "cropped_away",
       .arguments = {t({2, 3})},
       .options = {{"pad", {-2, -2}}},
       .type = ErrorType::value,
       .message = "pad: The input size 3, plus negative padding -2 and -2, resulted in a negative output size"},
      {.name = "circular_too_far",
       .arguments = {t({1, 2, 3})},
       .options = {{"pad", {0, 4}}, {"mode", "circular"}},
       .type = ErrorType::value,
       .message = "pad: Padding value causes wrapping around more than once: (0, 4) at dimension 2 of input [1, 2, 3]"},
      {.name = "negative_reflection",
       .arguments = {t({1, 2, 3})},
       .options = {{"pad", {1, -1}}, {"mode", "reflect"}},
       .type = ErrorType::value,
       .message = "pad: only zeros take negative padding, got 1 and -1",
       .golden = false},
      {.name = "replicates_nothing",
       .arguments = {t({1, 2, 0})},
       .options = {{"pad", {1, 0}}, {"mode", "replicate"}},
       .message = "pad: Expected non-zero size for dimension 2, got [1, 2, 0]"}};
  return op;
}

}  // namespace cresset::test
