// Copies: conversions of type, device and memory format, clone, contiguous, copy_, fill_.
#include "ops/copy.h"

#include <cresset/extension/registry.h>
#include <cresset/ops.h>

#include "autograd/inplace.h"
#include "core/check.h"
#include "ops/loop.h"
#include "ops/pointwise.h"
#include "ops/view_strides.h"
#include "trace/trace.h"

namespace cresset {

void copy_elements(const Tensor& to, const Tensor& from, bool non_blocking) {
  const detail::TensorImpl &y = *to.impl(), &x = *from.impl();
  if (x.device != y.device) [[unlikely]]
    return transfer_elements(to, from, non_blocking);
  CopyProblem problem{.from = x.dtype, .to = y.dtype, .loop = {}};
  if (x.contiguous && y.contiguous && x.sizes == y.sizes) {
    fill_dense_loop(problem.loop, x.numel);
  } else {
    const Shape strides = broadcast_strides(x, y.sizes);
    fill_loop<2>(problem.loop, y.sizes, {&y.strides, &strides});
  }
  run<Copy>(y.device, problem, static_cast<const void*>(x.data), static_cast<void*>(y.data));
}

namespace {

// Strides that keep the order of x's dimensions, dense: what `preserve` gives. A tensor that is dense in some order
// keeps its strides.
Shape preserved_strides(const detail::TensorImpl& x) {
  if (x.contiguous) return dense_strides(x.sizes);
  const Shape* inputs[] = {&x.strides};
  return output_strides(x.sizes, inputs, 1);
}

Shape strides_for(const detail::TensorImpl& x, MemoryFormat format) {
  return format == MemoryFormat::preserve ? preserved_strides(x) : dense_strides(x.sizes, format);
}

// A copy with history: its gradient goes back in x's type and on x's device.
Tensor recorded_copy(const Tensor& x, DType dtype, Device device, MemoryFormat format, const char* node,
                     bool non_blocking = false) {
  const detail::TensorImpl& impl = impl_of(x);
  const Shape strides = strides_for(impl, format);
  // A device goes on writing to the host's memory by itself only where that is pinned.
  Tensor y = non_blocking && device.is_cpu() && impl.device.is_cuda()
                 ? new_pinned_tensor(impl.sizes, strides, dtype)
                 : new_tensor_strided(impl.sizes, strides, dtype, device);
  copy_elements(y, x, non_blocking);
  if (trace::active()) [[unlikely]]
    dtype == impl.dtype ? trace::op("clone", {x}, {}, {y}) : trace::op("to", {x}, {{"dtype", dtype}}, {y});
  if (is_floating_point(dtype) && needs_history(x))
    record(
        y, node,
        [from = impl.dtype, home = impl.device](const Tensor& grad, Grads& out) { out[0] = grad.to(home, from); }, x);
  return y;
}

}  // namespace

Tensor Tensor::to(const ToOptions& options) const {
  const detail::TensorImpl& impl = impl_of(*this);
  const DType dtype = options.dtype.value_or(impl.dtype);
  const Device device = options.device.value_or(impl.device);
  if (!options.copy && dtype == impl.dtype && device == impl.device &&
      (options.memory_format == MemoryFormat::preserve || is_contiguous(options.memory_format)))
    return *this;
  return recorded_copy(*this, dtype, device, options.memory_format, "ToCopyBackward0", options.non_blocking);
}

bool Tensor::is_pinned() const { return impl_of(*this).storage->kind == Bytes::pinned; }

Tensor Tensor::pin_memory() const {
  const detail::TensorImpl& impl = impl_of(*this);
  check<DeviceError>(impl.device.is_cpu(), "pin_memory: only tensors on the CPU can be pinned, this one is on {}",
                     impl.device);
  if (is_pinned()) return *this;
  Tensor y = new_pinned_tensor(impl.sizes, preserved_strides(impl), impl.dtype);
  copy_elements(y, *this);
  return y;
}

Tensor Tensor::clone(CloneOptions options) const {
  const detail::TensorImpl& impl = impl_of(*this);
  return recorded_copy(*this, impl.dtype, impl.device, options.memory_format, "CloneBackward0");
}

Tensor Tensor::contiguous(MemoryFormat format) const {
  check<ValueError>(format != MemoryFormat::preserve,
                    "contiguous: preserve memory format is unsupported by the contiguous operator");
  return is_contiguous(format) ? *this : clone({.memory_format = format});
}

const Tensor& Tensor::copy_(const Tensor& source, bool non_blocking) const {
  const detail::TensorImpl &to = impl_of(*this), &from = impl_of(source);
  const bool recorded = needs_history(*this, source);
  check_inplace(*this, "copy_", recorded);
  check<ShapeError>(from.sizes.size() <= to.sizes.size() && broadcast_shape("copy_", to.sizes, from.sizes) == to.sizes,
                    "copy_: a tensor of shape {} cannot be written to one of shape {}", from.sizes, to.sizes);
  // Source and target may share memory: then the source is read whole first.
  const Tensor values = to.storage.get() == from.storage.get() && (to.data != from.data || to.strides != from.strides)
                            ? source.detach().clone()
                            : source;
  copy_elements(*this, values, non_blocking);
  if (trace::active()) [[unlikely]]
    trace::wrote(*this, values);
  bump_version(*this);
  if (recorded && cresset::is_floating_point(to.dtype)) {
    rebase_history(*this,
                   function_node(
                       "CopyBackwards",
                       [shape = from.sizes, dtype = from.dtype, home = from.device](const Tensor& grad, Grads& out) {
                         if (out.needs(0)) out[0] = zeros_like(grad);
                         if (out.needs(1)) out[1] = sum_to_shape(grad, shape).to(home, dtype);
                       },
                       *this, source));
  }
  return *this;
}

const Tensor& Tensor::fill_(Scalar value) const {
  const detail::TensorImpl& impl = impl_of(*this);
  const bool recorded = needs_history(*this);
  check_inplace(*this, "fill_", recorded);
  fill_elements(*this, value);
  if (trace::active()) [[unlikely]]
    trace::op("full", {}, {{"shape", trace::list(impl.sizes)}, {"value", value}, {"dtype", impl.dtype}}, {*this});
  bump_version(*this);
  if (recorded && cresset::is_floating_point(impl.dtype))
    rebase_history(*this,
                   function_node(
                       "FillBackward0", [](const Tensor& grad, Grads& out) { out[0] = zeros_like(grad); }, *this));
  return *this;
}

void assign(const char* op, const Tensor& part, const Tensor& value) {
  // As in Python's assignment, the value may have more dimensions in front, of size 1.
  Tensor fitted = value;
  while (fitted.dim() > part.dim() && fitted.size(0) == 1) fitted = fitted.squeeze(0);
  const Shape given = fitted.shape(), wanted = part.shape();
  bool fits = given.size() <= wanted.size();
  for (int i = 1; fits && i <= given.size(); ++i)
    fits = given[given.size() - i] == 1 || given[given.size() - i] == wanted[wanted.size() - i];
  check<ShapeError>(fits,
                    "{}: shape mismatch: value tensor of shape {} cannot be broadcast to indexing result of shape {}",
                    op, value.shape(), wanted);
  part.copy_(fitted);
}

const Tensor& Tensor::index_put_(const std::vector<IndexItem>& items, const Tensor& value) const {
  assign("index_put_", index(items), value);
  return *this;
}
const Tensor& Tensor::index_put_(const std::vector<IndexItem>& items, Scalar value) const {
  index(items).fill_(value);
  return *this;
}

}  // namespace cresset
