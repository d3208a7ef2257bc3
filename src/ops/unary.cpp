// Functions of one tensor, element by element.
#include <cresset/ops.h>

#include <cmath>

#include "autograd/record.h"
#include "core/check.h"
#include "ops/activation_backward.h"
#include "ops/autocast.h"
#include "ops/pointwise.h"

namespace cresset {
namespace {

// Floating results: integers are converted first.
Tensor floating(const Tensor& x) { return as_dtype(x, floating_dtype(x.dtype())); }

// backward(grad, saved x or y): `kOutput` says which is saved.
enum class Saves : bool { input, output };
template <Saves kSaves, class Backward>
Tensor unary(UnaryOp op, const char* node, const Tensor& x, Backward backward) {
  Tensor y = run_unary(op, x);
  if (needs_history(x)) {
    record(
        y, node,
        [saved = kSaves == Saves::output ? SavedTensor::output(y) : SavedTensor(x), backward](
            const Tensor& grad, Grads& out) { out[0] = backward(grad, saved.get(out)); },
        x);
  }
  return y;
}

void check_not_bool(const char* op, const Tensor& x) {
  check<DTypeError>(x.dtype() != kBool, "{}: bool tensors are not supported", op);
}

}  // namespace

Tensor neg(const Tensor& x) {
  check<DTypeError>(x.dtype() != kBool,
                    "neg: Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a "
                    "mask, use the `!` operator or `logical_not()` instead.");
  Tensor y = run_unary(UnaryOp::neg, x);
  if (needs_history(x))
    record(
        y, "NegBackward0", [](const Tensor& grad, Grads& out) { out[0] = -grad; }, x);
  return y;
}
Tensor operator-(const Tensor& x) { return neg(x); }

Tensor abs(const Tensor& x) {
  check_not_bool("abs", x);
  return unary<Saves::input>(UnaryOp::abs, "AbsBackward0", x,
                             [](const Tensor& grad, const Tensor& in) { return grad * sign(in); });
}
Tensor sign(const Tensor& x) {
  Tensor y = run_unary(UnaryOp::sign, x);
  if (needs_history(x))
    record(
        y, "SignBackward0", [](const Tensor& grad, Grads& out) { out[0] = zeros_like(grad); }, x);
  return y;
}
Tensor exp(const Tensor& x) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_float32(autocast::On::cuda, static_cast<Tensor (*)(const Tensor&)>(exp), x);
  return unary<Saves::output>(UnaryOp::exp, "ExpBackward0", floating(x),
                              [](const Tensor& grad, const Tensor& y) { return grad * y; });
}
Tensor log(const Tensor& x) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_float32(autocast::On::cuda, static_cast<Tensor (*)(const Tensor&)>(log), x);
  return unary<Saves::input>(UnaryOp::log, "LogBackward0", floating(x),
                             [](const Tensor& grad, const Tensor& in) { return grad / in; });
}
Tensor sqrt(const Tensor& x) {
  return unary<Saves::output>(UnaryOp::sqrt, "SqrtBackward0", floating(x),
                              [](const Tensor& grad, const Tensor& y) { return grad / (2 * y); });
}
Tensor rsqrt(const Tensor& x) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_float32(autocast::On::cuda, static_cast<Tensor (*)(const Tensor&)>(rsqrt), x);
  return unary<Saves::output>(UnaryOp::rsqrt, "RsqrtBackward0", floating(x),
                              [](const Tensor& grad, const Tensor& y) { return -0.5 * grad * pow(y, 3); });
}
Tensor square(const Tensor& x) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_float32(autocast::On::cuda, static_cast<Tensor (*)(const Tensor&)>(square), x);
  check_not_bool("square", x);
  return unary<Saves::input>(UnaryOp::square, "PowBackward0", x,
                             [](const Tensor& grad, const Tensor& in) { return grad * (in * 2.0); });
}
Tensor reciprocal(const Tensor& x) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_float32(autocast::On::cuda, static_cast<Tensor (*)(const Tensor&)>(reciprocal), x);
  return unary<Saves::output>(UnaryOp::reciprocal, "ReciprocalBackward0", floating(x),
                              [](const Tensor& grad, const Tensor& y) { return -grad * (y * y); });
}
Tensor sigmoid(const Tensor& x) {
  return unary<Saves::output>(UnaryOp::sigmoid, "SigmoidBackward0", floating(x), sigmoid_backward);
}
Tensor tanh(const Tensor& x) {
  return unary<Saves::output>(UnaryOp::tanh, "TanhBackward0", floating(x), tanh_backward);
}
Tensor relu(const Tensor& x) {
  check_not_bool("relu", x);
  return unary<Saves::output>(UnaryOp::relu, "ReluBackward0", x, relu_backward);
}

Tensor nn::functional::relu(const Tensor& input, const ReLUOptions& options) {
  return options.inplace ? input.relu_() : cresset::relu(input);
}
Tensor nn::functional::sigmoid(const Tensor& input) { return cresset::sigmoid(input); }
Tensor nn::functional::tanh(const Tensor& input) { return cresset::tanh(input); }
Tensor nn::functional::gelu(const Tensor& input, GeluApproximate approximate) {
  check<DTypeError>(input.is_floating_point(), "gelu: the input must be of a floating type, got {}", input);
  return approximate == GeluApproximate::none
             ? unary<Saves::input>(UnaryOp::gelu, "GeluBackward0", input, gelu_backward)
             : unary<Saves::input>(UnaryOp::gelu_tanh, "GeluBackward0", input, gelu_tanh_backward);
}

Tensor clamp(const Tensor& x, std::optional<Scalar> min, std::optional<Scalar> max) {
  check<ValueError>(min || max, "clamp: At least one of 'min' or 'max' must not be None");
  check_not_bool("clamp", x);
  DType dtype = x.dtype();
  if (min) dtype = promote_types(dtype, promote_scalar(x, *min));
  if (max) dtype = promote_types(dtype, promote_scalar(x, *max));
  const Tensor in = as_dtype(x, dtype);
  const double low = min ? min->to_double() : -HUGE_VAL, high = max ? max->to_double() : HUGE_VAL;
  Tensor y = run_unary(UnaryOp::clamp, in, low, high);
  if (needs_history(in)) {
    record(
        y, "ClampBackward1",
        [saved = SavedTensor(in), min, max](const Tensor& grad, Grads& out) {
          // 0 at the bounds too, as PyTorch has it.
          const Tensor values = saved.get(out), none = zeros({}, {.dtype = grad.dtype()});
          Tensor g = grad;
          if (min) g = where(values > *min, g, none);
          if (max) g = where(values < *max, g, none);
          out[0] = g;
        },
        in);
  }
  return y;
}

Tensor Tensor::neg() const { return cresset::neg(*this); }
Tensor Tensor::abs() const { return cresset::abs(*this); }
Tensor Tensor::exp() const { return cresset::exp(*this); }
Tensor Tensor::log() const { return cresset::log(*this); }
Tensor Tensor::sqrt() const { return cresset::sqrt(*this); }
Tensor Tensor::rsqrt() const { return cresset::rsqrt(*this); }
Tensor Tensor::square() const { return cresset::square(*this); }
Tensor Tensor::reciprocal() const { return cresset::reciprocal(*this); }
Tensor Tensor::sign() const { return cresset::sign(*this); }
Tensor Tensor::sigmoid() const { return cresset::sigmoid(*this); }
Tensor Tensor::tanh() const { return cresset::tanh(*this); }
Tensor Tensor::relu() const { return cresset::relu(*this); }
Tensor Tensor::clamp(std::optional<Scalar> min, std::optional<Scalar> max) const {
  return cresset::clamp(*this, min, max);
}

Tensor Tensor::add(const Tensor& other, Scalar alpha) const { return cresset::add(*this, other, alpha); }
Tensor Tensor::sub(const Tensor& other, Scalar alpha) const { return cresset::sub(*this, other, alpha); }
Tensor Tensor::mul(const Tensor& other) const { return cresset::mul(*this, other); }
Tensor Tensor::div(const Tensor& other) const { return cresset::div(*this, other); }
Tensor Tensor::pow(const Tensor& exponent) const { return cresset::pow(*this, exponent); }
Tensor Tensor::pow(Scalar exponent) const { return cresset::pow(*this, exponent); }
Tensor Tensor::add(Scalar other, Scalar alpha) const { return cresset::add(*this, other, alpha); }
Tensor Tensor::sub(Scalar other, Scalar alpha) const { return cresset::sub(*this, other, alpha); }
Tensor Tensor::mul(Scalar other) const { return cresset::mul(*this, other); }
Tensor Tensor::div(Scalar other) const { return cresset::div(*this, other); }

}  // namespace cresset
