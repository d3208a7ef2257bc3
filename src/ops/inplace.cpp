// In-place forms. Without history the kernel writes to the tensor itself; with one, the op is recorded on a copy of the
// tensor as it was, and its result written back, so that nothing that the op saved is overwritten.
#include "autograd/inplace.h"

#include <cresset/ops.h>

#include "core/check.h"
#include "ops/autocast.h"
#include "ops/copy.h"
#include "ops/pointwise.h"
#include "trace/trace.h"

namespace cresset {
namespace {

void check_result_type(const char* op, const Tensor& self, DType result) {
  const auto kind = [](DType t) { return cresset::is_floating_point(t) ? 2 : t == kBool ? 0 : 1; };
  check<DTypeError>(kind(result) <= kind(self.dtype()),
                    "{}: result type {} can't be cast to the desired output type {}", op, name(result),
                    name(self.dtype()));
}

// Any in-place form: `op(before)` gives the result from the tensor as it was.
template <class Op>
const Tensor& through_copy(const char* op_name, const Tensor& self, bool recorded, Op op) {
  check_inplace(self, op_name, recorded);
  Tensor before = self;
  if (recorded) {
    before = alias(self.detach().clone());
    Edge edge = gradient_edge(self);
    detail::TensorImpl& impl = *before.impl();
    // The copy stands where self stood in the graph.
    impl.grad_fn = edge.node;
    impl.output_nr = edge.nr;
  }
  const Tensor result = [&] {
    const autocast::Pause pause;  // PyTorch's lists have no op that writes in place
    return op(before);
  }();
  check_result_type(op_name, self, result.dtype());
  check<ShapeError>(result.shape() == self.shape(), "{}: output with shape {} doesn't match the broadcast shape {}",
                    op_name, self.shape(), result.shape());
  const Tensor converted = as_dtype(result, self.dtype());
  // The history of a view lies with its base, which copy_ knows to change.
  if (const AutogradMeta* meta = self.impl()->meta; meta && meta->base.defined()) return self.copy_(converted);
  copy_elements(self, converted);
  if (trace::active()) [[unlikely]]
    trace::wrote(self, converted);
  bump_version(self);
  if (recorded && converted.impl()->grad_fn) rebase_history(self, converted.impl()->grad_fn);
  return self;
}

// A binary op whose kernel may write straight to self.
template <class Op>
const Tensor& binary(const char* op_name, BinaryOp code, const Tensor& self, const Tensor& other, Scalar alpha, Op op) {
  const bool recorded = needs_history(self, other);
  const detail::TensorImpl &x = impl_of(self), &y = impl_of(other);
  const bool overlap = x.storage.get() == y.storage.get() && (x.data != y.data || x.strides != y.strides);
  if (recorded || x.dtype != y.dtype || overlap || (code == BinaryOp::div && !is_floating_point(x.dtype)) ||
      x.dtype == kBool || (alpha.is_floating_point() && !is_floating_point(x.dtype)))
    return through_copy(op_name, self, recorded, op);
  check_inplace(self, op_name, false);
  run_binary(op_name, code, self, other, alpha.to_double(), &self);
  bump_version(self);
  return self;
}
template <class Op>
const Tensor& binary(const char* op_name, BinaryOp code, const Tensor& self, Scalar other, Scalar alpha, Op op) {
  const bool recorded = needs_history(self);
  const DType result = promote_scalar(self, other);
  check_result_type(op_name, self, code == BinaryOp::div ? floating_dtype(result) : result);
  if (recorded || result != self.dtype() || self.dtype() == kBool ||
      (alpha.is_floating_point() && !self.is_floating_point()))
    return through_copy(op_name, self, recorded, op);
  check_inplace(self, op_name, false);
  run_binary(op_name, code, self, other, alpha.to_double(), &self);
  bump_version(self);
  return self;
}

template <class Op>
const Tensor& unary(const char* op_name, UnaryOp code, const Tensor& self, Op op) {
  const bool recorded = needs_history(self);
  if (recorded || !self.is_floating_point()) return through_copy(op_name, self, recorded, op);
  check_inplace(self, op_name, false);
  run_unary(code, self, 0, 0, &self);
  bump_version(self);
  return self;
}

}  // namespace

const Tensor& Tensor::add_(const Tensor& other, Scalar alpha) const {
  return binary("add_", BinaryOp::add, *this, other, alpha,
                [&](const Tensor& x) { return cresset::add(x, other, alpha); });
}
const Tensor& Tensor::sub_(const Tensor& other, Scalar alpha) const {
  return binary("sub_", BinaryOp::sub, *this, other, alpha,
                [&](const Tensor& x) { return cresset::sub(x, other, alpha); });
}
const Tensor& Tensor::mul_(const Tensor& other) const {
  return binary("mul_", BinaryOp::mul, *this, other, 1, [&](const Tensor& x) { return cresset::mul(x, other); });
}
const Tensor& Tensor::div_(const Tensor& other) const {
  return binary("div_", BinaryOp::div, *this, other, 1, [&](const Tensor& x) { return cresset::div(x, other); });
}
const Tensor& Tensor::add_(Scalar other, Scalar alpha) const {
  return binary("add_", BinaryOp::add, *this, other, alpha,
                [&](const Tensor& x) { return cresset::add(x, other, alpha); });
}
const Tensor& Tensor::sub_(Scalar other, Scalar alpha) const {
  return binary("sub_", BinaryOp::sub, *this, other, alpha,
                [&](const Tensor& x) { return cresset::sub(x, other, alpha); });
}
const Tensor& Tensor::mul_(Scalar other) const {
  return binary("mul_", BinaryOp::mul, *this, other, 1, [&](const Tensor& x) { return cresset::mul(x, other); });
}
const Tensor& Tensor::div_(Scalar other) const {
  return binary("div_", BinaryOp::div, *this, other, 1, [&](const Tensor& x) { return cresset::div(x, other); });
}

const Tensor& Tensor::pow_(Scalar exponent) const {
  return through_copy("pow_", *this, needs_history(*this), [&](const Tensor& x) { return cresset::pow(x, exponent); });
}
const Tensor& Tensor::clamp_(std::optional<Scalar> min, std::optional<Scalar> max) const {
  return through_copy("clamp_", *this, needs_history(*this),
                      [&](const Tensor& x) { return cresset::clamp(x, min, max); });
}
const Tensor& Tensor::neg_() const {
  return unary("neg_", UnaryOp::neg, *this, [](const Tensor& x) { return cresset::neg(x); });
}
const Tensor& Tensor::abs_() const {
  return unary("abs_", UnaryOp::abs, *this, [](const Tensor& x) { return cresset::abs(x); });
}
const Tensor& Tensor::exp_() const {
  return unary("exp_", UnaryOp::exp, *this, [](const Tensor& x) { return cresset::exp(x); });
}
const Tensor& Tensor::log_() const {
  return unary("log_", UnaryOp::log, *this, [](const Tensor& x) { return cresset::log(x); });
}
const Tensor& Tensor::sqrt_() const {
  return unary("sqrt_", UnaryOp::sqrt, *this, [](const Tensor& x) { return cresset::sqrt(x); });
}
const Tensor& Tensor::square_() const {
  return unary("square_", UnaryOp::square, *this, [](const Tensor& x) { return cresset::square(x); });
}
const Tensor& Tensor::sigmoid_() const {
  return unary("sigmoid_", UnaryOp::sigmoid, *this, [](const Tensor& x) { return cresset::sigmoid(x); });
}
const Tensor& Tensor::tanh_() const {
  return unary("tanh_", UnaryOp::tanh, *this, [](const Tensor& x) { return cresset::tanh(x); });
}
const Tensor& Tensor::relu_() const {
  return unary("relu_", UnaryOp::relu, *this, [](const Tensor& x) { return cresset::relu(x); });
}

const Tensor& Tensor::operator+=(const Tensor& other) const { return add_(other); }
const Tensor& Tensor::operator-=(const Tensor& other) const { return sub_(other); }
const Tensor& Tensor::operator*=(const Tensor& other) const { return mul_(other); }
const Tensor& Tensor::operator/=(const Tensor& other) const { return div_(other); }
const Tensor& Tensor::operator+=(Scalar other) const { return add_(other); }
const Tensor& Tensor::operator-=(Scalar other) const { return sub_(other); }
const Tensor& Tensor::operator*=(Scalar other) const { return mul_(other); }
const Tensor& Tensor::operator/=(Scalar other) const { return div_(other); }

}  // namespace cresset
