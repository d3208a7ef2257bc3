#include <cmath>

#include "cases/lists.h"
#include "cases/patterns.h"

namespace cresset::test {
namespace {

Dims dims_of(const Options& o) {
  const auto list = o.list("dim");
  return Dims(list.data(), list.size());
}

ReduceOptions reduce_options(const Options& o) {
  ReduceOptions r{.keepdim = o.flag("keepdim", false)};
  if (o.text("dtype", "") == "float64") r.dtype = kFloat64;
  if (o.text("dtype", "") == "float32") r.dtype = kFloat32;
  return r;
}

Outputs call_sum(const Arguments& in, const Options& o) { return {sum(in[0], dims_of(o), reduce_options(o))}; }
Outputs call_mean(const Arguments& in, const Options& o) { return {mean(in[0], dims_of(o), reduce_options(o))}; }
Outputs call_var(const Arguments& in, const Options& o) {
  return {in[0].var(dims_of(o), o.integer("correction", 1), o.flag("keepdim", false))};
}
Outputs call_std(const Arguments& in, const Options& o) {
  return {in[0].std(dims_of(o), o.integer("correction", 1), o.flag("keepdim", false))};
}
Outputs call_all(const Arguments& in, const Options& o) { return {in[0].all(dims_of(o), reduce_options(o))}; }
Outputs call_any(const Arguments& in, const Options& o) { return {in[0].any(dims_of(o), reduce_options(o))}; }

Outputs call_max(const Arguments& in, const Options& o) {
  const auto dim = o.maybe_integer("dim");
  if (!dim) return {max(in[0])};
  const auto [values, indices] = max(in[0], *dim, o.flag("keepdim", false));
  return {values, indices};
}
Outputs call_min(const Arguments& in, const Options& o) {
  const auto dim = o.maybe_integer("dim");
  if (!dim) return {min(in[0])};
  const auto [values, indices] = min(in[0], *dim, o.flag("keepdim", false));
  return {values, indices};
}
Outputs call_argmax(const Arguments& in, const Options& o) {
  return {argmax(in[0], o.maybe_integer("dim"), o.flag("keepdim", false))};
}
Outputs call_argmin(const Arguments& in, const Options& o) {
  return {argmin(in[0], o.maybe_integer("dim"), o.flag("keepdim", false))};
}

// Over some dimensions; every layout.
std::vector<OpCase> over_dims(const Formula& data, const std::vector<DType>& dtypes) {
  const auto x = [&](const Shape& shape, Layout layout = Layout::contiguous) { return t(shape, data, layout); };
  return {
      {.name = "all", .arguments = {x({3, 7})}, .dtypes = dtypes, .terms = 21},
      {.name = "last", .arguments = {x({2, 3, 5})}, .options = {{"dim", -1}}, .dtypes = dtypes, .terms = 5},
      {.name = "first", .arguments = {x({7, 3})}, .options = {{"dim", 0}}, .dtypes = dtypes, .terms = 7},
      {.name = "middle_kept", .arguments = {x({2, 5, 3})}, .options = {{"dim", {1}}, {"keepdim", true}}, .terms = 5},
      {.name = "two_dims", .arguments = {x({2, 3, 5})}, .options = {{"dim", {0, -1}}}, .terms = 10},
      {.name = "image",
       .arguments = {x({2, 3, 4, 5}, Layout::channels_last)},
       .options = {{"dim", {0, 2, 3}}},
       .terms = 40},
      {.name = "number", .arguments = {x({})}, .terms = 1},
      {.name = "one", .arguments = {x({1, 1})}, .options = {{"dim", 0}}, .terms = 1},
      {.name = "no_results", .arguments = {x({4, 0})}, .options = {{"dim", 0}}},
      {.name = "sliced", .arguments = {x({3, 9}, Layout::sliced)}, .options = {{"dim", 1}}, .terms = 9},
      {.name = "transposed", .arguments = {x({2, 4, 3}, Layout::transposed)}, .options = {{"dim", 2}}, .terms = 3},
      {.name = "expanded", .arguments = {x({4, 3}, Layout::expanded)}, .options = {{"dim", 0}}, .terms = 4},
      {.name = "large",
       .arguments = {x({3, 70001})},
       .options = {{"dim", 1}},
       .dtypes = dtypes,
       .terms = 70001,
       .golden = false,
       .differences = false},
      {.name = "large_columns",
       .arguments = {x({5003, 17})},
       .options = {{"dim", 0}},
       .terms = 5003,
       .golden = false,
       .differences = false},
  };
}

std::vector<OpCase> along_one(const std::vector<DType>& dtypes) {
  const auto x = [](const Shape& shape, Layout layout = Layout::contiguous) {
    return t(shape, Formula{.low = -200, .high = 200, .divisor = 8}, layout);
  };
  return {
      {.name = "all", .arguments = {x({3, 7})}, .dtypes = dtypes},
      {.name = "last", .arguments = {x({2, 3, 5})}, .options = {{"dim", -1}}, .dtypes = dtypes},
      {.name = "first_kept", .arguments = {x({7, 3})}, .options = {{"dim", 0}, {"keepdim", true}}, .dtypes = dtypes},
      {.name = "middle", .arguments = {x({2, 5, 3})}, .options = {{"dim", 1}}},
      {.name = "number", .arguments = {x({})}, .options = {{"dim", 0}}},
      {.name = "one", .arguments = {x({1, 1})}, .options = {{"dim", 0}}},
      {.name = "no_results", .arguments = {x({0, 4})}, .options = {{"dim", 1}}},
      {.name = "sliced", .arguments = {x({3, 9}, Layout::sliced)}, .options = {{"dim", 1}}},
      {.name = "transposed", .arguments = {x({2, 4, 3}, Layout::transposed)}, .options = {{"dim", 2}}},
      {.name = "channels_last", .arguments = {x({2, 3, 4, 5}, Layout::channels_last)}, .options = {{"dim", 1}}},
      {.name = "ties", .arguments = {t({4, 9})}, .options = {{"dim", 1}}, .differences = false},
      {.name = "not_a_number", .arguments = {elements({1, NAN, 3, NAN})}, .options = {{"dim", 0}}, .grad = false},
      {.name = "large", .arguments = {x({3, 70001})}, .options = {{"dim", 1}}, .golden = false, .differences = false},
  };
}

OpCases extremum(const char* name, OpCall call) {
  OpCases op{.name = name, .call = call, .slots = {"reduce"}, .ulps = 0, .grad_ulps = 0};
  op.cases = along_one(kAllTypes);
  op.cases.push_back({.name = "ties_of_all", .arguments = {t({4, 9})}, .differences = false});
  op.errors = {{.name = "empty",
                .arguments = {t({0})},
                .type = ErrorType::value,
                .message = std::string(name) + ": expected reduction dim to be specified for input.numel() == 0. "
                                               "Specify the reduction dim with the 'dim' argument."},
               {.name = "empty_dim",
                .arguments = {t({2, 0})},
                .options = {{"dim", 1}},
                .type = ErrorType::index,
                .message = std::string(name) + ": Expected reduction dim 1 to have non-zero size."}};
  return op;
}

OpCases arg_extremum(const char* name, OpCall call) {
  OpCases op{.name = name, .call = call, .slots = {"reduce"}, .differentiable = Differentiable::no};
  op.cases = along_one(kNumbers);
  op.errors = {{.name = "empty",
                .arguments = {t({0})},
                .type = ErrorType::index,
                .message = std::string(name) + ": Expected reduction dim to be specified for input.numel() == 0."}};
  return op;
}

ErrorCase no_such_dim(const char*) {
  return {.name = "no_such_dim",
          .arguments = {t({2, 3})},
          .options = {{"dim", 2}},
          .type = ErrorType::index,
          .message = "Dimension out of range (expected to be in range of [-2, 1], but got 2)"};
}

}  // namespace

OpCases sum_cases() {
  OpCases op{.name = "sum", .call = call_sum, .slots = {"reduce"}, .ulps = 1};
  op.cases = over_dims(kFifths, kFloats);
  append(op.cases, {{.name = "whole",
                     .arguments = {t({9, 11})},
                     .options = {{"dim", 1}},
                     .dtypes = kAllTypes,
                     .terms = 11,
                     .exact = true},
                    {.name = "empty", .arguments = {t({0, 3})}, .options = {{"dim", 0}}, .exact = true},
                    {.name = "dtype",
                     .arguments = {t({9})},
                     .options = {{"dtype", "float64"}},
                     .dtypes = {kFloat16, kInt32},
                     .exact = true}});
  op.errors = {no_such_dim("sum"),
               {.name = "same_dim_twice",
                .arguments = {t({2, 3})},
                .options = {{"dim", {1, -1}}},
                .type = ErrorType::value,
                .message = "sum: dim 1 appears multiple times in the list of dims"}};
  return op;
}

OpCases mean_cases() {
  OpCases op{.name = "mean", .call = call_mean, .slots = {"reduce"}, .ulps = 1, .cases = over_dims(kFifths, kFloats)};
  op.cases.push_back({.name = "of_none", .arguments = {t({0})}, .terms = 1, .grad = false});
  op.cases.push_back({.name = "dtype",
                      .arguments = {t({9})},
                      .options = {{"dtype", "float32"}},
                      .dtypes = {kFloat16, kInt32},
                      .terms = 9,
                      .differences = false});
  op.errors = {{.name = "integers",
                .arguments = {t({3})},
                .dtype = kInt64,
                .type = ErrorType::dtype,
                .message = "mean: could not infer output dtype. Input dtype must be a floating point dtype. Got: "
                           "int64"}};
  return op;
}

OpCases var_cases() {
  OpCases op{.name = "var", .call = call_var, .slots = {"reduce"}, .ulps = 6, .grad_ulps = 8};
  op.cases = over_dims(kFifths, {kFloat32, kFloat64});
  std::erase_if(op.cases, [](const OpCase& c) { return c.name == "number" || c.name == "one"; });
  op.cases.push_back({.name = "biased",
                      .arguments = {t({3, 7}, kFifths)},
                      .options = {{"dim", 1}, {"correction", 0}, {"keepdim", true}},
                      .terms = 7});
  op.errors = {{.name = "integers",
                .arguments = {t({3})},
                .dtype = kInt64,
                .type = ErrorType::dtype,
                .message = "var: only floating types are supported, got int64[3]"}};
  return op;
}

OpCases std_cases() {
  OpCases op{.name = "std", .call = call_std, .slots = {"reduce"}, .ulps = 6, .grad_ulps = 10};
  op.cases = {
      {.name = "all", .arguments = {t({3, 7}, kFifths)}, .dtypes = {kFloat32, kFloat64}, .terms = 21},
      {.name = "last", .arguments = {t({3, 7}, kFifths)}, .options = {{"dim", 1}, {"keepdim", true}}, .terms = 7}};
  return op;
}

OpCases max_cases() { return extremum("max", call_max); }
OpCases min_cases() { return extremum("min", call_min); }
OpCases argmax_cases() { return arg_extremum("argmax", call_argmax); }
OpCases argmin_cases() { return arg_extremum("argmin", call_argmin); }

OpCases all_cases() {
  OpCases op{.name = "all", .call = call_all, .slots = {"reduce"}, .differentiable = Differentiable::no};
  op.cases = over_dims(Formula{.low = 0, .high = 5}, kAllTypes);
  op.cases.push_back({.name = "of_none", .arguments = {t({0})}});
  return op;
}
OpCases any_cases() {
  OpCases op{.name = "any", .call = call_any, .slots = {"reduce"}, .differentiable = Differentiable::no};
  op.cases = over_dims(Formula{.low = -4, .high = 1}, kAllTypes);
  op.cases.push_back({.name = "of_none", .arguments = {t({0})}});
  return op;
}

}  // namespace cresset::test
