#include "ops/pointwise.h"

#include <cresset/extension/registry.h>
#include <cresset/ops.h>

#include "core/check.h"
#include "ops/element.h"
#include "ops/loop.h"

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

Tensor run_unary(UnaryOp op, const Tensor& x, double p0, double p1, const Tensor* out) {
  const detail::TensorImpl& in = impl_of(x);
  const DType result = op == UnaryOp::logical_not ? kBool : in.dtype;
  UnaryProblem problem{.op = op, .dtype = in.dtype, .params = {p0, p1}, .loop = {}};
  Tensor y;
  if (in.contiguous && (!out || out->impl()->contiguous)) {
    y = out ? *out : new_tensor(in.sizes, result, in.device);
    fill_dense_loop(problem.loop, in.numel);
  } else {
    const Shape* inputs[] = {&in.strides};
    y = out ? *out : new_tensor_strided(in.sizes, output_strides(in.sizes, inputs, 1), result, in.device);
    fill_loop<2>(problem.loop, in.sizes, {&y.impl()->strides, &in.strides});
  }
  run<Unary>(in.device.type, problem, static_cast<const void*>(in.data), static_cast<void*>(raw(y)));
  return y;
}

Tensor run_binary(const char* name, BinaryOp op, const Tensor& a, const Tensor& b, double alpha, const Tensor* out) {
  const detail::TensorImpl &x = impl_of(a), &y = impl_of(b);
  if (x.device != y.device) [[unlikely]]
    check_same_device(name, a, b);
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
  run<Binary>(x.device.type, problem, static_cast<const void*>(x.data), static_cast<const void*>(y.data),
              static_cast<void*>(raw(z)));
  return z;
}

namespace {

Tensor run_with_number(BinaryOp op, const Tensor& t, Scalar number, bool number_first, double alpha,
                       const Tensor* out) {
  const detail::TensorImpl& x = impl_of(t);
  const Element element(number, x.dtype);
  const DType result = is_comparison(op) ? kBool : x.dtype;
  BinaryProblem problem;
  problem.op = op;
  problem.dtype = x.dtype;
  problem.alpha = alpha;
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
  const void* a = number_first ? static_cast<const void*>(element.bytes) : x.data;
  const void* b = number_first ? static_cast<const void*>(x.data) : element.bytes;
  run<Binary>(x.device.type, problem, a, b, static_cast<void*>(raw(z)));
  return z;
}

}  // namespace

Tensor run_binary(const char*, BinaryOp op, const Tensor& a, Scalar b, double alpha, const Tensor* out) {
  return run_with_number(op, a, b, false, alpha, out);
}
Tensor run_binary(const char*, BinaryOp op, Scalar a, const Tensor& b, double alpha) {
  return run_with_number(op, b, a, true, alpha, nullptr);
}

}  // namespace cresset
