// Functions of one operand, element by element in double or int64.
#include <cmath>
#include <limits>

#include "backend/cpu/convert.h"
#include "backend/cpu/integer_math.h"
#include "backend/cpu/strided_loop.h"
#include "backend/cpu/unary_kernels.h"

namespace cresset::cpu {
namespace {

double apply(UnaryOp op, double x, const double* params) {
  switch (op) {
    case UnaryOp::neg: return -x;
    case UnaryOp::abs: return std::fabs(x);
    case UnaryOp::sign: return (x > 0) - (x < 0);
    case UnaryOp::exp: return std::exp(x);
    case UnaryOp::log: return std::log(x);
    case UnaryOp::sqrt: return std::sqrt(x);
    case UnaryOp::rsqrt: return 1 / std::sqrt(x);
    case UnaryOp::square: return x * x;
    case UnaryOp::reciprocal: return 1 / x;
    case UnaryOp::sigmoid: return 1 / (1 + std::exp(-x));
    case UnaryOp::tanh: return std::tanh(x);
    case UnaryOp::relu: return x < 0 ? 0 : x;
    case UnaryOp::gelu:
      return static_cast<double>(
          0.5L * x * std::erfc(-x * std::sqrt(0.5L)));  // in double the tail magnifies the rounding of erfc's argument
    case UnaryOp::gelu_tanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
    case UnaryOp::logical_not: return x == 0;
    case UnaryOp::clamp: {
      const double low = params[0], high = params[1];
      if (low != low || high != high) return std::numeric_limits<double>::quiet_NaN();
      const double raised = x < low ? low : x;
      return raised > high ? high : raised;
    }
    case UnaryOp::pow: return std::pow(x, params[0]);
  }
  return 0;
}

std::int64_t apply(UnaryOp op, std::int64_t x, const double* params) {
  switch (op) {
    case UnaryOp::neg: return wrap_sub(0, x);
    case UnaryOp::abs: return x < 0 ? wrap_sub(0, x) : x;
    case UnaryOp::sign: return (x > 0) - (x < 0);
    case UnaryOp::square: return wrap_mul(x, x);
    case UnaryOp::relu: return x < 0 ? 0 : x;
    case UnaryOp::logical_not: return x == 0;
    case UnaryOp::clamp: {
      const std::int64_t low = bound(params[0]), high = bound(params[1]);
      const std::int64_t raised = x < low ? low : x;
      return raised > high ? high : raised;
    }
    case UnaryOp::pow: return wrap_pow(x, bound(params[0]));
    default: return x;  // refused
  }
}

template <class T>
void run_typed(const UnaryProblem& p, const void* x, void* y) {
  using Wide = std::conditional_t<kIsFloating<T>, double, std::int64_t>;
  for_each_element(p.loop, [&](const std::int64_t* at) {
    const auto value = apply(p.op, convert<Wide>(static_cast<const T*>(x)[at[1]]), p.params);
    if (p.op == UnaryOp::logical_not)
      static_cast<bool*>(y)[at[0]] = value != 0;
    else
      static_cast<T*>(y)[at[0]] = convert<T>(value);
  });
}

void run(const UnaryProblem& p, const Context&, const void* x, void* y) {
  switch_dtype(p.dtype, [&]<class T>() { run_typed<T>(p, x, y); });
}

}  // namespace

Refusal refuse_unary(const UnaryProblem& p, const Context&) {
  if (is_floating_point(p.dtype)) return {};
  switch (p.op) {
    case UnaryOp::neg:
    case UnaryOp::abs:
    case UnaryOp::sign:
    case UnaryOp::square:
    case UnaryOp::relu:
    case UnaryOp::clamp:
    case UnaryOp::logical_not: return {};
    case UnaryOp::pow:
      if (p.params[0] >= 0 && p.params[0] == std::floor(p.params[0])) return {};
      return Refusal("an integer's exponent must be a non-negative integer");
    default: return Refusal("dtype must be floating, is {}", static_cast<int>(p.dtype));
  }
}

constinit const Kernel<Unary> kUnaryReference = {"reference", refuse_unary, run};

}  // namespace cresset::cpu
