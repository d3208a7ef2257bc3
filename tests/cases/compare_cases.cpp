// maximum, minimum, comparisons and where.
#include <cmath>

#include "cases/lists.h"
#include "cases/patterns.h"

namespace cresset::test {
namespace {

using Function = Tensor(const Tensor&, const Tensor&);
template <Function* kFunction>
Outputs call(const Arguments& in, const Options&) {
  return {kFunction(in[0], in[1])};
}

template <Function* kFunction>
Outputs call_comparison(const Arguments& in, const Options&) {
  if (!in.is_number(1)) return {kFunction(in[0], in[1])};
  return {kFunction(in[0], full({}, in.number(1), {.dtype = in.number(1).is_integral() ? kInt64 : kFloat64}))};
}

std::vector<ErrorCase> not_truths(const std::string& op) {
  const Argument truth = t({2}, {.data = kTruth, .dtype = kBool}), number = t({2}, {.dtype = kInt64});
  const std::string message = op + ": operands must be bool tensors, got int64[2]";
  return {
      {.name = "left", .arguments = {number, truth}, .type = ErrorType::dtype, .message = message, .golden = false},
      {.name = "right", .arguments = {truth, number}, .type = ErrorType::dtype, .message = message, .golden = false}};
}

template <Function* kFunction>
OpCases extremum(const char* name) {
  OpCases op{.name = name, .call = call<kFunction>, .slots = {"binary"}, .ulps = 0.5, .grad_ulps = 0};
  op.cases = binary_patterns({.dtypes = kAllTypes, .numbers = false});
  append(op.cases,
         {{.name = "ties", .arguments = {t({5, 7}), t({5, 7})}, .dtypes = kFloats, .exact = true, .differences = false},
          {.name = "not_a_number", .arguments = {elements({NAN, 1, INFINITY}), elements({2, NAN, 3})}, .grad = false}});
  return op;
}

template <Function* kFunction>
OpCases comparison(const char* name) {
  OpCases op{
      .name = name, .call = call_comparison<kFunction>, .slots = {"binary"}, .differentiable = Differentiable::no};
  op.cases = binary_patterns({.a = kIntegers, .b = kIntegers, .dtypes = kAllTypes});
  append(op.cases, {{.name = "special",
                     .arguments = {elements({NAN, INFINITY, 0.0, -INFINITY}), elements({NAN, INFINITY, -0.0, 1})},
                     .dtypes = kFloats},
                    {.name = "mixed_types", .arguments = {t({5}, {.dtype = kInt32}), t({5}, {.dtype = kFloat16})}}});
  return op;
}

Outputs call_where(const Arguments& in, const Options&) { return {where(in[0], in[1], in[2])}; }
Outputs call_and(const Arguments& in, const Options&) { return {in[0] & in[1]}; }
Outputs call_or(const Arguments& in, const Options&) { return {in[0] | in[1]}; }

std::vector<OpCase> truths() {
  return {{.name = "plain", .arguments = {t({3, 5}, kTruth), t({3, 5}, kTruth)}, .dtypes = {kBool}},
          {.name = "broadcast", .arguments = {t({3, 1}, kTruth), t({5}, kTruth)}, .dtypes = {kBool}},
          {.name = "empty", .arguments = {t({0}, kTruth), t({0}, kTruth)}, .dtypes = {kBool}}};
}

}  // namespace

OpCases maximum_cases() { return extremum<maximum>("maximum"); }
OpCases minimum_cases() { return extremum<minimum>("minimum"); }
OpCases eq_cases() { return comparison<eq>("eq"); }
OpCases ne_cases() { return comparison<ne>("ne"); }
OpCases lt_cases() { return comparison<lt>("lt"); }
OpCases le_cases() { return comparison<le>("le"); }
OpCases gt_cases() { return comparison<gt>("gt"); }
OpCases ge_cases() { return comparison<ge>("ge"); }
OpCases bitwise_and_cases() {
  return {.name = "bitwise_and",
          .call = call_and,
          .slots = {"binary"},
          .differentiable = Differentiable::no,
          .cases = truths(),
          .errors = not_truths("operator&")};
}
OpCases bitwise_or_cases() {
  return {.name = "bitwise_or",
          .call = call_or,
          .slots = {"binary"},
          .differentiable = Differentiable::no,
          .cases = truths(),
          .errors = not_truths("operator|")};
}

OpCases where_cases() {
  const auto condition = [](const Shape& shape, Layout layout = Layout::contiguous) {
    return t(shape, {.data = kTruth, .layout = layout, .dtype = kBool});
  };
  OpCases op{.name = "where", .call = call_where, .slots = {"where"}, .ulps = 0, .grad_ulps = 0};
  op.cases = {
      {.name = "plain", .arguments = {condition({3, 7}), t({3, 7}), t({3, 7})}, .dtypes = kAllTypes, .exact = true},
      {.name = "broadcast", .arguments = {condition({3, 1}), t({2, 1, 5}), t({5})}, .dtypes = kFloats, .exact = true},
      {.name = "empty", .arguments = {condition({0, 2}), t({2}), t({0, 2})}},
      {.name = "no_dims", .arguments = {condition({}), t({}), t({})}},
      {.name = "sliced", .arguments = {condition({3, 5}, Layout::sliced), t({3, 5}, Layout::transposed), t({3, 5})}},
      {.name = "channels_last",
       .arguments = {condition({2, 3, 4, 5}, Layout::channels_last), t({2, 3, 4, 5}, Layout::channels_last),
                     t({2, 3, 4, 5})}},
      {.name = "large",
       .arguments = {condition({70001}), t({70001}), t({70001})},
       .dtypes = kAllTypes,
       .exact = true,
       .golden = false,
       .differences = false},
  };
  op.errors = {{.name = "condition",
                .arguments = {t({2}), t({2}), t({2})},
                .type = ErrorType::dtype,
                .message = "where: expected condition to be a boolean tensor, but got float32[2]"}};
  return op;
}

}  // namespace cresset::test
