// add, sub, mul, div, pow, maximum, minimum.
#include <cresset/ops.h>

#include "autograd/record.h"
#include "core/check.h"
#include "ops/autocast.h"
#include "ops/check_range.h"
#include "ops/pointwise.h"
#include "ops/view_strides.h"

namespace cresset {
namespace {

// Both operands in the dtype in which they meet.
std::pair<Tensor, Tensor> promoted(const Tensor& a, const Tensor& b, bool floating = false) {
  DType dtype = promote_tensors(a, b);
  if (floating) dtype = floating_dtype(dtype);
  return {as_dtype(a, dtype), as_dtype(b, dtype)};
}

void check_alpha(const char* op, DType dtype, Scalar alpha) {
  check<DTypeError>(is_floating_point(dtype) || !alpha.is_floating_point(),
                    "{}: For integral input tensors, argument alpha must not be a floating point number.", op);
}

Tensor add_scaled(const char* op, const char* node, BinaryOp code, const Tensor& a, const Tensor& b, Scalar alpha,
                  double sign) {
  if (impl_of(a).dtype != impl_of(b).dtype) {
    const auto [x, y] = promoted(a, b);
    return add_scaled(op, node, code, x, y, alpha, sign);
  }
  check_alpha(op, a.impl()->dtype, alpha);
  check<DTypeError>(code != BinaryOp::sub || a.impl()->dtype != kBool,
                    "sub: Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
                    "`logical_xor()` operator instead.");
  Tensor y = run_binary(op, code, a, b, alpha.to_double());
  if (needs_history(a, b)) {
    // Where nothing was broadcast and alpha is 1 the gradient passes as it is.
    record(
        y, node,
        [sa = a.impl()->sizes, sb = b.impl()->sizes, factor = sign * alpha.to_double()](const Tensor& grad,
                                                                                        Grads& out) {
          if (out.needs(0)) out[0] = sum_to_shape(grad, sa);
          if (out.needs(1)) out[1] = sum_to_shape(factor == 1 ? grad : grad * factor, sb);
        },
        a, b);
  }
  return y;
}

Tensor add_number(const char* op, const char* node, BinaryOp code, const Tensor& a, Scalar b, Scalar alpha) {
  const Tensor x = as_dtype(a, promote_scalar(a, b));
  check_alpha(op, x.dtype(), alpha);
  Tensor y = run_binary(op, code, x, b, alpha.to_double());
  if (needs_history(x))
    record(
        y, node, [](const Tensor& grad, Grads& out) { out[0] = grad; }, x);
  return y;
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b, Scalar alpha) {
  return add_scaled("add", "AddBackward0", BinaryOp::add, a, b, alpha, 1);
}
Tensor add(const Tensor& a, Scalar b, Scalar alpha) {
  return add_number("add", "AddBackward0", BinaryOp::add, a, b, alpha);
}
Tensor sub(const Tensor& a, const Tensor& b, Scalar alpha) {
  return add_scaled("sub", "SubBackward0", BinaryOp::sub, a, b, alpha, -1);
}
Tensor sub(const Tensor& a, Scalar b, Scalar alpha) {
  return add_number("sub", "SubBackward0", BinaryOp::sub, a, b, alpha);
}

Tensor mul(const Tensor& a, const Tensor& b) {
  if (impl_of(a).dtype != impl_of(b).dtype) {
    const auto [x, y] = promoted(a, b);
    return mul(x, y);
  }
  Tensor y = run_binary("mul", BinaryOp::mul, a, b);
  if (needs_history(a, b)) {
    record(
        y, "MulBackward0",
        [sa = SavedTensor(wants_grad(b) ? a : Tensor()), sb = SavedTensor(wants_grad(a) ? b : Tensor()),
         shape_a = a.impl()->sizes, shape_b = b.impl()->sizes](const Tensor& grad, Grads& out) {
          if (out.needs(0)) out[0] = sum_to_shape(grad * sb.get(out), shape_a);
          if (out.needs(1)) out[1] = sum_to_shape(grad * sa.get(out), shape_b);
        },
        a, b);
  }
  return y;
}
Tensor mul(const Tensor& a, Scalar b) {
  const Tensor x = as_dtype(a, promote_scalar(a, b));
  Tensor y = run_binary("mul", BinaryOp::mul, x, b);
  if (needs_history(x))
    record(
        y, "MulBackward0", [b](const Tensor& grad, Grads& out) { out[0] = grad * b; }, x);
  return y;
}

Tensor div(const Tensor& a, const Tensor& b) {
  if (impl_of(a).dtype != impl_of(b).dtype || !is_floating_point(a.impl()->dtype)) {
    const auto [x, y] = promoted(a, b, true);
    return div(x, y);
  }
  Tensor y = run_binary("div", BinaryOp::div, a, b);
  if (needs_history(a, b)) {
    record(
        y, "DivBackward0",
        [sa = SavedTensor(wants_grad(b) ? a : Tensor()), sb = SavedTensor(b), shape_a = a.impl()->sizes,
         shape_b = b.impl()->sizes](const Tensor& grad, Grads& out) {
          const Tensor divisor = sb.get(out);
          if (out.needs(0)) out[0] = sum_to_shape(grad / divisor, shape_a);
          if (out.needs(1)) out[1] = sum_to_shape(-grad * ((sa.get(out) / divisor) / divisor), shape_b);
        },
        a, b);
  }
  return y;
}
Tensor div(const Tensor& a, Scalar b) {
  const Tensor x = as_dtype(a, floating_dtype(promote_scalar(a, b)));
  Tensor y = run_binary("div", BinaryOp::div, x, b);
  if (needs_history(x))
    record(
        y, "DivBackward0", [b](const Tensor& grad, Grads& out) { out[0] = grad / b; }, x);
  return y;
}

namespace {

// d/da a^b = b a^(b-1), which is 0 where b is 0.
Tensor pow_grad_base(const Tensor& grad, const Tensor& base, const Tensor& exponent) {
  return where(exponent == 0, zeros({}, {.dtype = grad.dtype()}), grad * (exponent * pow(base, exponent - 1)));
}
// d/db a^b = a^b log a, which is 0 where a is 0 and b is not negative.
Tensor pow_grad_exponent(const Tensor& grad, const Tensor& base, const Tensor& exponent, const Tensor& result) {
  const Tensor zero = zeros({}, {.dtype = grad.dtype()});
  return grad * where((base == 0) & (exponent >= 0), zero, result * log(base));
}

}  // namespace

Tensor pow(const Tensor& base, const Tensor& exponent) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_float32(
        autocast::On::cuda, [](const Tensor& x, const Tensor& e) { return pow(x, e); }, base, exponent);
  if (impl_of(base).dtype != impl_of(exponent).dtype) {
    const auto [x, y] = promoted(base, exponent);
    return pow(x, y);
  }
  if (!is_floating_point(base.dtype())) check_range(RangeCheck::exponent, exponent);
  Tensor y = run_binary("pow", BinaryOp::pow, base, exponent);
  if (needs_history(base, exponent)) {
    record(
        y, "PowBackward1",
        [a = SavedTensor(base), b = SavedTensor(exponent), r = SavedTensor::output(y)](const Tensor& grad, Grads& out) {
          const Tensor x = a.get(out), e = b.get(out);
          if (out.needs(0)) out[0] = sum_to_shape(pow_grad_base(grad, x, e), x.shape());
          if (out.needs(1)) out[1] = sum_to_shape(pow_grad_exponent(grad, x, e, r.get(out)), e.shape());
        },
        base, exponent);
  }
  return y;
}
Tensor pow(const Tensor& base, Scalar exponent) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_float32(
        autocast::On::cuda, [exponent](const Tensor& x) { return pow(x, exponent); }, base);
  const Tensor x = as_dtype(base, promote_scalar(base, exponent));
  check<ValueError>(is_floating_point(x.dtype()) || exponent.to_int64() >= 0,
                    "pow: Integers to negative integer powers are not allowed.");
  Tensor y = run_unary(UnaryOp::pow, x, exponent.to_double());
  if (needs_history(x)) {
    record(
        y, "PowBackward0",
        [a = SavedTensor(x), e = exponent.to_double()](const Tensor& grad, Grads& out) {
          out[0] = e == 0 ? zeros_like(grad) : grad * (pow(a.get(out), e - 1) * e);
        },
        x);
  }
  return y;
}
Tensor pow(Scalar base, const Tensor& exponent) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_float32(
        autocast::On::cuda, [base](const Tensor& e) { return pow(base, e); }, exponent);
  const Tensor e = as_dtype(exponent, promote_scalar(exponent, base));
  Tensor y = run_binary("pow", BinaryOp::pow, base, e);
  if (needs_history(e)) {
    record(
        y, "PowBackward1",
        [base, b = SavedTensor(e), r = SavedTensor::output(y)](const Tensor& grad, Grads& out) {
          out[0] = pow_grad_exponent(grad, full({}, base, {.dtype = grad.dtype()}), b.get(out), r.get(out));
        },
        e);
  }
  return y;
}

namespace {

// The larger or smaller takes the gradient; equal ones share it.
Tensor extremum(const char* op, const char* node, BinaryOp code, const Tensor& a, const Tensor& b) {
  if (impl_of(a).dtype != impl_of(b).dtype) {
    const auto [x, y] = promoted(a, b);
    return extremum(op, node, code, x, y);
  }
  Tensor y = run_binary(op, code, a, b);
  if (needs_history(a, b)) {
    record(
        y, node,
        [sa = SavedTensor(a), sb = SavedTensor(b), code](const Tensor& grad, Grads& out) {
          const Tensor x = sa.get(out), z = sb.get(out);
          const Tensor half = grad / 2, none = zeros({}, {.dtype = grad.dtype()}), equal = x == z;
          const Tensor first = code == BinaryOp::maximum ? x > z : x < z;
          if (out.needs(0)) out[0] = sum_to_shape(where(equal, half, where(first, grad, none)), x.shape());
          if (out.needs(1)) out[1] = sum_to_shape(where(equal, half, where(first, none, grad)), z.shape());
        },
        a, b);
  }
  return y;
}

}  // namespace

Tensor maximum(const Tensor& a, const Tensor& b) {
  return extremum("maximum", "MaximumBackward0", BinaryOp::maximum, a, b);
}
Tensor minimum(const Tensor& a, const Tensor& b) {
  return extremum("minimum", "MinimumBackward0", BinaryOp::minimum, a, b);
}

Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
Tensor operator+(const Tensor& a, Scalar b) { return add(a, b); }
Tensor operator+(Scalar a, const Tensor& b) { return add(b, a); }
Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
Tensor operator-(const Tensor& a, Scalar b) { return sub(a, b); }
Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
Tensor operator*(const Tensor& a, Scalar b) { return mul(a, b); }
Tensor operator*(Scalar a, const Tensor& b) { return mul(b, a); }
Tensor operator/(const Tensor& a, const Tensor& b) { return div(a, b); }
Tensor operator/(const Tensor& a, Scalar b) { return div(a, b); }

Tensor operator-(Scalar a, const Tensor& b) {
  const Tensor x = as_dtype(b, promote_scalar(b, a));
  Tensor y = run_binary("rsub", BinaryOp::sub, a, x);
  if (needs_history(x))
    record(
        y, "RsubBackward1", [](const Tensor& grad, Grads& out) { out[0] = -grad; }, x);
  return y;
}
Tensor operator/(Scalar a, const Tensor& b) {
  if (autocast::active()) [[unlikely]]  // PyTorch's is a reciprocal
    return autocast::in_float32(
        autocast::On::cuda, [a](const Tensor& x) { return a / x; }, b);
  const Tensor x = as_dtype(b, floating_dtype(promote_scalar(b, a)));
  Tensor y = run_binary("div", BinaryOp::div, a, x);
  if (needs_history(x)) {
    record(
        y, "DivBackward0",
        [r = SavedTensor::output(y), b_saved = SavedTensor(x)](const Tensor& grad, Grads& out) {
          out[0] = -grad * (r.get(out) / b_saved.get(out));
        },
        x);
  }
  return y;
}

}  // namespace cresset
