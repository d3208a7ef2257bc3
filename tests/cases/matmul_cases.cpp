// matmul and linear.
#include "cases/lists.h"
#include "cases/patterns.h"

namespace cresset::test {
namespace {

Outputs call_matmul(const Arguments& in, const Options&) { return {matmul(in[0], in[1])}; }
Outputs call_linear(const Arguments& in, const Options&) { return {nn::functional::linear(in[0], in[1], in[2])}; }

Argument x(const Shape& shape, Layout layout = Layout::contiguous) { return t(shape, kFifths, layout); }

}  // namespace

OpCases matmul_cases() {
  OpCases op{.name = "matmul", .call = call_matmul, .slots = {"matmul"}, .ulps = 1, .grad_ulps = 2};
  op.cases = {
      {.name = "plain", .arguments = {x({3, 5}), x({5, 4})}, .dtypes = kFloats, .terms = 5},
      {.name = "whole",
       .arguments = {t({7, 9}), t({9, 5})},
       .dtypes = {kFloat32, kFloat64, kInt64, kInt32},
       .terms = 9,
       .exact = true},
      {.name = "vectors", .arguments = {x({7}), x({7})}, .terms = 7},
      {.name = "vector_matrix", .arguments = {x({5}), x({5, 4})}, .terms = 5},
      {.name = "matrix_vector", .arguments = {x({4, 5}), x({5})}, .dtypes = kFloats, .terms = 5},
      {.name = "batches", .arguments = {x({3, 2, 5}), x({3, 5, 4})}, .dtypes = kFloats, .terms = 5},
      {.name = "batches_broadcast", .arguments = {x({2, 1, 3, 4}), x({3, 4, 2})}, .terms = 4},
      {.name = "batches_times_one", .arguments = {x({2, 3, 4}), x({4, 5})}, .terms = 8},
      {.name = "one_times_batches", .arguments = {x({3, 4}), x({2, 4, 5})}, .terms = 8},
      {.name = "batches_times_vector", .arguments = {x({2, 3, 4}), x({4})}, .terms = 8},
      {.name = "transposed",
       .arguments = {x({3, 5}, Layout::transposed), x({5, 4}, Layout::transposed)},
       .dtypes = kFloats,
       .terms = 5},
      {.name = "sliced", .arguments = {x({3, 5}, Layout::sliced), x({5, 4}, Layout::sliced)}, .terms = 5},
      {.name = "expanded", .arguments = {x({3, 5}, Layout::expanded), x({5, 4})}, .terms = 5},
      {.name = "no_terms", .arguments = {x({3, 0}), x({0, 4})}, .dtypes = {kFloat32, kFloat64}},
      {.name = "no_rows", .arguments = {x({0, 3}), x({3, 4})}, .terms = 3},
      {.name = "no_batches", .arguments = {x({0, 2, 3}), x({0, 3, 4})}, .terms = 3},
      {.name = "one", .arguments = {x({1, 1}), x({1, 1})}, .terms = 1},
      {.name = "odd",
       .arguments = {x({37, 53}), x({53, 41})},
       .dtypes = kFloats,
       .terms = 53,
       .golden = false,
       .differences = false},
      {.name = "large",
       .arguments = {x({129, 257}), x({257, 130})},
       .dtypes = kFloats,
       .terms = 257,
       .golden = false,
       .differences = false},
      {.name = "large_transposed",
       .arguments = {x({129, 257}, Layout::transposed), x({257, 130}, Layout::transposed)},
       .terms = 257,
       .golden = false,
       .differences = false},
  };
  op.errors = {{.name = "sizes",
                .arguments = {x({2, 3}), x({4, 5})},
                .message = "matmul: mat1 and mat2 shapes cannot be multiplied (float32[2, 3] and float32[4, 5])"},
               {.name = "number",
                .arguments = {x({}), x({4})},
                .message = "matmul: both arguments need to be at least 1D, but they are 0D and 1D"},
               {.name = "types",
                .arguments = {x({2, 3}), t({3, 2}, {.dtype = kFloat64})},
                .type = ErrorType::dtype,
                .message = "matmul: expected both operands to have the same dtype, but got float32[2, 3] and float64"
                           "[3, 2]"},
               {.name = "batches",
                .arguments = {x({2, 3, 4}), x({3, 4, 5})},
                .message = "matmul: The size of tensor a (2) must match the size of tensor b (3) at non-singleton "
                           "dimension 0 (a [2], b [3])"},
               {.name = "bools",
                .arguments = {t({2, 3}, kTruth), t({3, 2}, kTruth)},
                .dtype = kBool,
                .type = ErrorType::dtype,
                .message = "matmul: not supported for bool tensors"}};
  return op;
}

OpCases linear_cases() {
  OpCases op{.name = "linear", .call = call_linear, .slots = {"matmul"}, .ulps = 1, .grad_ulps = 2};
  op.cases = {
      {.name = "plain", .arguments = {x({3, 5}), x({4, 5}), x({4})}, .dtypes = kFloats, .terms = 5},
      {.name = "whole",
       .arguments = {t({4, 17}), t({10, 17}), t({10})},
       .dtypes = {kFloat32, kFloat64},
       .terms = 17,
       .exact = true},
      {.name = "no_bias", .arguments = {x({3, 5}), x({4, 5})}, .terms = 5},
      {.name = "vector", .arguments = {x({5}), x({4, 5}), x({4})}, .terms = 5},
      {.name = "more_dims", .arguments = {x({2, 3, 5}), x({4, 5}), x({4})}, .terms = 6},
      {.name = "one_feature", .arguments = {x({3, 5}), x({5})}, .terms = 5},
      {.name = "one_feature_of_a_vector", .arguments = {x({5}), x({5}), x({})}, .terms = 6},
      {.name = "one_feature_more_dims", .arguments = {x({2, 3, 5}), x({5}), x({})}, .terms = 6, .golden = false},
      {.name = "transposed",
       .arguments = {x({3, 5}, Layout::transposed), x({4, 5}, Layout::transposed), x({4})},
       .terms = 5},
      {.name = "sliced",
       .arguments = {x({3, 5}, Layout::sliced), x({4, 5}, Layout::sliced), x({4}, Layout::sliced)},
       .terms = 5},
      {.name = "expanded", .arguments = {x({3, 5}, Layout::expanded), x({4, 5}), x({4})}, .terms = 5},
      {.name = "no_rows", .arguments = {x({0, 5}), x({4, 5}), x({4})}, .terms = 5},
      {.name = "seed",
       .arguments = {x({4, 400}), x({120, 400}), x({120})},
       .dtypes = kFloats,
       .terms = 400,
       .golden = false,
       .differences = false},
      {.name = "many_rows",
       .arguments = {x({67, 84}), x({10, 84}), x({10})},
       .dtypes = kFloats,
       .terms = 84,
       .golden = false,
       .differences = false},
  };
  op.errors = {{.name = "features",
                .arguments = {x({2, 3}), x({4, 5})},
                .message = "linear: mat1 and mat2 shapes cannot be multiplied (float32[2, 3] and float32[4, 5], "
                           "in_features 5)"},
               {.name = "bias",
                .arguments = {x({2, 5}), x({4, 5}), x({3})},
                .message = "linear: bias must have 4 elements, got float32[3]"},
               {.name = "one_feature_bias",
                .arguments = {x({2, 5}), x({5}), x({2})},
                .message = "linear: with a weight of one dimension, bias must have none, got float32[2]"},
               {.name = "no_dims",
                .arguments = {x({2, 5}), x({})},
                .message = "linear: weight must be [out_features, in_features], got float32[]"},
               {.name = "types",
                .arguments = {x({2, 5}), t({4, 5}, {.dtype = kBFloat16})},
                .type = ErrorType::dtype,
                .message = "linear: input and weight must have the same dtype, got float32[2, 5] and bfloat16"
                           "[4, 5]"},
               {.name = "bias_type",
                .arguments = {x({2, 5}), x({4, 5}), t({4}, {.dtype = kFloat64})},
                .type = ErrorType::dtype,
                .message = "linear: input and bias must have the same dtype, got float32[2, 5] and float64[4]"},
               {.name = "bools",
                .arguments = {t({2, 5}, kTruth), t({4, 5}, kTruth)},
                .dtype = kBool,
                .type = ErrorType::dtype,
                .message = "linear: not supported for bool tensors"}};
  return op;
}

}  // namespace cresset::test
