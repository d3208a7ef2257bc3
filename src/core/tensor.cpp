// What a tensor is, and its data.
#include <cresset/ops.h>
#include <cresset/tensor.h>

#include <cmath>
#include <cstring>

#include "autograd/node.h"
#include "core/capture.h"
#include "core/check.h"
#include "core/tensor_impl.h"
#include "ops/copy.h"
#include "trace/trace.h"

namespace cresset {

Shape Tensor::shape() const { return impl_of(*this).sizes; }
std::int64_t Tensor::size(std::int64_t dim) const {
  const detail::TensorImpl& impl = impl_of(*this);
  check<IndexError>(impl.sizes.size() > 0, "size: Dimension specified as {} but tensor has no dimensions", dim);
  return impl.sizes[wrap_dim(dim, impl.sizes.size())];
}
Shape Tensor::strides() const { return impl_of(*this).strides; }
std::int64_t Tensor::stride(std::int64_t dim) const {
  const detail::TensorImpl& impl = impl_of(*this);
  check<IndexError>(impl.sizes.size() > 0, "stride: Dimension specified as {} but tensor has no dimensions", dim);
  return impl.strides[wrap_dim(dim, impl.sizes.size())];
}
std::int64_t Tensor::storage_offset() const { return impl_of(*this).offset(); }
int Tensor::dim() const { return impl_of(*this).sizes.size(); }
std::int64_t Tensor::numel() const { return impl_of(*this).numel; }
DType Tensor::dtype() const { return impl_of(*this).dtype; }
Device Tensor::device() const { return impl_of(*this).device; }

bool Tensor::is_contiguous(MemoryFormat format) const {
  const detail::TensorImpl& impl = impl_of(*this);
  if (format != MemoryFormat::channels_last) return impl.contiguous;
  if (impl.sizes.size() != 4) return false;
  if (impl.numel == 0) return true;
  const Shape dense = dense_strides(impl.sizes, format);
  for (int i = 0; i < 4; ++i)
    if (impl.sizes[i] != 1 && impl.strides[i] != dense[i]) return false;
  return true;
}

// https://github.com/pytorch/pytorch/blob/main/c10/core/MemoryFormat.h, is_channels_last_strides_2d.
MemoryFormat Tensor::suggest_memory_format() const {
  const detail::TensorImpl& impl = impl_of(*this);
  if (impl.sizes.size() != 4 || impl.strides[1] == 0) return MemoryFormat::contiguous;
  std::int64_t least = 0;
  for (int d : {1, 3, 2, 0}) {
    if (impl.sizes[d] == 0 || impl.strides[d] < least) return MemoryFormat::contiguous;
    // N111 and NC11 with contiguous strides stay contiguous.
    if (d == 0 && least == impl.strides[1]) return MemoryFormat::contiguous;
    least = impl.strides[d];
    if (impl.sizes[d] > 1) least *= impl.sizes[d];
  }
  return MemoryFormat::channels_last;
}

bool Tensor::is_view_of_same_storage(const Tensor& other) const {
  return impl_of(*this).storage.get() == impl_of(other).storage.get();
}

void* Tensor::data_ptr() const& { return impl_of(*this).data; }
std::uint32_t Tensor::version() const {
  const detail::TensorImpl& impl = impl_of(*this);
  check<ValueError>(!impl.inference, "version: Inference tensors do not track version counter.");
  return impl.version().load(std::memory_order_relaxed);
}

void Tensor::item_as(DType dtype, void* value) const {
  const detail::TensorImpl& impl = impl_of(*this);
  check<ValueError>(impl.numel == 1, "item: a Tensor with {} elements cannot be converted to Scalar", impl.numel);
  check_not_captured("item", impl.device);
  if (trace::active()) [[unlikely]]
    trace::check_host_may_read("item", *this);
  const trace::Pause pause;
  NoGradGuard no_grad;
  Tensor converted = cpu().to(dtype);
  std::memcpy(value, raw(converted), cresset::element_size(dtype));
}

double Tensor::item() const {
  if (dtype() == kInt64) {
    const auto exact = item<std::int64_t>();
    const auto rounded = static_cast<double>(exact);
    check<ValueError>(rounded < 0x1p63 && static_cast<std::int64_t>(rounded) == exact,
                      "item: {} cannot be held exactly by a double; use item<int64_t>()", exact);
    return rounded;
  }
  return item<double>();
}

Tensor&& Tensor::operator=(const Tensor& other) && {
  assign("operator=", *this, other);
  return std::move(*this);
}
Tensor&& Tensor::operator=(Tensor&& other) && {
  assign("operator=", *this, other);
  return std::move(*this);
}
Tensor&& Tensor::operator=(Scalar value) && {
  fill_(value);
  return std::move(*this);
}

Tensor Tensor::detach() const { return alias(*this); }
const Tensor& Tensor::detach_() const {
  detail::TensorImpl& impl = impl_of(*this);
  check<ValueError>(!impl.meta || !impl.meta->base.defined(),
                    "detach_: Can't detach views in-place. Use detach() instead.");
  impl.grad_fn = nullptr;
  impl.requires_grad = false;
  return *this;
}

Tensor Tensor::data() const {
  Tensor t = alias(*this);
  t.impl()->own_version = new VersionCounter;
  return t;
}

void Tensor::set_data(const Tensor& data) const {
  detail::TensorImpl& impl = impl_of(*this);
  const detail::TensorImpl& from = impl_of(data);
  check<DTypeError>(!(impl.requires_grad || impl.grad_fn) || cresset::is_floating_point(from.dtype),
                    "set_data: data of type {} cannot replace that of a tensor that requires grad",
                    cresset::name(from.dtype));
  check<ValueError>(!impl.meta || !impl.meta->base.defined(), "set_data: cannot change the data of a view");
  // A counter of its own, ahead of the old one: whoever saved the tensor notices, and writes to `data` are not counted
  // here, as in PyTorch.
  auto* counter = new VersionCounter;
  counter->value = impl.version().load(std::memory_order_relaxed) + 1;
  impl.own_version = counter;
  impl.dtype = from.dtype;
  impl.device = from.device;
  impl.storage = from.storage;
  impl.data = from.data;
  impl.sizes = from.sizes;
  impl.strides = from.strides;
  impl.update();
  if (impl.meta && impl.meta->grad.defined() &&
      (impl.meta->grad.shape() != impl.sizes || impl.meta->grad.dtype() != impl.dtype ||
       impl.meta->grad.device() != impl.device))
    impl.meta->grad = Tensor();
}

TensorIterator Tensor::begin() const {
  check<ShapeError>(dim() > 0, "iteration over a 0-d tensor");
  return {*this, 0};
}
TensorIterator Tensor::end() const { return {*this, size(0)}; }

}  // namespace cresset
