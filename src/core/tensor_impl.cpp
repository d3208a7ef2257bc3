#include "core/tensor_impl.h"

#include <new>

#include "autograd/meta.h"
#include "autograd/node.h"
#include "core/check.h"
#include "core/cpu_allocator.h"
#include "core/thread_state.h"

namespace cresset {
namespace detail {

TensorImpl* new_impl() {
  auto* impl = new (cpu_allocate(sizeof(TensorImpl))) TensorImpl;
  impl->inference = thread_state.inference_mode;
  count_live(&ThreadState::tensors, 1);
  return impl;
}

void destroy(TensorImpl* impl) noexcept {
  delete impl->meta;
  impl->~TensorImpl();
  cpu_free(impl, sizeof(TensorImpl));
  count_live(&ThreadState::tensors, -1);
}

void retain(TensorImpl* impl) noexcept { impl->retain(); }
void release(TensorImpl* impl) noexcept {
  if (impl->drop()) destroy(impl);
}

void TensorImpl::update() {
  numel = sizes.numel();
  contiguous = true;
  std::int64_t expected = 1;
  for (int i = sizes.size() - 1; i >= 0 && numel != 0; --i) {
    if (sizes[i] == 1) continue;
    if (strides[i] != expected) {
      contiguous = false;
      return;
    }
    expected *= sizes[i];
  }
}

void fail_dtype_access(const Tensor& tensor, DType wanted) {
  fail<DTypeError>("data_ptr: expected scalar type {} but found {}", name(wanted), name(tensor.dtype()));
}

}  // namespace detail

void fail_undefined() { fail<ValueError>("an undefined tensor was used: it was default-constructed or moved from"); }

detail::TensorImpl& impl_of(const Tensor& tensor) {
  if (!tensor.defined()) [[unlikely]]
    fail_undefined();
  return *tensor.impl();
}

namespace {

// Wraps around: strides are found before the sizes are checked, and are not used where that fails.
std::int64_t next_step(std::int64_t step, std::int64_t size) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(step) *
                                   static_cast<std::uint64_t>(std::max<std::int64_t>(size, 1)));
}

}  // namespace

Shape dense_strides(const Shape& sizes, MemoryFormat format) {
  Shape strides = sizes;
  if (format == MemoryFormat::channels_last) {
    check<ShapeError>(sizes.size() == 4, "channels_last: the tensor must have 4 dimensions, got shape {}", sizes);
    std::int64_t step = 1;
    for (int i : {1, 3, 2, 0}) {
      strides[i] = step;
      step = next_step(step, sizes[i]);
    }
    return strides;
  }
  std::int64_t step = 1;
  for (int i = sizes.size() - 1; i >= 0; --i) {
    strides[i] = step;
    step = next_step(step, sizes[i]);
  }
  return strides;
}

std::int64_t checked_numel(const Shape& sizes, DType dtype) {
  std::int64_t n = 1;
  bool overflow = false;
  bool zero = false;
  for (std::int64_t size : sizes) {
    check<ValueError>(size >= 0, "a tensor's sizes must not be negative, got shape {}", sizes);
    zero |= size == 0;
    overflow |= __builtin_mul_overflow(n, std::max<std::int64_t>(size, 1), &n);
  }
  std::int64_t bytes;
  overflow |= __builtin_mul_overflow(n, static_cast<std::int64_t>(element_size(dtype)), &bytes);
  check<OutOfMemoryError>(!overflow, "a tensor of shape {} and type {} is larger than the address space", sizes,
                          name(dtype));
  return zero ? 0 : n;
}

namespace {

inline Tensor tensor_on(Ref<Storage> storage, const Shape& sizes, const Shape& strides, DType dtype, Device device) {
  detail::TensorImpl* impl = detail::new_impl();
  impl->dtype = dtype;
  impl->device = device;
  impl->data = storage->data;
  impl->storage = std::move(storage);
  impl->sizes = sizes;
  impl->strides = strides;
  impl->update();
  return Tensor(impl);
}

}  // namespace

Tensor new_tensor_strided(const Shape& sizes, const Shape& strides, DType dtype, Device device) {
  const auto n = static_cast<std::size_t>(checked_numel(sizes, dtype));
  return tensor_on(allocate_storage(n * element_size(dtype), device), sizes, strides, dtype, device);
}

Tensor new_pinned_tensor(const Shape& sizes, const Shape& strides, DType dtype) {
  const auto n = static_cast<std::size_t>(checked_numel(sizes, dtype));
  return tensor_on(allocate_pinned_storage(n * element_size(dtype)), sizes, strides, dtype, Device());
}

Tensor new_tensor(const Shape& sizes, DType dtype, Device device, MemoryFormat format) {
  return new_tensor_strided(sizes, dense_strides(sizes, format), dtype, device);
}

Tensor alias(const Tensor& tensor, const Shape& sizes, const Shape& strides, std::int64_t storage_offset) {
  const detail::TensorImpl& from = impl_of(tensor);
  detail::TensorImpl* impl = detail::new_impl();
  impl->dtype = from.dtype;
  impl->device = from.device;
  impl->inference = from.inference;
  impl->storage = from.storage;
  impl->own_version = from.own_version;
  impl->data = from.storage->data + storage_offset * static_cast<std::int64_t>(element_size(from.dtype));
  impl->sizes = sizes;
  impl->strides = strides;
  impl->update();
  return Tensor(impl);
}

Tensor alias(const Tensor& tensor) {
  const detail::TensorImpl& from = impl_of(tensor);
  return alias(tensor, from.sizes, from.strides, from.offset());
}

bool is_dense(const Tensor& tensor) {
  if (tensor.is_contiguous()) return true;
  const Shape shape = tensor.shape(), strides = tensor.strides();
  // From the innermost dimension out: each must begin where those inside it end.
  std::int64_t filled = 1;
  for (bool found = true; found && filled < tensor.numel();) {
    found = false;
    for (int d = 0; d < shape.size() && !found; ++d)
      if (shape[d] > 1 && strides[d] == filled) {
        filled *= shape[d];
        found = true;
      }
  }
  return filled == tensor.numel();
}

bool same_order(const Tensor& a, const Tensor& b) {
  if (a.is_contiguous() && b.is_contiguous()) return true;
  const Shape shape = a.shape(), strides_a = a.strides(), strides_b = b.strides();
  for (int i = 0; i < shape.size(); ++i)
    if (shape[i] != 1 && strides_a[i] != strides_b[i]) return false;
  return true;
}

int wrap_dim(std::int64_t dim, int dims) {
  const int n = std::max(dims, 1);
  check<IndexError>(dim >= -n && dim < n, "Dimension out of range (expected to be in range of [{}, {}], but got {})",
                    -n, n - 1, dim);
  return static_cast<int>(dim < 0 ? dim + n : dim);
}

std::string describe(const Tensor& tensor) {
  if (!tensor.defined()) return "undefined";
  return fmt::format("{}{}", name(tensor.dtype()), tensor.shape().str());
}

}  // namespace cresset
