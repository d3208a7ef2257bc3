// Functions of two operands, element by element in double or int64.
#include <cmath>

#include "backend/cpu/binary_kernels.h"
#include "backend/cpu/convert.h"
#include "backend/cpu/integer_math.h"
#include "backend/cpu/strided_loop.h"

namespace cresset::cpu {
namespace {

constexpr double kPi = 3.14159265358979323846;

// In double the tail would magnify the rounding of erfc's argument.
double gelu_slope(long double x) {
  return static_cast<double>(0.5L * std::erfc(-x * std::sqrt(0.5L)) + x * std::exp(-0.5L * x * x) / std::sqrt(2 * kPi));
}

double gelu_tanh_slope(double x) {
  const double k = std::sqrt(2 / kPi), t = std::tanh(k * (x + 0.044715 * x * x * x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * k * (1 + 3 * 0.044715 * x * x);
}

template <class W>
bool compare(BinaryOp op, W a, W b) {
  switch (op) {
    case BinaryOp::eq: return a == b;
    case BinaryOp::ne: return a != b;
    case BinaryOp::lt: return a < b;
    case BinaryOp::le: return a <= b;
    case BinaryOp::gt: return a > b;
    case BinaryOp::ge: return a >= b;
    case BinaryOp::logical_and: return a != 0 && b != 0;
    default: return a != 0 || b != 0;
  }
}

double apply(BinaryOp op, double a, double b, double alpha) {
  switch (op) {
    case BinaryOp::add: return a + alpha * b;
    case BinaryOp::sub: return a - alpha * b;
    case BinaryOp::mul: return a * b;
    case BinaryOp::div: return a / b;
    case BinaryOp::pow: return std::pow(a, b);
    case BinaryOp::maximum: return a != a || a > b ? a : b;
    case BinaryOp::minimum: return a != a || a < b ? a : b;
    case BinaryOp::sigmoid_backward: return a * b * (1 - b);
    case BinaryOp::tanh_backward: return a * (1 - b * b);
    case BinaryOp::relu_backward: return b <= 0 ? 0 : a;
    case BinaryOp::gelu_backward: return a * gelu_slope(b);
    case BinaryOp::gelu_tanh_backward: return a * gelu_tanh_slope(b);
    default: return 0;  // a comparison
  }
}

std::int64_t apply(BinaryOp op, std::int64_t a, std::int64_t b, double alpha) {
  switch (op) {
    case BinaryOp::add: return wrap_add(a, wrap_mul(bound(alpha), b));
    case BinaryOp::sub: return wrap_sub(a, wrap_mul(bound(alpha), b));
    case BinaryOp::mul: return wrap_mul(a, b);
    case BinaryOp::pow: return wrap_pow(a, b);
    case BinaryOp::maximum: return a > b ? a : b;
    case BinaryOp::minimum: return a < b ? a : b;
    default: return 0;  // a comparison, or refused
  }
}

template <class T>
void run_typed(const BinaryProblem& p, const void* a, const void* b, void* y) {
  using Wide = std::conditional_t<kIsFloating<T>, double, std::int64_t>;
  for_each_element(p.loop, [&](const std::int64_t* at) {
    const Wide left = convert<Wide>(static_cast<const T*>(a)[at[1]]),
               right = convert<Wide>(static_cast<const T*>(b)[at[2]]);
    if (is_comparison(p.op))
      static_cast<bool*>(y)[at[0]] = compare(p.op, left, right);
    else
      static_cast<T*>(y)[at[0]] = convert<T>(apply(p.op, left, right, p.alpha));
  });
}

void run(const BinaryProblem& p, const Context&, const void* a, const void* b, void* y) {
  switch_dtype(p.dtype, [&]<class T>() { run_typed<T>(p, a, b, y); });
}

}  // namespace

Refusal refuse_binary(const BinaryProblem& p, const Context&) {
  const bool floating_only = p.op == BinaryOp::div || (p.op > BinaryOp::logical_or);
  return floating_only && !is_floating_point(p.dtype)
             ? Refusal("dtype must be floating, is {}", static_cast<int>(p.dtype))
             : Refusal();
}

constinit const Kernel<Binary> kBinaryReference = {"reference", refuse_binary, run};

}  // namespace cresset::cpu
