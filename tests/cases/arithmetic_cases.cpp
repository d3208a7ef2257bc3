#include <cmath>

#include "cases/lists.h"
#include "cases/patterns.h"

namespace cresset::test {
namespace {

std::vector<ErrorCase> shape_errors(const std::string& op) {
  return {{.name = "shapes",
           .arguments = {t({2, 3}), t({4})},
           .message = op + ": The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension "
                           "1 (a [2, 3], b [4])"}};
}

// Pairs of types that PyTorch promotes; neither operand has the case's type.
std::vector<OpCase> promotions() {
  const auto x = [](DType dtype, const Shape& shape = {4}) { return t(shape, {.dtype = dtype, .grad = false}); };
  std::vector<OpCase> cases{
      {.name = "half_and_bfloat16", .arguments = {x(kFloat16), x(kBFloat16)}},
      {.name = "int32_and_float16", .arguments = {x(kInt32), x(kFloat16)}},
      {.name = "int64_and_uint8", .arguments = {x(kInt64), x(kUInt8)}},
      {.name = "bool_and_int32", .arguments = {x(kBool), x(kInt32)}},
      {.name = "float64_number_tensor", .arguments = {x(kFloat32), x(kFloat64, {})}},
      {.name = "float32_number_and_int64", .arguments = {x(kInt64), x(kFloat32, {})}},
      {.name = "int32_and_number", .arguments = {x(kInt32), number(2)}},
      {.name = "int32_and_floating_number", .arguments = {x(kInt32), number(2.5)}},
  };
  for (OpCase& c : cases) c.grad = false;
  return cases;
}

Outputs call_add(const Arguments& in, const Options& o) {
  const Scalar alpha = o.number("alpha").value_or(1);
  return {in.is_number(1) ? add(in[0], in.number(1), alpha) : add(in[0], in[1], alpha)};
}
Outputs call_sub(const Arguments& in, const Options& o) {
  const Scalar alpha = o.number("alpha").value_or(1);
  return {in.is_number(1) ? sub(in[0], in.number(1), alpha) : sub(in[0], in[1], alpha)};
}
Outputs call_mul(const Arguments& in, const Options&) {
  return {in.is_number(1) ? mul(in[0], in.number(1)) : mul(in[0], in[1])};
}
Outputs call_div(const Arguments& in, const Options&) {
  return {in.is_number(1) ? div(in[0], in.number(1)) : div(in[0], in[1])};
}
Outputs call_pow(const Arguments& in, const Options&) {
  if (in.is_number(0)) return {pow(in.number(0), in[1])};
  return {in.is_number(1) ? pow(in[0], in.number(1)) : pow(in[0], in[1])};
}

}  // namespace

OpCases add_cases() {
  OpCases op{.name = "add", .call = call_add, .slots = {"binary"}, .ulps = 1, .errors = shape_errors("add")};
  op.cases = binary_patterns({.dtypes = kAllTypes});
  append(op.cases, promotions());
  append(op.cases, {{.name = "whole", .arguments = {t({5, 7}), t({5, 7})}, .dtypes = kFloats, .exact = true},
                    {.name = "alpha", .arguments = {t({2, 3}), t({3})}, .options = {{"alpha", 3}}, .dtypes = kNumbers},
                    {.name = "alpha_floating", .arguments = {t({2, 3}), t({3})}, .options = {{"alpha", -0.5}}}});
  op.errors.push_back(
      {.name = "floating_alpha_of_integers",
       .arguments = {t({2}), t({2})},
       .options = {{"alpha", 0.5}},
       .dtype = kInt64,
       .type = ErrorType::dtype,
       .message = "add: For integral input tensors, argument alpha must not be a floating point number."});
  return op;
}

OpCases sub_cases() {
  OpCases op{.name = "sub", .call = call_sub, .slots = {"binary"}, .ulps = 1, .errors = shape_errors("sub")};
  op.cases = binary_patterns({.dtypes = kNumbers});
  append(op.cases, {{.name = "alpha", .arguments = {t({2, 3}), t({3})}, .options = {{"alpha", 2}}, .exact = true}});
  op.errors.push_back({.name = "bools",
                       .arguments = {t({2}, kTruth), t({2}, kTruth)},
                       .dtype = kBool,
                       .type = ErrorType::dtype,
                       .message = "sub: Subtraction, the `-` operator, with two bool tensors is not supported. Use the "
                                  "`^` or `logical_xor()` operator instead."});
  return op;
}

OpCases mul_cases() {
  OpCases op{.name = "mul", .call = call_mul, .slots = {"binary"}, .ulps = 1, .errors = shape_errors("mul")};
  op.cases = binary_patterns({.dtypes = kAllTypes});
  append(op.cases, promotions());
  append(op.cases, {{.name = "whole", .arguments = {t({5, 7}), t({5, 7})}, .dtypes = kFloats, .exact = true}});
  return op;
}

OpCases div_cases() {
  OpCases op{.name = "div", .call = call_div, .slots = {"binary"}, .ulps = 1, .errors = shape_errors("div")};
  // Never a division by 0: integers would be.
  op.cases = binary_patterns({.b = {.low = -13, .high = 13, .step = 2, .divisor = 4}, .dtypes = kFloats});
  append(op.cases, {{.name = "integers",
                     .arguments = {t({2, 5}), t({5}, Formula{.low = 1, .high = 5})},
                     .dtypes = {kInt64, kInt32, kUInt8, kBool}},
                    {.name = "by_zero",
                     .arguments = {elements({1, -1, 0, 2}), elements({0, 0, 0, 1})},
                     .dtypes = kFloats,
                     .grad = false}});
  return op;
}

OpCases pow_cases() {
  OpCases op{.name = "pow",
             .call = call_pow,
             .slots = {"binary", "unary"},
             .ulps = 4,
             .grad_ulps = 12,
             .errors = shape_errors("pow")};
  op.cases = binary_patterns({.a = kPositive, .b = {.low = -5, .high = 5, .step = 2, .divisor = 2}});
  append(op.cases, {{.name = "square", .arguments = {t({3, 5}), number(2)}, .dtypes = kNumbers, .exact = true},
                    {.name = "cube_of_integers",
                     .arguments = {t({3, 5}), t({5}, Formula{.low = 0, .high = 3})},
                     .dtypes = {kInt64, kInt32, kUInt8}},
                    {.name = "zero", .arguments = {t({4}), number(0)}},
                    {.name = "inverse", .arguments = {t({2, 4}, kEighths), number(-1.5)}, .grad = false},
                    {.name = "root", .arguments = {t({2, 4}, kPositive), number(0.5)}, .dtypes = kFloats},
                    {.name = "first", .arguments = {t({3, 5}), number(1)}, .dtypes = kNumbers, .exact = true},
                    {.name = "cube", .arguments = {t({3, 5}), number(3)}, .dtypes = kNumbers, .exact = true},
                    {.name = "fourth", .arguments = {t({3, 5}), number(4)}, .dtypes = kFloats},
                    {.name = "reciprocal", .arguments = {t({2, 4}, kEighths), number(-1)}, .dtypes = kFloats},
                    {.name = "reciprocal_square", .arguments = {t({2, 4}, kEighths), number(-2)}, .dtypes = kFloats},
                    {.name = "inverse_root", .arguments = {t({2, 4}, kPositive), number(-0.5)}, .dtypes = kFloats},
                    // In float16 PyTorch itself answers by pow on the CPU and by these on CUDA.
                    {.name = "root_of_edges",
                     .arguments = {elements({-0.0, 0, -INFINITY, INFINITY, -1}), number(0.5)},
                     .dtypes = {kFloat64, kFloat32, kBFloat16},
                     .grad = false},
                    {.name = "inverse_root_of_edges",
                     .arguments = {elements({-0.0, 0, -INFINITY, INFINITY, -1}), number(-0.5)},
                     .dtypes = {kFloat64, kFloat32, kBFloat16},
                     .grad = false},
                    {.name = "base", .arguments = {number(2.5), t({2, 4})}, .dtypes = kFloats},
                    {.name = "integer_base",
                     .arguments = {number(2), t({2, 4}, Formula{.low = 0, .high = 6})},
                     .dtypes = {kInt64, kInt32}}});
  op.errors.push_back({.name = "negative_power_of_integers",
                       .arguments = {t({2}), number(-1)},
                       .dtype = kInt64,
                       .type = ErrorType::value,
                       .message = "pow: Integers to negative integer powers are not allowed."});
  return op;
}

}  // namespace cresset::test
