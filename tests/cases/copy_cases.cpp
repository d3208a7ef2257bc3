// Copies, conversions and the in-place forms.
#include <cmath>

#include "cases/lists.h"
#include "cases/patterns.h"

namespace cresset::test {
namespace {

MemoryFormat format_of(const Options& o) {
  const std::string text = o.text("memory_format", "");
  return text == "channels_last" ? MemoryFormat::channels_last
         : text == "contiguous"  ? MemoryFormat::contiguous
                                 : MemoryFormat::preserve;
}

std::optional<DType> dtype_of(const Options& o) {
  const std::string text = o.text("dtype", "");
  for (const DType dtype : kAllTypes)
    if (name(dtype) == text) return dtype;
  return {};
}

const Layout kLast = Layout::channels_last;

template <const Tensor& (Tensor::*kMethod)() const>
Outputs call_in_place(const Arguments& in, const Options&) {
  const Tensor x = in[0].clone();
  return {(x.*kMethod)()};
}

Outputs call_pow_in_place(const Arguments& in, const Options& o) {
  const Tensor x = in[0].clone();
  return {x.pow_(o.real("exponent", 2))};
}
Outputs call_clamp_in_place(const Arguments& in, const Options& o) {
  const Tensor x = in[0].clone();
  return {x.clamp_(o.number("min"), o.number("max"))};
}

template <const Tensor& (Tensor::*kByTensor)(const Tensor&) const, const Tensor& (Tensor::*kByNumber)(Scalar) const>
Outputs call_in_place_2(const Arguments& in, const Options&) {
  const Tensor x = in[0].clone();
  return {in.is_number(1) ? (x.*kByNumber)(in.number(1)) : (x.*kByTensor)(in[1])};
}

// The left operand keeps its shape and type.
std::vector<OpCase> in_place_cases(const Formula& a, const Formula& b) {
  const auto x = [&](const Shape& shape, Layout layout = Layout::contiguous) { return t(shape, a, layout); };
  const auto y = [&](const Shape& shape, Layout layout = Layout::contiguous) { return t(shape, b, layout); };
  return {{.name = "plain", .arguments = {x({3, 7}), y({3, 7})}, .dtypes = kFloats},
          {.name = "rows", .arguments = {x({3, 5}), y({5})}},
          {.name = "number", .arguments = {x({3, 5}), number(2.5)}, .dtypes = kFloats},
          {.name = "sliced", .arguments = {x({3, 5}, Layout::sliced), y({3, 5}, Layout::transposed)}},
          {.name = "channels_last", .arguments = {x({2, 3, 2, 2}, kLast), y({3, 1, 1})}},
          {.name = "other_type", .arguments = {x({4}), t({4}, {.data = kPositive, .dtype = kFloat64, .grad = false})}}};
}

// Whole numbers and truth values, whose results have the type of the first operand.
std::vector<OpCase> whole_in_place_cases() {
  const Argument small = t({3, 5}, {.data = {.low = 0, .high = 9}}), truth = t({3, 5}, {.data = kTruth});
  return {{.name = "whole", .arguments = {small, small}, .dtypes = {kInt64, kUInt8}, .exact = true},
          {.name = "whole_number", .arguments = {small, number(3)}, .dtypes = {kInt64}, .exact = true, .golden = false},
          {.name = "truth", .arguments = {truth, truth}, .dtypes = {kBool}, .exact = true}};
}

OpCases in_place(const char* name, OpCall call, const Formula& data, double ulps, double grad_ulps,
                 std::vector<std::string> slots = {"unary"}) {
  OpCases op{.name = name, .call = call, .slots = std::move(slots), .ulps = ulps, .grad_ulps = grad_ulps};
  op.grad_rounded = true;
  op.cases = {{.name = "plain", .arguments = {t({3, 7}, data)}, .dtypes = kFloats},
              {.name = "sliced", .arguments = {t({3, 5}, data, Layout::sliced)}},
              {.name = "channels_last", .arguments = {t({2, 3, 2, 2}, data, kLast)}}};
  return op;
}

}  // namespace

OpCases clone_cases() {
  OpCases op{.name = "clone",
             .call = [](const Arguments& in, const Options& o) { return Outputs{in[0].clone({format_of(o)})}; },
             .slots = {"copy"}};
  op.cases = unary_patterns({.data = kIntegers, .dtypes = kAllTypes, .exact = true});
  op.cases.push_back({.name = "to_channels_last",
                      .arguments = {t({2, 3, 4, 5})},
                      .options = {{"memory_format", "channels_last"}},
                      .exact = true});
  op.cases.push_back({.name = "to_contiguous",
                      .arguments = {t({2, 3, 4, 5}, kLast)},
                      .options = {{"memory_format", "contiguous"}},
                      .dtypes = kAllTypes,
                      .exact = true});
  return op;
}

OpCases to_cases() {
  OpCases op{.name = "to",
             .call =
                 [](const Arguments& in, const Options& o) {
                   return Outputs{in[0].to(ToOptions{.dtype = dtype_of(o), .memory_format = format_of(o)})};
                 },
             .slots = {"copy"},
             .ulps = 1,
             .grad_ulps = 1};
  for (const DType to : kAllTypes) {
    const std::string text(name(to));
    // Not negative: what -1.5 becomes as an unsigned number is nobody's promise.
    op.cases.push_back({.name = "to_" + text,
                        .arguments = {t({3, 7}, Formula{.low = 0, .high = 15, .divisor = 4})},
                        .options = {{"dtype", text.c_str()}},
                        .dtypes = kAllTypes,
                        .exact = true,
                        .differences = false});
    op.cases.push_back({.name = "sliced_to_" + text,
                        .arguments = {t({3, 7}, Formula{.low = 0, .high = 15, .divisor = 4}, Layout::sliced)},
                        .options = {{"dtype", text.c_str()}},
                        .exact = true,
                        .differences = false});
  }
  append(op.cases,
         {{.name = "same", .arguments = {t({3, 7})}, .options = {{"dtype", "float32"}}, .differences = false},
          {.name = "rounded",
           .arguments = {t({3, 7}, kFifths)},
           .options = {{"dtype", "bfloat16"}},
           .exact = true,
           .differences = false},
          {.name = "special",
           .arguments = {elements({INFINITY, -INFINITY, NAN, 1e30, 65520, 1e-8})},
           .options = {{"dtype", "float16"}},
           .exact = true,
           .grad = false},
          {.name = "channels_last", .arguments = {t({2, 3, 4, 5})}, .options = {{"memory_format", "channels_last"}}},
          {.name = "wide", .arguments = {t({3, 7}, Layout::transposed)}, .options = {{"dtype", "float64"}}}});
  return op;
}

OpCases contiguous_cases() {
  OpCases op{.name = "contiguous",
             .call =
                 [](const Arguments& in, const Options& o) {
                   return Outputs{in[0].contiguous(o.has("memory_format") ? format_of(o) : MemoryFormat::contiguous)};
                 },
             .slots = {"copy"}};
  op.cases = {{.name = "plain", .arguments = {t({3, 7}, Layout::sliced)}, .dtypes = kAllTypes, .exact = true},
              {.name = "is_already", .arguments = {t({3, 7})}, .exact = true},
              {.name = "channels_last",
               .arguments = {t({2, 3, 4, 5})},
               .options = {{"memory_format", "channels_last"}},
               .exact = true}};
  return op;
}

OpCases copy_in_place_cases() {
  OpCases op{.name = "copy_",
             .call =
                 [](const Arguments& in, const Options&) {
                   const Tensor x = in[0].clone();
                   return Outputs{x.copy_(in[1])};
                 },
             .slots = {"copy"}};
  op.cases = {{.name = "plain", .arguments = {t({3, 5}), t({3, 5})}, .dtypes = kAllTypes, .exact = true},
              {.name = "broadcast", .arguments = {t({3, 5}), t({5})}, .exact = true},
              {.name = "converted", .arguments = {t({3, 5}), t({3, 5}, {.dtype = kFloat64})}, .exact = true},
              {.name = "channels_last", .arguments = {t({2, 3, 4, 5}, kLast), t({2, 3, 4, 5})}, .exact = true}};
  op.errors = {{.name = "more_dims",
                .arguments = {t({3}), t({1, 3})},
                .message = "copy_: a tensor of shape [1, 3] cannot be written to one of shape [3]",
                .golden = false},
               {.name = "grows",
                .arguments = {t({1, 3}), t({2, 3})},
                .message = "copy_: a tensor of shape [2, 3] cannot be written to one of shape [1, 3]"}};
  return op;
}
OpCases fill_in_place_cases() {
  OpCases op{.name = "fill_",
             .call =
                 [](const Arguments& in, const Options&) {
                   const Tensor x = in[0].clone();
                   return Outputs{x.fill_(in.number(1))};
                 },
             .slots = {}};
  op.cases = {
      {.name = "plain", .arguments = {t({3, 5}), number(3)}, .dtypes = kAllTypes, .exact = true},
      {.name = "floating", .arguments = {t({3, 5}), number(2.5)}, .dtypes = kFloats, .exact = true},
      {.name = "sliced", .arguments = {t({3, 5}, Layout::sliced), number(1)}, .exact = true},
      {.name = "wraps", .arguments = {t({3}), number(-255)}, .dtypes = {kUInt8}, .exact = true, .golden = false},
      {.name = "infinite",
       .arguments = {t({3}), number(INFINITY)},
       .dtypes = kFloats,
       .exact = true,
       .grad = false,
       .golden = false}};
  const auto refused = [&](const char* name, DType dtype, Argument value, const char* type) {
    op.errors.push_back({.name = name,
                         .arguments = {t({2}), value},
                         .dtype = dtype,
                         .type = ErrorType::value,
                         .message = std::string("value cannot be converted to type ") + type + " without overflow"});
  };
  refused("large", kUInt8, number(1000), "uint8");
  refused("negative", kUInt8, number(-256), "uint8");
  refused("large_int32", kInt32, number(std::int64_t{1} << 40), "int32");
  refused("large_fraction", kInt64, number(9.3e18), "int64");
  refused("large_half", kFloat16, number(65519), "float16");
  refused("large_bfloat16", kBFloat16, number(1e39), "bfloat16");
  refused("large_float", kFloat32, number(1e300), "float32");
  return op;
}

OpCases add_in_place_cases() {
  OpCases op{.name = "add_",
             .call =
                 [](const Arguments& in, const Options& o) {
                   const Tensor x = in[0].clone();
                   const Scalar alpha = o.number("alpha").value_or(1);
                   return Outputs{in.is_number(1) ? x.add_(in.number(1), alpha) : x.add_(in[1], alpha)};
                 },
             .slots = {"binary"},
             .ulps = 1};
  op.cases = in_place_cases(kFifths, kEighths);
  append(op.cases, whole_in_place_cases());
  op.cases.push_back({.name = "alpha", .arguments = {t({3, 5}), t({3, 5})}, .options = {{"alpha", 2}}, .exact = true});
  op.errors = {{.name = "grows",
                .arguments = {t({3}), t({2, 3})},
                .message = "add_: output with shape [3] doesn't match the broadcast shape [2, 3]"},
               {.name = "type",
                .arguments = {t({3}, {.dtype = kInt64}), t({3})},
                .type = ErrorType::dtype,
                .message = "add_: result type float32 can't be cast to the desired output type int64"}};
  return op;
}
OpCases sub_in_place_cases() {
  OpCases op{.name = "sub_",
             .call =
                 [](const Arguments& in, const Options& o) {
                   const Tensor x = in[0].clone();
                   const Scalar alpha = o.number("alpha").value_or(1);
                   return Outputs{in.is_number(1) ? x.sub_(in.number(1), alpha) : x.sub_(in[1], alpha)};
                 },
             .slots = {"binary"},
             .ulps = 1};
  op.cases = in_place_cases(kFifths, kEighths);
  return op;
}
OpCases mul_in_place_cases() {
  OpCases op{.name = "mul_",
             .call = call_in_place_2<&Tensor::mul_, &Tensor::mul_>,
             .slots = {"binary"},
             .ulps = 1,
             .cases = in_place_cases(kFifths, kEighths)};
  append(op.cases, whole_in_place_cases());
  return op;
}
OpCases div_in_place_cases() {
  return {.name = "div_",
          .call = call_in_place_2<&Tensor::div_, &Tensor::div_>,
          .slots = {"binary"},
          .ulps = 1,
          .cases = in_place_cases(kFifths, kEighths)};
}
OpCases neg_in_place_cases() { return in_place("neg_", call_in_place<&Tensor::neg_>, kFifths, 0, 0); }
OpCases abs_in_place_cases() { return in_place("abs_", call_in_place<&Tensor::abs_>, kFifths, 0, 0); }
OpCases exp_in_place_cases() { return in_place("exp_", call_in_place<&Tensor::exp_>, kFifths, 3, 6); }
OpCases log_in_place_cases() { return in_place("log_", call_in_place<&Tensor::log_>, kPositive, 3, 6); }
OpCases sqrt_in_place_cases() { return in_place("sqrt_", call_in_place<&Tensor::sqrt_>, kPositive, 1, 6); }
OpCases square_in_place_cases() { return in_place("square_", call_in_place<&Tensor::square_>, kFifths, 1, 4); }
OpCases sigmoid_in_place_cases() { return in_place("sigmoid_", call_in_place<&Tensor::sigmoid_>, kFifths, 4, 8); }
OpCases tanh_in_place_cases() { return in_place("tanh_", call_in_place<&Tensor::tanh_>, kFifths, 4, 8); }
OpCases relu_in_place_cases() { return in_place("relu_", call_in_place<&Tensor::relu_>, kFifths, 0, 0); }
OpCases zero_in_place_cases() {
  OpCases op = in_place("zero_", call_in_place<&Tensor::zero_>, kFifths, 0, 0, {});
  op.cases.push_back({.name = "whole", .arguments = {t({3, 5})}, .dtypes = {kInt64, kUInt8, kBool}, .exact = true});
  return op;
}
OpCases pow_in_place_cases() {
  OpCases op = in_place("pow_", call_pow_in_place, kPositive, 4, 8, {"binary"});
  for (OpCase& c : op.cases) c.options = {{"exponent", 1.5}};
  op.errors = {{.name = "grows_to_a_float",
                .arguments = {t({2})},
                .options = {{"exponent", 1.5}},
                .dtype = kInt64,
                .type = ErrorType::dtype,
                .message = "pow_: result type float32 can't be cast to the desired output type int64"}};
  return op;
}
OpCases clamp_in_place_cases() {
  OpCases op = in_place("clamp_", call_clamp_in_place, kFifths, 0.5, 0);
  for (OpCase& c : op.cases) c.options = {{"min", -1.25}, {"max", 2.5}};
  return op;
}

}  // namespace cresset::test
