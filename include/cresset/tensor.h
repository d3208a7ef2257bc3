// The tensor: a strided view of shared storage, with an optional history.
#pragma once

#include <cresset/device.h>
#include <cresset/dtype.h>
#include <cresset/error.h>
#include <cresset/export.h>
#include <cresset/index.h>
#include <cresset/memory_format.h>
#include <cresset/scalar.h>
#include <cresset/shape.h>

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cresset {

class Tensor;
namespace detail {
struct TensorImpl;
// The reference count is the first word of every TensorImpl, so that copies of a Tensor are inline.
CRESSET_API void retain(TensorImpl* impl) noexcept;
CRESSET_API void release(TensorImpl* impl) noexcept;
[[noreturn]] CRESSET_API void fail_dtype_access(const Tensor& tensor, DType wanted);
}  // namespace detail

// Options of functions that make a tensor: `zeros({2, 3}, {.dtype = kFloat64, .requires_grad = true})`. Defaults: the
// default dtype (float32), the CPU.
struct TensorOptions {
  std::optional<DType> dtype = {};
  std::optional<Device> device = {};
  bool requires_grad = false;
  MemoryFormat memory_format = MemoryFormat::preserve;  // preserve: contiguous, or that of the tensor in `_like`
};

// Options of reductions over dimensions.
struct ReduceOptions {
  bool keepdim = false;
  std::optional<DType> dtype = {};  // the input is converted first; sum, mean only
};

struct ToOptions {
  std::optional<DType> dtype = {};
  std::optional<Device> device = {};
  bool non_blocking = false;  // copies between host and CUDA device may still run when the call returns
  bool copy = false;          // a copy even where nothing changes
  MemoryFormat memory_format = MemoryFormat::preserve;
};

struct CloneOptions {
  MemoryFormat memory_format = MemoryFormat::preserve;
};

struct BackwardOptions {
  bool retain_graph = false;
  bool create_graph = false;  // records the backward pass itself; implies retain_graph
};

struct ValuesIndices;
class TensorIterator;
class GradHook;
class HookHandle;

// A handle, one pointer wide: copies share everything. A default-constructed or moved-from tensor is undefined:
// `defined()` is false and any other use throws ValueError. Reading from several threads is safe, writing while another
// thread reads is not; see docs/threads.md.
class CRESSET_API Tensor {
 public:
  Tensor() noexcept : impl_(nullptr) {}
  Tensor(const Tensor& other) noexcept : impl_(other.impl_) {
    if (impl_) detail::retain(impl_);
  }
  Tensor(Tensor&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}
  ~Tensor() {
    if (impl_) detail::release(impl_);
  }

  // Assigning to a variable rebinds it; assigning to a temporary (`x[0] = y`) writes through, with broadcasting and
  // conversion, as Python does.
  Tensor& operator=(const Tensor& other) & noexcept {
    Tensor(other).swap(*this);
    return *this;
  }
  Tensor& operator=(Tensor&& other) & noexcept {
    Tensor(std::move(other)).swap(*this);
    return *this;
  }
  Tensor&& operator=(const Tensor& other) &&;
  Tensor&& operator=(Tensor&& other) &&;
  Tensor&& operator=(Scalar value) &&;

  // In place, on variables and temporaries alike, as Python's `x -= y`.
  const Tensor& operator+=(const Tensor& other) const;
  const Tensor& operator-=(const Tensor& other) const;
  const Tensor& operator*=(const Tensor& other) const;
  const Tensor& operator/=(const Tensor& other) const;
  const Tensor& operator+=(Scalar other) const;
  const Tensor& operator-=(Scalar other) const;
  const Tensor& operator*=(Scalar other) const;
  const Tensor& operator/=(Scalar other) const;

  void swap(Tensor& other) noexcept { std::swap(impl_, other.impl_); }
  bool defined() const noexcept { return impl_ != nullptr; }
  // Whether both are the same tensor object (Python's `is`).
  bool is_same(const Tensor& other) const noexcept { return impl_ == other.impl_; }

  // ---- what it is
  Shape shape() const;
  Shape sizes() const { return shape(); }
  std::int64_t size(std::int64_t dim) const;  // negative dim counts from the end
  Shape strides() const;                      // in elements
  std::int64_t stride(std::int64_t dim) const;
  std::int64_t storage_offset() const;  // in elements
  int dim() const;
  std::int64_t numel() const;
  DType dtype() const;
  Device device() const;
  bool is_floating_point() const { return cresset::is_floating_point(dtype()); }
  bool is_contiguous(MemoryFormat format = MemoryFormat::contiguous) const;
  // channels_last where the strides say so (dimensions of size 1 never decide), otherwise contiguous.
  MemoryFormat suggest_memory_format() const;
  std::size_t element_size() const { return cresset::element_size(dtype()); }
  bool is_view_of_same_storage(const Tensor& other) const;

  // The first element. T must be the tensor's type (DTypeError). The pointer lives as long as the tensor's storage, so
  // a temporary gives none.
  template <class T>
  T* data_ptr() const& {
    if (dtype_of<std::remove_const_t<T>> != dtype()) [[unlikely]]
      detail::fail_dtype_access(*this, dtype_of<std::remove_const_t<T>>);
    return static_cast<T*>(data_ptr());
  }
  template <class T>
  T* data_ptr() const&& = delete;
  void* data_ptr() const&;
  void* data_ptr() const&& = delete;

  // The value of a tensor of one element (ValueError otherwise); an int64 that a double cannot hold exactly throws
  // ValueError: use item<int64_t>().
  double item() const;
  template <class T>
  T item() const {
    T value;
    item_as(dtype_of<T>, &value);
    return value;
  }

  // ---- history
  bool requires_grad() const;
  // Throws for a tensor that is no leaf, or of an integer type.
  const Tensor& requires_grad_(bool requires_grad = true) const;
  const Tensor& set_requires_grad(bool requires_grad) const { return requires_grad_(requires_grad); }
  bool is_leaf() const;
  Tensor grad() const;  // undefined where there is none
  void set_grad(const Tensor& grad) const;
  void retain_grad() const;
  // Adds to the grad of every leaf that this tensor was made from. `gradient` may be left out for a tensor of one
  // element.
  void backward(const Tensor& gradient = {}, BackwardOptions options = {}) const;
  Tensor detach() const;  // shares storage and version counter, no history
  const Tensor& detach_() const;
  Tensor data() const;  // shares storage only: in-place changes of it are not seen by the tape (Python's `x.data`)
  void set_data(
      const Tensor& data) const;  // Python's `x.data = data`: the object stays, its storage, shape and dtype change
  std::uint32_t version() const;
  std::string grad_fn_name() const;  // "AddBackward0", or "" for a leaf

  // ---- views: share storage, never copy
  Tensor view(const Shape& shape) const;  // one size may be -1
  Tensor view(DType dtype) const;         // the same bytes as another type of the same size
  Tensor view_as(const Tensor& other) const { return view(other.shape()); }
  Tensor permute(const Dims& dims) const;
  Tensor transpose(std::int64_t dim0, std::int64_t dim1) const;
  Tensor t() const;  // at most 2 dimensions
  Tensor T() const;  // all dimensions reversed
  Tensor mT() const { return transpose(-2, -1); }
  Tensor squeeze() const;
  Tensor squeeze(const Dims& dims) const;
  Tensor unsqueeze(std::int64_t dim) const;
  Tensor expand(const Shape& shape) const;  // -1 keeps a size
  Tensor expand_as(const Tensor& other) const { return expand(other.shape()); }
  Tensor narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const;
  Tensor select(std::int64_t dim, std::int64_t index) const;
  Tensor slice(std::int64_t dim, std::optional<std::int64_t> start = {}, std::optional<std::int64_t> end = {},
               std::int64_t step = 1) const;
  std::vector<Tensor> chunk(std::int64_t chunks, std::int64_t dim = 0) const;
  std::vector<Tensor> split(std::int64_t split_size, std::int64_t dim = 0) const;
  std::vector<Tensor> split(const std::vector<std::int64_t>& sizes, std::int64_t dim = 0) const;
  std::vector<Tensor> unbind(std::int64_t dim = 0) const;
  Tensor as_strided(const Shape& shape, const Shape& strides, std::optional<std::int64_t> storage_offset = {}) const;
  Tensor operator[](std::int64_t index) const { return select(0, index); }
  template <class T>
  requires std::is_same_v<T, bool> Tensor operator[](T) const = delete;  // in Python `x[True]` adds a dimension
  // Basic indexing as Python's `x[0:3, 1]`: `x.index({Slice(0, 3), 1})`; also None and Ellipsis.
  Tensor index(const std::vector<IndexItem>& items) const;
  const Tensor& index_put_(const std::vector<IndexItem>& items, const Tensor& value) const;
  const Tensor& index_put_(const std::vector<IndexItem>& items, Scalar value) const;

  // ---- views where possible
  Tensor reshape(const Shape& shape) const;
  Tensor reshape_as(const Tensor& other) const { return reshape(other.shape()); }
  Tensor flatten(std::int64_t start_dim = 0, std::int64_t end_dim = -1) const;
  Tensor unflatten(std::int64_t dim, const Shape& sizes) const;
  Tensor contiguous(MemoryFormat format = MemoryFormat::contiguous) const;

  // ---- copies and conversions
  Tensor clone(CloneOptions options = {}) const;
  Tensor to(const ToOptions& options) const;
  Tensor to(DType dtype) const { return to(ToOptions{.dtype = dtype}); }
  Tensor to(const Device& device) const { return to(ToOptions{.device = device}); }
  Tensor to(const char* device) const { return to(ToOptions{.device = Device(device)}); }
  Tensor to(const Device& device, DType dtype) const { return to(ToOptions{.dtype = dtype, .device = device}); }
  Tensor to(MemoryFormat format) const { return to(ToOptions{.memory_format = format}); }
  Tensor to(const Tensor& other) const { return to(ToOptions{.dtype = other.dtype(), .device = other.device()}); }
  Tensor type_as(const Tensor& other) const { return to(other.dtype()); }
  // A copy on the CPU in memory that CUDA devices reach by themselves: `to(device, non_blocking)` of it, and copies
  // into it, run beside the host's and the device's work. Without history; the tensor itself where it is pinned.
  Tensor pin_memory() const;
  bool is_pinned() const;
  Tensor cpu() const { return to(Device(DeviceType::cpu)); }
  Tensor cuda() const { return to(Device(DeviceType::cuda)); }
  Tensor to_float() const { return to(kFloat32); }
  Tensor to_double() const { return to(kFloat64); }
  Tensor to_half() const { return to(kFloat16); }
  Tensor to_bfloat16() const { return to(kBFloat16); }
  Tensor to_long() const { return to(kInt64); }
  Tensor to_int() const { return to(kInt32); }
  Tensor to_uint8() const { return to(kUInt8); }
  Tensor to_bool() const { return to(kBool); }
  const Tensor& copy_(const Tensor& source, bool non_blocking = false) const;  // broadcasts and converts
  const Tensor& fill_(Scalar value) const;
  const Tensor& zero_() const { return fill_(0); }

  // ---- random, in place, from the default generator
  const Tensor& uniform_(double low = 0, double high = 1) const;
  const Tensor& normal_(double mean = 0, double std = 1) const;
  const Tensor& bernoulli_(double p = 0.5) const;
  const Tensor& random_(std::int64_t low, std::int64_t high) const;  // integers in [low, high)

  // ---- arithmetic; each is also a free function in ops.h
  Tensor add(const Tensor& other, Scalar alpha = 1) const;
  Tensor sub(const Tensor& other, Scalar alpha = 1) const;
  Tensor mul(const Tensor& other) const;
  Tensor div(const Tensor& other) const;
  Tensor pow(const Tensor& exponent) const;
  Tensor pow(Scalar exponent) const;
  Tensor add(Scalar other, Scalar alpha = 1) const;
  Tensor sub(Scalar other, Scalar alpha = 1) const;
  Tensor mul(Scalar other) const;
  Tensor div(Scalar other) const;
  Tensor neg() const;
  Tensor abs() const;
  Tensor exp() const;
  Tensor log() const;
  Tensor sqrt() const;
  Tensor rsqrt() const;
  Tensor square() const;
  Tensor reciprocal() const;
  Tensor sign() const;
  Tensor sigmoid() const;
  Tensor tanh() const;
  Tensor relu() const;
  Tensor clamp(std::optional<Scalar> min = {}, std::optional<Scalar> max = {}) const;
  Tensor logical_not() const;
  Tensor eq(const Tensor& other) const;
  Tensor ne(const Tensor& other) const;
  Tensor lt(const Tensor& other) const;
  Tensor le(const Tensor& other) const;
  Tensor gt(const Tensor& other) const;
  Tensor ge(const Tensor& other) const;
  Tensor eq(Scalar other) const;
  Tensor ne(Scalar other) const;
  Tensor lt(Scalar other) const;
  Tensor le(Scalar other) const;
  Tensor gt(Scalar other) const;
  Tensor ge(Scalar other) const;
  bool equal(const Tensor& other) const;  // same shape and values
  bool allclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) const;

  // ---- the same, in place: the result is converted to this tensor's dtype (DTypeError where PyTorch has one)
  const Tensor& add_(const Tensor& other, Scalar alpha = 1) const;
  const Tensor& sub_(const Tensor& other, Scalar alpha = 1) const;
  const Tensor& mul_(const Tensor& other) const;
  const Tensor& div_(const Tensor& other) const;
  const Tensor& add_(Scalar other, Scalar alpha = 1) const;
  const Tensor& sub_(Scalar other, Scalar alpha = 1) const;
  const Tensor& mul_(Scalar other) const;
  const Tensor& div_(Scalar other) const;
  const Tensor& pow_(Scalar exponent) const;
  const Tensor& neg_() const;
  const Tensor& abs_() const;
  const Tensor& exp_() const;
  const Tensor& log_() const;
  const Tensor& sqrt_() const;
  const Tensor& square_() const;
  const Tensor& sigmoid_() const;
  const Tensor& tanh_() const;
  const Tensor& relu_() const;
  const Tensor& clamp_(std::optional<Scalar> min = {}, std::optional<Scalar> max = {}) const;

  // ---- reductions; dims left out or {}: all
  Tensor sum() const;
  Tensor sum(const Dims& dims, const ReduceOptions& options = {}) const;
  Tensor mean() const;
  Tensor mean(const Dims& dims, const ReduceOptions& options = {}) const;
  Tensor var(const Dims& dims = {}, std::int64_t correction = 1, bool keepdim = false) const;
  Tensor std(const Dims& dims = {}, std::int64_t correction = 1, bool keepdim = false) const;
  Tensor max() const;
  Tensor min() const;
  ValuesIndices max(std::int64_t dim, bool keepdim = false) const;
  ValuesIndices min(std::int64_t dim, bool keepdim = false) const;
  Tensor argmax(std::optional<std::int64_t> dim = {}, bool keepdim = false) const;
  Tensor argmin(std::optional<std::int64_t> dim = {}, bool keepdim = false) const;
  Tensor all() const;
  Tensor any() const;
  Tensor all(const Dims& dims, const ReduceOptions& options = {}) const;
  Tensor any(const Dims& dims, const ReduceOptions& options = {}) const;

  Tensor matmul(const Tensor& other) const;
  Tensor mm(const Tensor& other) const;
  Tensor softmax(std::int64_t dim) const;
  Tensor log_softmax(std::int64_t dim) const;

  // Calls `hook(grad)` when the gradient of this tensor is computed; what it returns, if defined, takes the gradient's
  // place. The handle removes it.
  HookHandle register_hook(GradHook hook) const;

  // What Python's print shows.
  std::string str() const;

  // Iteration over dimension 0: `for (Tensor row : x)`.
  TensorIterator begin() const;
  TensorIterator end() const;

  // For the library and for extensions: no user code needs these.
  explicit Tensor(detail::TensorImpl* adopted) noexcept : impl_(adopted) {}
  detail::TensorImpl* impl() const noexcept { return impl_; }
  detail::TensorImpl* release_impl() noexcept { return std::exchange(impl_, nullptr); }

 private:
  void item_as(DType dtype, void* value) const;

  detail::TensorImpl* impl_;
};
static_assert(sizeof(Tensor) == sizeof(void*));

// What max, min and their like give: `auto [values, indices] = x.max(1);`
struct ValuesIndices {
  Tensor values;
  Tensor indices;
};

class TensorIterator {
 public:
  using value_type = Tensor;
  using difference_type = std::int64_t;
  TensorIterator(const Tensor& tensor, std::int64_t index) : tensor_(tensor), index_(index) {}
  Tensor operator*() const { return tensor_.select(0, index_); }
  TensorIterator& operator++() {
    ++index_;
    return *this;
  }
  friend bool operator==(const TensorIterator& a, const TensorIterator& b) { return a.index_ == b.index_; }

 private:
  Tensor tensor_;
  std::int64_t index_;
};

CRESSET_API Tensor operator-(const Tensor& x);
CRESSET_API Tensor operator!(const Tensor& x);

// Scalars of every arithmetic type work on both sides.
#define CRESSET_BINARY_OPERATOR(op)                                 \
  CRESSET_API Tensor operator op(const Tensor& a, const Tensor& b); \
  CRESSET_API Tensor operator op(const Tensor& a, Scalar b);        \
  CRESSET_API Tensor operator op(Scalar a, const Tensor& b);
CRESSET_BINARY_OPERATOR(+)
CRESSET_BINARY_OPERATOR(-)
CRESSET_BINARY_OPERATOR(*)
CRESSET_BINARY_OPERATOR(/)
CRESSET_BINARY_OPERATOR(==)
CRESSET_BINARY_OPERATOR(!=)
CRESSET_BINARY_OPERATOR(<)
CRESSET_BINARY_OPERATOR(<=)
CRESSET_BINARY_OPERATOR(>)
CRESSET_BINARY_OPERATOR(>=)
#undef CRESSET_BINARY_OPERATOR
CRESSET_API Tensor operator&(const Tensor& a, const Tensor& b);  // bool tensors only
CRESSET_API Tensor operator|(const Tensor& a, const Tensor& b);

// As Python prints a tensor: `tensor([[1., 2.]], grad_fn=<AddBackward0>)`.
CRESSET_API std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

}  // namespace cresset
