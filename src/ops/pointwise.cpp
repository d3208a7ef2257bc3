#include "ops/pointwise.h"

#include <cresset/extension/registry.h>
#include <cresset/ops.h>

#include "core/check.h"
#include "ops/element.h"
#include "ops/loop.h"
#include "trace/trace.h"

namespace cresset {

DType floating_dtype(DType dtype) { return is_floating_point(dtype) ? dtype : get_default_dtype(); }

namespace {

int kind(DType t) { return is_floating_point(t) ? 2 : t == kBool ? 0 : 1; }

}  // namespace

DType promote_scalar(const Tensor& t, Scalar value) {
  const DType own = t.dtype();
  const int scalar_kind = value.is_floating_point() ? 2 : value.is_bool() ? 0 : 1;
  if (scalar_kind <= kind(own)) return own;
  return scalar_kind == 2 ? get_default_dtype() : kInt64;
}

DType promote_tensors(const Tensor& a, const Tensor& b) {
  const detail::TensorImpl &x = impl_of(a), &y = impl_of(b);
  if (x.dtype == y.dtype) return x.dtype;
  const bool x_number = x.sizes.empty(), y_number = y.sizes.empty();
  if (x_number != y_number) {
    const DType strong = x_number ? y.dtype : x.dtype, weak = x_number ? x.dtype : y.dtype;
    return kind(weak) > kind(strong) ? promote_types(weak, strong) : strong;
  }
  return promote_types(x.dtype, y.dtype);
}

Tensor as_dtype(const Tensor& x, DType dtype) { return x.dtype() == dtype ? x : x.to(dtype); }

void check_same_device(const char* op, const Tensor& a, const Tensor& b) {
  check<DeviceError>(a.device() == b.device(), "{}: expected all tensors to be on the same device, but found {} and {}",
                     op, a.device(), b.device());
}

namespace {

// What the ops are called where they are written down.
constexpr const char* kUnaryNames[] = {"neg",   "abs",       "sign",        "exp",     "log",  "sqrt",
                                       "rsqrt", "square",    "reciprocal",  "sigmoid", "tanh", "relu",
                                       "gelu",  "gelu_tanh", "logical_not", "clamp",   "pow"};
constexpr const char* kBinaryNames[] = {"add",
                                        "sub",
                                        "mul",
                                        "div",
                                        "pow",
                                        "maximum",
                                        "minimum",
                                        "eq",
                                        "ne",
                                        "lt",
                                        "le",
                                        "gt",
                                        "ge",
                                        "logical_and",
                                        "logical_or",
                                        "sigmoid_backward",
                                        "tanh_backward",
                                        "relu_backward",
                                        "gelu_backward",
                                        "gelu_tanh_backward"};

// Out of the way of those who do not record.
[[gnu::cold, gnu::noinline]] void trace_unary(UnaryOp op, const Tensor& x, double p0, double p1, const Tensor& y) {
  trace::Attributes attributes;
  if (op == UnaryOp::clamp) attributes = {{"min", Scalar(p0)}, {"max", Scalar(p1)}};
  if (op == UnaryOp::pow) attributes = {{"exponent", Scalar(p0)}};
  trace::op(kUnaryNames[static_cast<int>(op)], {x}, std::move(attributes), {y});
}

// A number takes the place of an operand: of "self" or "other".
[[gnu::cold, gnu::noinline]] void trace_binary(BinaryOp op, const Tensor& a, const Tensor& b, double alpha,
                                               const Tensor& y) {
  trace::Attributes attributes;
  if (alpha != 1) attributes = {{"alpha", Scalar(alpha)}};
  trace::op(kBinaryNames[static_cast<int>(op)], {a, b}, std::move(attributes), {y});
}
[[gnu::cold, gnu::noinline]] void trace_binary(BinaryOp op, const Tensor& x, const char* number_name, Scalar number,
                                               double alpha, const Tensor& y) {
  trace::Attributes attributes{{number_name, number}};
  if (alpha != 1) attributes.emplace_back("alpha", Scalar(alpha));
  trace::op(kBinaryNames[static_cast<int>(op)], {x}, std::move(attributes), {y});
}

// PyTorch's short cuts for a number as exponent, those that are ops of their own: sqrt and rsqrt differ from pow at -0
// and -inf, and CUDA's pow is not exact where these are.
UnaryOp op_of_power(double exponent) {
  if (exponent == 2) return UnaryOp::square;
  if (exponent == 0.5) return UnaryOp::sqrt;
  if (exponent == -0.5) return UnaryOp::rsqrt;
  if (exponent == -1) return UnaryOp::reciprocal;
  return UnaryOp::pow;
}

}  // namespace

Tensor run_unary(UnaryOp op, const Tensor& x, double p0, double p1, const Tensor* out) {
  const detail::TensorImpl& in = impl_of(x);
  const DType result = op == UnaryOp::logical_not ? kBool : in.dtype;
  UnaryProblem problem{
      .op = op == UnaryOp::pow ? op_of_power(p0) : op, .dtype = in.dtype, .params = {p0, p1}, .loop = {}};
  Tensor y;
  if (in.contiguous && (!out || out->impl()->contiguous)) {
    y = out ? *out : new_tensor(in.sizes, result, in.device);
    fill_dense_loop(problem.loop, in.numel);
  } else {
    const Shape* inputs[] = {&in.strides};
    y = out ? *out : new_tensor_strided(in.sizes, output_strides(in.sizes, inputs, 1), result, in.device);
    fill_loop<2>(problem.loop, in.sizes, {&y.impl()->strides, &in.strides});
  }
  run<Unary>(in.device, problem, static_cast<const void*>(in.data), static_cast<void*>(raw(y)));
  if (trace::active()) [[unlikely]]
    trace_unary(op, x, p0, p1, y);
  return y;
}

namespace {

// y = op(x, number) or op(number, x), the number an element of x's dtype in host memory.
Tensor run_with_number(BinaryOp op, const Tensor& t, const void* number, bool number_first, double alpha,
                       const Tensor* out) {
  const detail::TensorImpl& x = impl_of(t);
  const DType result = is_comparison(op) ? kBool : x.dtype;
  BinaryProblem problem;
  problem.op = op;
  problem.dtype = x.dtype;
  problem.alpha = alpha;
  (number_first ? problem.a_on_host : problem.b_on_host) = true;
  Tensor z;
  const int number_at = number_first ? 1 : 2;
  if (x.contiguous && (!out || out->impl()->contiguous)) {
    z = out ? *out : new_tensor(x.sizes, result, x.device);
    fill_dense_loop(problem.loop, x.numel);
    problem.loop.strides[number_at][0] = 0;
  } else {
    const Shape* inputs[] = {&x.strides};
    const Shape none = Shape::filled(x.sizes.size(), 0);
    z = out ? *out : new_tensor_strided(x.sizes, output_strides(x.sizes, inputs, 1), result, x.device);
    std::array<const Shape*, 3> strides{&z.impl()->strides, &x.strides, &x.strides};
    strides[static_cast<std::size_t>(number_at)] = &none;
    fill_loop<3>(problem.loop, x.sizes, strides);
  }
  run<Binary>(x.device, problem, number_first ? number : x.data, number_first ? x.data : number,
              static_cast<void*>(raw(z)));
  return z;
}

// As PyTorch, a tensor of no dimensions on the CPU meets tensors of any device as a number.
Tensor run_binary_across(const char* name, BinaryOp op, const Tensor& a, const Tensor& b, double alpha,
                         const Tensor* out) {
  const bool number_first = is_number_for(a, b.device());
  if (!number_first && !is_number_for(b, a.device())) check_same_device(name, a, b);
  const Tensor &number = number_first ? a : b, &tensor = number_first ? b : a;
  if (out) check_same_device(name, *out, tensor);
  check<ShapeError>(!out || out->shape() == tensor.shape(),
                    "{}: output with shape {} doesn't match the broadcast shape {}", name, out ? out->shape() : Shape(),
                    tensor.shape());
  return run_with_number(op, tensor, raw(number), number_first, alpha, out);
}

}  // namespace

bool is_number_for(const Tensor& t, Device device) {
  const detail::TensorImpl& impl = impl_of(t);
  return impl.sizes.empty() && impl.device.is_cpu() && !device.is_cpu();
}

Tensor run_binary(const char* name, BinaryOp op, const Tensor& a, const Tensor& b, double alpha, const Tensor* out) {
  const detail::TensorImpl &x = impl_of(a), &y = impl_of(b);
  if (x.device != y.device) [[unlikely]] {
    Tensor z = run_binary_across(name, op, a, b, alpha, out);
    if (trace::active()) trace_binary(op, a, b, alpha, z);
    return z;
  }
  const DType result = is_comparison(op) ? kBool : x.dtype;
  BinaryProblem problem;
  problem.op = op;
  problem.dtype = x.dtype;
  problem.alpha = alpha;
  Tensor z;
  if (x.contiguous && y.contiguous && x.sizes == y.sizes &&
      (!out || (out->impl()->contiguous && out->impl()->sizes == x.sizes))) {
    z = out ? *out : new_tensor_strided(x.sizes, x.strides, result, x.device);
    fill_dense_loop(problem.loop, x.numel);
  } else {
    const Shape shape = broadcast_shape(name, x.sizes, y.sizes);
    check<ShapeError>(!out || out->impl()->sizes == shape,
                      "{}: output with shape {} doesn't match the broadcast shape {}", name,
                      out ? out->shape() : Shape(), shape);
    const Shape sa = broadcast_strides(x, shape), sb = broadcast_strides(y, shape);
    const Shape* inputs[] = {&sa, &sb};
    z = out ? *out : new_tensor_strided(shape, output_strides(shape, inputs, 2), result, x.device);
    fill_loop<3>(problem.loop, shape, {&z.impl()->strides, &sa, &sb});
  }
  run<Binary>(x.device, problem, static_cast<const void*>(x.data), static_cast<const void*>(y.data),
              static_cast<void*>(raw(z)));
  if (trace::active()) [[unlikely]]
    trace_binary(op, a, b, alpha, z);
  return z;
}

Tensor run_binary(const char*, BinaryOp op, const Tensor& a, Scalar b, double alpha, const Tensor* out) {
  Tensor z = run_with_number(op, a, Element(b, impl_of(a).dtype).bytes, false, alpha, out);
  if (trace::active()) [[unlikely]]
    trace_binary(op, a, "other", b, alpha, z);
  return z;
}
Tensor run_binary(const char*, BinaryOp op, Scalar a, const Tensor& b, double alpha) {
  Tensor z = run_with_number(op, b, Element(a, impl_of(b).dtype).bytes, true, alpha, nullptr);
  if (trace::active()) [[unlikely]]
    trace_binary(op, b, "self", a, alpha, z);
  return z;
}

}  // namespace cresset
