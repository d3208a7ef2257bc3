// The object behind a Tensor.
#pragma once

#include <cresset/tensor.h>

#include <memory>

#include "core/storage.h"

namespace cresset {

struct Node;
void destroy(Node* node) noexcept;
struct AutogradMeta;  // autograd/meta.h

namespace detail {

struct TensorImpl : RefCounted {
  DType dtype = kFloat32;
  Device device;
  bool requires_grad = false;  // leaves: asked for; others follow from grad_fn
  bool inference = false;      // made in inference mode
  bool contiguous = true;
  std::uint32_t output_nr = 0;  // which output of grad_fn
  Ref<Storage> storage;
  char* data = nullptr;  // the first element
  std::int64_t numel = 0;
  Shape sizes, strides;
  Ref<Node> grad_fn;
  AutogradMeta* meta = nullptr;     // owned; made when first needed
  Ref<VersionCounter> own_version;  // null: the storage's counts

  std::atomic<std::uint32_t>& version() const { return own_version ? own_version->value : storage->version; }
  std::int64_t offset() const { return (data - storage->data) / static_cast<std::int64_t>(element_size(dtype)); }
  // Sets `contiguous` and `numel` from sizes and strides.
  void update();
};

// A new object with one reference and no storage.
TensorImpl* new_impl();
void destroy(TensorImpl* impl) noexcept;

}  // namespace detail

// The impl of a defined tensor; ValueError otherwise.
detail::TensorImpl& impl_of(const Tensor& tensor);
[[noreturn]] void fail_undefined();

// Strides of a dense tensor; a dimension of size 0 counts as 1.
Shape dense_strides(const Shape& sizes, MemoryFormat format = MemoryFormat::contiguous);
// numel, checked for negative sizes (ValueError) and overflow (OutOfMemoryError).
std::int64_t checked_numel(const Shape& sizes, DType dtype);

// An uninitialised dense tensor without history: what ops allocate their outputs with. `format` is not preserve.
Tensor new_tensor(const Shape& sizes, DType dtype, Device device, MemoryFormat format = MemoryFormat::contiguous);
Tensor new_tensor_strided(const Shape& sizes, const Shape& strides, DType dtype, Device device);
// On the CPU, in memory that devices reach by themselves.
Tensor new_pinned_tensor(const Shape& sizes, const Shape& strides, DType dtype);
// Another view of the same storage and version counter, without history.
Tensor alias(const Tensor& tensor, const Shape& sizes, const Shape& strides, std::int64_t storage_offset);
Tensor alias(const Tensor& tensor);

// Whether the elements fill a block of memory, in whatever order of dimensions.
bool is_dense(const Tensor& tensor);
// Whether two tensors of one shape have their elements in the same order.
bool same_order(const Tensor& a, const Tensor& b);

// A dimension in [-dims, dims) as one in [0, dims); IndexError otherwise, in PyTorch's words. A 0-dimensional tensor
// takes 0 and -1.
int wrap_dim(std::int64_t dim, int dims);

// The address of the first element, as bytes.
inline char* raw(const Tensor& tensor) { return tensor.impl()->data; }

// For error messages: "float32[2, 3]".
std::string describe(const Tensor& tensor);

}  // namespace cresset
