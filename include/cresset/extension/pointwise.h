// Problems and slots of element-wise ops, copies, fills, reductions and random numbers.
#pragma once

#include <cresset/dtype.h>
#include <cresset/extension/kernel.h>
#include <cresset/shape.h>

namespace cresset {

// Operands share `dims` sizes, already broadcast, ordered and merged by the op so that the last one varies fastest in
// the output; strides are in elements, 0 where broadcast. dims is 0 for a single element and sizes may be 0. The most
// common problem, all dense, has dims == 1 and strides 1.
template <int kOperands>
struct StridedLoop {
  int dims;
  std::int64_t sizes[kMaxDims];
  std::int64_t strides[kOperands][kMaxDims];
  std::int64_t numel() const {
    std::int64_t n = 1;
    for (int i = 0; i < dims; ++i) n *= sizes[i];
    return n;
  }
};

enum class UnaryOp : std::uint8_t {
  neg,
  abs,
  sign,
  exp,
  log,
  sqrt,
  rsqrt,
  square,
  reciprocal,
  sigmoid,
  tanh,
  relu,
  gelu,
  gelu_tanh,
  logical_not,
  clamp,
  pow
};
// y = op(x); clamp to [params[0], params[1]] (NaN passes, an infinite bound is none), pow with exponent params[0]. x
// and y have `dtype`, but for logical_not, whose y is bool. Integer dtypes: neg abs sign square relu clamp logical_not
// pow (non-negative integer exponent) only.
struct UnaryProblem {
  UnaryOp op;
  DType dtype;
  double params[2];
  StridedLoop<2> loop;  // y, x
};
struct Unary {
  static constexpr std::string_view name = "unary";
  using Problem = UnaryProblem;
  using Run = void(const Problem&, const Context&, const void* x, void* y);
};

// y = op(a, b). add: a + alpha * b, sub: a - alpha * b. div is true division (floating dtypes only). Comparisons write
// bool. The _backward ops take (grad, saved): sigmoid and tanh save the output, relu the output (grad where it is > 0),
// gelu the input, abs the input.
enum class BinaryOp : std::uint8_t {
  add,
  sub,
  mul,
  div,
  pow,
  maximum,
  minimum,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  logical_and,
  logical_or,
  sigmoid_backward,
  tanh_backward,
  relu_backward,
  gelu_backward,
  gelu_tanh_backward
};
constexpr bool is_comparison(BinaryOp op) { return op >= BinaryOp::eq && op <= BinaryOp::logical_or; }
struct BinaryProblem {
  BinaryOp op;
  DType dtype;          // of a and b, and of y but for comparisons
  double alpha = 1;     // add, sub
  StridedLoop<3> loop;  // y, a, b
  // A number: one element in host memory, whatever the device, read before `run` returns; its strides are 0.
  bool a_on_host = false, b_on_host = false;
};
struct Binary {
  static constexpr std::string_view name = "binary";
  using Problem = BinaryProblem;
  using Run = void(const Problem&, const Context&, const void* a, const void* b, void* y);
};

// y = condition ? a : b; condition is bool, the others have `dtype`.
struct WhereProblem {
  DType dtype;
  StridedLoop<4> loop;                        // y, condition, a, b
  bool a_on_host = false, b_on_host = false;  // as in BinaryProblem
};
struct Where {
  static constexpr std::string_view name = "where";
  using Problem = WhereProblem;
  using Run = void(const Problem&, const Context&, const bool* condition, const void* a, const void* b, void* y);
};

// y = x, converted as PyTorch does (float to integer truncates, to bool is != 0).
struct CopyProblem {
  DType from, to;
  StridedLoop<2> loop;     // y, x
  bool x_on_host = false;  // as in BinaryProblem: a fill
};
struct Copy {
  static constexpr std::string_view name = "copy";
  using Problem = CopyProblem;
  using Run = void(const Problem&, const Context&, const void* x, void* y);
};

// sum and mean in float32 or float64 (16-bit floats accumulate in float32), sum of integers in int64, max/min propagate
// NaN, argmax gives the first maximum (NaN counts as the largest). The value of a sum does not depend on the number of
// threads.
enum class ReduceOp : std::uint8_t { sum, mean, max, min, argmax, argmin, all, any };
// The input is strided; `reduced` says which of its dimensions go. The output is dense, row-major over the others (out
// of 0 or more). Values and indices: max, min write both where indices is not null.
struct ReduceProblem {
  ReduceOp op;
  DType dtype;      // of x
  DType out_dtype;  // of y (argmax, argmin: int64, y null, indices set)
  int dims;
  std::int64_t sizes[kMaxDims], strides[kMaxDims];
  bool reduced[kMaxDims];
};
struct Reduce {
  static constexpr std::string_view name = "reduce";
  using Problem = ReduceProblem;
  using Run =
      void(const Problem&, const Context&, const void* x, void* y,
           std::int64_t* indices);  // an index counts within the one reduced dimension, or row-major over all of them
};

// n numbers of a Philox 4x32-10 stream into a dense output; see docs/random.md for which counter gives which element.
enum class RandomOp : std::uint8_t { uniform, normal, integer, bernoulli };
struct RandomProblem {
  RandomOp op;
  DType dtype;
  std::int64_t n;
  std::uint64_t seed, offset;  // key, and the first counter value
  double a, b;                 // uniform: [a, b); normal: mean, standard deviation; bernoulli: probability a
  std::int64_t low, high;      // integer: [low, high)
};
struct Random {
  static constexpr std::string_view name = "random";
  using Problem = RandomProblem;
  using Run = void(const Problem&, const Context&, void* y);
};

}  // namespace cresset
