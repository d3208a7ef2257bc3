// Functions of one tensor, element by element.
#include <cmath>

#include "cases/lists.h"
#include "cases/patterns.h"

namespace cresset::test {
namespace {

template <Tensor (*kFunction)(const Tensor&)>
Outputs call(const Arguments& in, const Options&) {
  return {kFunction(in[0])};
}

const std::vector<double> kSpecial{0.0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, 88.5, -88.5, 1e-20};

// The special values where they are no numbers or no gradients: compared, not differentiated.
OpCase special(std::vector<double> values = kSpecial) {
  return {.name = "special", .arguments = {elements(std::move(values))}, .dtypes = {kFloat32, kFloat64}, .grad = false};
}

template <Tensor (*kFunction)(const Tensor&)>
OpCases unary(const char* name, const UnaryPatterns& patterns, double ulps, double grad_ulps) {
  OpCases op{.name = name,
             .call = call<kFunction>,
             .slots = {"unary"},
             .ulps = ulps,
             .grad_ulps = grad_ulps,
             .cases = unary_patterns(patterns)};
  return op;
}

Outputs call_gelu(const Arguments& in, const Options& o) {
  using nn::functional::GeluApproximate;
  return {nn::functional::gelu(
      in[0], o.text("approximate", "none") == "tanh" ? GeluApproximate::tanh : GeluApproximate::none)};
}
Outputs call_clamp(const Arguments& in, const Options& o) { return {clamp(in[0], o.number("min"), o.number("max"))}; }

const std::vector<DType> kIntegers3{kInt64, kInt32, kUInt8};

}  // namespace

OpCases neg_cases() {
  OpCases op = unary<neg>("neg", {.dtypes = kNumbers}, 0, 0);
  op.errors = {{.name = "bools",
                .arguments = {t({2}, kTruth)},
                .dtype = kBool,
                .type = ErrorType::dtype,
                .message = "neg: Negation, the `-` operator, on a bool tensor is not supported. If you are trying to "
                           "invert a mask, use the `!` operator or `logical_not()` instead."}};
  return op;
}
OpCases abs_cases() {
  OpCases op = unary<abs>("abs", {.dtypes = kNumbers}, 0, 0);
  op.slots.push_back("binary");
  op.cases.push_back({.name = "zero", .arguments = {elements({0, -1, 2})}, .differences = false});
  return op;
}
OpCases sign_cases() {
  OpCases op = unary<sign>("sign", {.dtypes = kNumbers}, 0, 0);
  op.cases.push_back(special());
  return op;
}
OpCases exp_cases() {
  OpCases op = unary<exp>("exp", {}, 3, 6);
  op.cases.push_back(special());
  op.cases.push_back(
      {.name = "integers", .arguments = {t({2, 3}, Formula{.low = 0, .high = 4})}, .dtypes = kIntegers3});
  op.cases.push_back({.name = "bools", .arguments = {t({2, 3}, kTruth)}, .dtypes = {kBool}});
  return op;
}
OpCases log_cases() {
  OpCases op = unary<log>("log", {.data = kPositive}, 3, 6);
  op.cases.push_back(special());
  op.cases.push_back(
      {.name = "integers", .arguments = {t({2, 3}, Formula{.low = 0, .high = 4})}, .dtypes = kIntegers3});
  return op;
}
OpCases sqrt_cases() {
  OpCases op = unary<sqrt>("sqrt", {.data = kPositive}, 1, 6);
  op.cases.push_back(special());
  return op;
}
OpCases rsqrt_cases() {
  OpCases op = unary<rsqrt>("rsqrt", {.data = kPositive}, 3, 16);
  op.cases.push_back(special());
  return op;
}
OpCases square_cases() {
  OpCases op = unary<square>("square", {.dtypes = kNumbers}, 1, 4);
  op.cases.push_back({.name = "whole", .arguments = {t({5, 7})}, .dtypes = kFloats, .exact = true});
  op.cases.push_back(special());
  return op;
}
OpCases reciprocal_cases() {
  OpCases op = unary<reciprocal>("reciprocal", {.data = kEighths}, 1, 8);
  op.cases.push_back(special());
  op.cases.push_back(
      {.name = "integers", .arguments = {t({2, 3}, Formula{.low = 1, .high = 4})}, .dtypes = kIntegers3});
  return op;
}
OpCases sigmoid_cases() {
  OpCases op = unary<sigmoid>("sigmoid", {}, 4, 8);
  op.grad_rounded = true;
  op.slots.push_back("binary");
  op.cases.push_back(special());
  op.cases.push_back(
      {.name = "integers", .arguments = {t({2, 3}, Formula{.low = 0, .high = 4})}, .dtypes = kIntegers3});
  return op;
}
OpCases tanh_cases() {
  OpCases op = unary<tanh>("tanh", {}, 4, 8);
  op.grad_rounded = true;
  op.slots.push_back("binary");
  op.cases.push_back(special());
  return op;
}
OpCases relu_cases() {
  OpCases op = unary<relu>("relu", {.dtypes = kNumbers}, 0, 0);
  op.slots.push_back("binary");
  op.cases.push_back({.name = "zero", .arguments = {elements({0, -0.0, -1, 2})}, .differences = false});
  op.cases.push_back(special());
  op.errors = {{.name = "bools",
                .arguments = {t({2}, kTruth)},
                .dtype = kBool,
                .type = ErrorType::dtype,
                .message = "relu: bool tensors are not supported"}};
  return op;
}

OpCases gelu_cases() {
  OpCases op{.name = "gelu", .call = call_gelu, .slots = {"unary", "binary"}, .ulps = 6, .grad_ulps = 12};
  op.cases = unary_patterns({});
  std::vector<OpCase> by_tanh = unary_patterns({});
  for (OpCase& c : by_tanh) {
    c.name = "tanh_" + c.name;
    c.options = {{"approximate", "tanh"}};
  }
  append(op.cases, std::move(by_tanh));
  for (OpCase& c : op.cases)
    if (c.terms == 0) c.terms = 1;  // 1 + erf cancels below 0: no element is better than the largest
  op.errors = {{.name = "integers",
                .arguments = {t({2})},
                .dtype = kInt64,
                .type = ErrorType::dtype,
                .message = "gelu: the input must be of a floating type, got int64[2]"}};
  return op;
}

OpCases logical_not_cases() {
  OpCases op{
      .name = "logical_not", .call = call<logical_not>, .slots = {"unary"}, .differentiable = Differentiable::no};
  op.cases = unary_patterns({.data = kIntegers, .dtypes = kAllTypes});
  return op;
}

OpCases clamp_cases() {
  OpCases op{.name = "clamp", .call = call_clamp, .slots = {"unary"}, .ulps = 0.5, .grad_ulps = 0};
  op.cases = unary_patterns({.dtypes = kNumbers});
  for (OpCase& c : op.cases) c.options = {{"min", -1}, {"max", 2}};
  append(op.cases,
         {{.name = "below", .arguments = {t({3, 5})}, .options = {{"min", 0}}, .dtypes = kFloats, .exact = true},
          {.name = "above", .arguments = {t({3, 5})}, .options = {{"max", 1.5}}, .dtypes = {kFloat32, kInt64}},
          {.name = "crossed", .arguments = {t({3, 5})}, .options = {{"min", 2}, {"max", -2}}, .differences = false},
          {.name = "at_the_bounds", .arguments = {t({9})}, .options = {{"min", -2}, {"max", 2}}, .differences = false},
          {.name = "special",
           .arguments = {elements({NAN, INFINITY, -INFINITY})},
           .options = {{"min", -1}, {"max", 1}},
           .grad = false}});
  op.errors = {{.name = "no_bounds",
                .arguments = {t({2})},
                .type = ErrorType::value,
                .message = "clamp: At least one of 'min' or 'max' must not be None"}};
  return op;
}

}  // namespace cresset::test
