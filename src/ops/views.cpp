// Views: the same storage seen with other sizes and strides.
#include <cresset/ops.h>

#include "autograd/inplace.h"
#include "core/check.h"
#include "ops/view_strides.h"
#include "trace/trace.h"

namespace cresset {
namespace {

// A view of x with these sizes and strides; `backward` gives the gradient of x from that of the view. `name` and
// `attributes()` are for who writes down what was done.
template <class Backward, class Attributes>
Tensor make_view(const Tensor& x, const Shape& sizes, const Shape& strides, std::int64_t offset, const char* op,
                 Backward backward, const char* name, Attributes attributes) {
  Tensor y = record_view(alias(x, sizes, strides, offset), x, op,
                         [backward](const Tensor& grad, Grads& out) { out[0] = backward(grad); });
  if (trace::active()) [[unlikely]]
    trace::view(name, x, attributes(), y);
  return y;
}

Scalar number(std::int64_t value) { return value; }

// Where the element `at` along a dimension of this stride lies in the storage. The tensor's own offset where that is
// behind the storage's end, as an empty part may be: nothing is read there.
std::int64_t offset_at(const detail::TensorImpl& impl, std::int64_t at, std::int64_t stride) {
  const auto room = static_cast<std::int64_t>(impl.storage->bytes / element_size(impl.dtype));
  std::int64_t offset;
  const bool outside = __builtin_mul_overflow(at, stride, &offset) ||
                       __builtin_add_overflow(offset, impl.offset(), &offset) || offset > room;
  return outside ? impl.offset() : offset;
}

// The gradient of a part of x: zeros but for the part, which `part_of` finds.
template <class Part>
Tensor scatter(const Shape& sizes, const Tensor& grad, Part part_of) {
  Tensor whole = zeros(sizes, {.dtype = grad.dtype(), .device = grad.device()});
  part_of(whole).copy_(grad);
  return whole;
}

}  // namespace

Tensor Tensor::view(const Shape& shape) const {
  const detail::TensorImpl& impl = impl_of(*this);
  const Shape sizes = infer_shape("view", shape, impl.numel);
  const std::optional<Shape> strides = view_strides(impl.sizes, impl.strides, sizes);
  check<ShapeError>(strides.has_value(),
                    "view: view size is not compatible with input tensor's size and stride (at least one dimension "
                    "spans across two contiguous subspaces). Use .reshape(...) instead. (size {}, stride {}, view {})",
                    impl.sizes, impl.strides, shape);
  return make_view(
      *this, sizes, *strides, impl.offset(), "ViewBackward0",
      [from = impl.sizes](const Tensor& grad) { return grad.reshape(from); }, "reshape",
      [&] {
        return trace::Attributes{{"shape", trace::list(sizes)}};
      });
}

Tensor Tensor::view(DType dtype) const {
  const detail::TensorImpl& impl = impl_of(*this);
  check<DTypeError>(cresset::element_size(dtype) == cresset::element_size(impl.dtype),
                    "view: the types must have elements of the same size, got {} and {}", cresset::name(impl.dtype),
                    cresset::name(dtype));
  check<DTypeError>(!requires_grad() || dtype == impl.dtype, "view: a tensor that requires grad cannot be viewed as {}",
                    cresset::name(dtype));
  Tensor y = alias(*this);
  y.impl()->dtype = dtype;
  mark_view(y, *this);
  if (trace::active()) [[unlikely]]
    trace::view("view_dtype", *this, {{"dtype", dtype}}, y);
  return y;
}

Tensor Tensor::permute(const Dims& dims) const {
  const detail::TensorImpl& impl = impl_of(*this);
  const int n = impl.sizes.size();
  check<ShapeError>(dims.size() == n,
                    "permute: the number of dimensions in the tensor input does not match the length of the desired "
                    "ordering of dimensions i.e. input.dim() = {} is not equal to len(dims) = {}",
                    n, dims.size());
  Shape sizes = impl.sizes, strides = impl.strides, inverse = impl.sizes, order = impl.sizes;
  bool seen[kMaxDims] = {};
  for (int i = 0; i < n; ++i) {
    const int d = wrap_dim(dims[i], n);
    check<ValueError>(!std::exchange(seen[d], true), "permute: duplicate dims are not allowed, got {}", dims);
    sizes[i] = impl.sizes[d];
    strides[i] = impl.strides[d];
    inverse[d] = i;
    order[i] = d;
  }
  return make_view(
      *this, sizes, strides, impl.offset(), "PermuteBackward0",
      [inverse](const Tensor& grad) {
        return grad.permute(Dims(inverse.data(), static_cast<std::size_t>(inverse.size())));
      },
      "permute",
      [&] {
        return trace::Attributes{{"dims", trace::list(order)}};
      });
}

Tensor Tensor::transpose(std::int64_t dim0, std::int64_t dim1) const {
  const detail::TensorImpl& impl = impl_of(*this);
  const int a = wrap_dim(dim0, impl.sizes.size()), b = wrap_dim(dim1, impl.sizes.size());
  Shape sizes = impl.sizes, strides = impl.strides;
  if (impl.sizes.size() > 0) {
    std::swap(sizes[a], sizes[b]);
    std::swap(strides[a], strides[b]);
  }
  return make_view(
      *this, sizes, strides, impl.offset(), "TransposeBackward0",
      [a, b](const Tensor& grad) { return grad.transpose(a, b); }, "permute",
      [&] {
        std::vector<std::int64_t> order;
        for (int i = 0; i < sizes.size(); ++i) order.push_back(i == a ? b : i == b ? a : i);
        return trace::Attributes{{"dims", order}};
      });
}

Tensor Tensor::t() const {
  check<ShapeError>(dim() <= 2, "t: expects a tensor with <= 2 dimensions, but self is {}D", dim());
  return named(dim() < 2 ? transpose(0, 0) : transpose(0, 1), "TBackward0");
}

Tensor Tensor::T() const {
  Dims order;
  for (int i = dim() - 1; i >= 0; --i) order.push_back(i);
  return permute(order);
}

Tensor Tensor::squeeze() const {
  Dims ones;
  for (int i = 0; i < dim(); ++i) ones.push_back(i);
  return named(squeeze(ones), "SqueezeBackward0");
}

Tensor Tensor::squeeze(const Dims& dims) const {
  const detail::TensorImpl& impl = impl_of(*this);
  bool drop[kMaxDims] = {};
  for (std::int64_t d : dims) drop[wrap_dim(d, impl.sizes.size())] = true;
  Shape sizes, strides;
  for (int i = 0; i < impl.sizes.size(); ++i) {
    if (drop[i] && impl.sizes[i] == 1) continue;
    sizes.push_back(impl.sizes[i]);
    strides.push_back(impl.strides[i]);
  }
  return make_view(
      *this, sizes, strides, impl.offset(), dims.size() == 1 ? "SqueezeBackward1" : "SqueezeBackward2",
      [from = impl.sizes](const Tensor& grad) { return grad.reshape(from); }, "squeeze",
      [&] {
        std::vector<std::int64_t> dropped;
        for (int i = 0; i < impl.sizes.size(); ++i)
          if (drop[i] && impl.sizes[i] == 1) dropped.push_back(i);
        return trace::Attributes{{"dims", dropped}};
      });
}

Tensor Tensor::unsqueeze(std::int64_t dim) const {
  const detail::TensorImpl& impl = impl_of(*this);
  const int d = wrap_dim(dim, impl.sizes.size() + 1);
  Shape sizes = impl.sizes, strides = impl.strides;
  std::int64_t stride = 1;
  if (d < impl.sizes.size() && __builtin_mul_overflow(impl.sizes[d], impl.strides[d], &stride)) stride = 1;
  strides.insert(d, stride);
  sizes.insert(d, 1);
  return make_view(
      *this, sizes, strides, impl.offset(), "UnsqueezeBackward0", [d](const Tensor& grad) { return grad.squeeze(d); },
      "unsqueeze",
      [d] {
        return trace::Attributes{{"dim", number(d)}};
      });
}

Tensor Tensor::expand(const Shape& shape) const {
  const detail::TensorImpl& impl = impl_of(*this);
  const int added = shape.size() - impl.sizes.size();
  check<ShapeError>(added >= 0,
                    "expand: the number of sizes provided ({}) must be greater or equal to the number of dimensions in "
                    "the tensor ({})",
                    shape.size(), impl.sizes.size());
  Shape sizes = shape, strides = Shape::filled(shape.size(), 0);
  for (int i = 0; i < shape.size(); ++i) {
    const bool fresh = i < added;
    check<ShapeError>(
        shape[i] >= 0 || (shape[i] == -1 && !fresh),
        "expand: the expanded size of the tensor ({}) isn't allowed in dimension {} (requested shape {}, tensor {})",
        shape[i], i, shape, impl.sizes);
    if (fresh) continue;
    const std::int64_t own = impl.sizes[i - added];
    if (shape[i] == -1) sizes[i] = own;
    check<ShapeError>(own == sizes[i] || own == 1,
                      "expand: The expanded size of the tensor ({}) must match the existing size ({}) at non-singleton "
                      "dimension {}. Target sizes: {}. Tensor sizes: {}",
                      shape[i], own, i, shape, impl.sizes);
    strides[i] = own == sizes[i] ? impl.strides[i - added] : 0;
  }
  checked_numel(sizes, impl.dtype);
  return make_view(
      *this, sizes, strides, impl.offset(), "ExpandBackward0",
      [from = impl.sizes](const Tensor& grad) { return sum_to_shape(grad, from); }, "expand",
      [&] {
        return trace::Attributes{{"shape", trace::list(sizes)}};
      });
}

Tensor Tensor::narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const {
  const detail::TensorImpl& impl = impl_of(*this);
  check<ShapeError>(impl.sizes.size() > 0, "narrow: cannot be applied to a 0-dim tensor");
  const int d = wrap_dim(dim, impl.sizes.size());
  const std::int64_t size = impl.sizes[d];
  check<IndexError>(start >= -size && start <= size,
                    "narrow: start out of range (expected to be in range of [{}, {}], but got {})", -size, size, start);
  const std::int64_t first = start < 0 ? start + size : start;
  check<ValueError>(length >= 0, "narrow: length must be non-negative, got {}", length);
  check<IndexError>(length <= size - first, "narrow: start ({}) + length ({}) exceeds dimension size ({})", first,
                    length, size);
  return slice(d, first, first + length);
}

Tensor Tensor::select(std::int64_t dim, std::int64_t index) const {
  const detail::TensorImpl& impl = impl_of(*this);
  check<IndexError>(impl.sizes.size() > 0, "select: cannot be applied to a 0-dim tensor; use item() to read it");
  const int d = wrap_dim(dim, impl.sizes.size());
  const std::int64_t size = impl.sizes[d];
  check<IndexError>(index >= -size && index < size, "select: index {} is out of bounds for dimension {} with size {}",
                    index, d, size);
  const std::int64_t at = index < 0 ? index + size : index;
  Shape sizes = impl.sizes, strides = impl.strides;
  sizes.erase(d);
  strides.erase(d);
  return make_view(
      *this, sizes, strides, offset_at(impl, at, impl.strides[d]), "SelectBackward0",
      [from = impl.sizes, d, at](const Tensor& grad) {
        return scatter(from, grad, [&](const Tensor& whole) { return whole.select(d, at); });
      },
      "select",
      [&] {
        return trace::Attributes{{"dim", number(d)}, {"index", number(at)}};
      });
}

Tensor Tensor::slice(std::int64_t dim, std::optional<std::int64_t> start, std::optional<std::int64_t> end,
                     std::int64_t step) const {
  const detail::TensorImpl& impl = impl_of(*this);
  check<ShapeError>(impl.sizes.size() > 0, "slice: cannot be applied to a 0-dim tensor");
  check<ValueError>(step > 0, "slice: step must be positive, got {}", step);
  const int d = wrap_dim(dim, impl.sizes.size());
  const std::int64_t size = impl.sizes[d];
  const auto clip = [size](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size); };
  const std::int64_t first = clip(start.value_or(0));
  const std::int64_t last = std::max(first, clip(end.value_or(size)));
  Shape sizes = impl.sizes, strides = impl.strides;
  sizes[d] = (last - first) / step + ((last - first) % step != 0);
  if (__builtin_mul_overflow(strides[d], step, &strides[d]))
    strides[d] = impl.strides[d];  // at most one element is left
  return make_view(
      *this, sizes, strides, offset_at(impl, first, impl.strides[d]), "SliceBackward0",
      [from = impl.sizes, d, first, last, step](const Tensor& grad) {
        return scatter(from, grad, [&](const Tensor& whole) { return whole.slice(d, first, last, step); });
      },
      "slice",
      [&] {
        return trace::Attributes{
            {"dim", number(d)}, {"start", number(first)}, {"end", number(last)}, {"step", number(step)}};
      });
}

std::vector<Tensor> Tensor::split(const std::vector<std::int64_t>& sizes, std::int64_t dim) const {
  const int d = wrap_dim(dim, this->dim());
  std::int64_t total = 0;
  for (std::int64_t s : sizes) {
    check<ValueError>(s >= 0, "split: sizes must not be negative, got {}", s);
    check<ValueError>(!__builtin_add_overflow(total, s, &total), "split: the sizes are too large");
  }
  check<ValueError>(total == size(d), "split: the sizes must add up to {}, the size of dimension {}, got {}", size(d),
                    d, total);
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  for (std::int64_t s : sizes) {
    parts.push_back(narrow(d, start, s));
    start += s;
  }
  for (const Tensor& part : parts) mark_one_of_many(part, "SplitWithSizesBackward0");
  return parts;
}

std::vector<Tensor> Tensor::split(std::int64_t split_size, std::int64_t dim) const {
  check<ValueError>(split_size > 0, "split: split_size must be positive, got {}", split_size);
  const int d = wrap_dim(dim, this->dim());
  std::vector<Tensor> parts;
  const std::int64_t size = this->size(d);
  for (std::int64_t start = 0; start == 0 || start < size; start += split_size) {
    parts.push_back(narrow(d, start, std::min(split_size, size - start)));
    if (size - start <= split_size) break;
  }
  for (const Tensor& part : parts) mark_one_of_many(part, "SplitBackward0");
  return parts;
}

std::vector<Tensor> Tensor::chunk(std::int64_t chunks, std::int64_t dim) const {
  check<ValueError>(chunks > 0, "chunk: expects chunks to be greater than 0, got {}", chunks);
  const int d = wrap_dim(dim, this->dim());
  const std::int64_t size = this->size(d);
  return split(std::max<std::int64_t>(1, size / chunks + (size % chunks != 0)), d);
}

std::vector<Tensor> Tensor::unbind(std::int64_t dim) const {
  const int d = wrap_dim(dim, this->dim());
  std::vector<Tensor> parts;
  for (std::int64_t i = 0; i < size(d); ++i) parts.push_back(select(d, i));
  for (const Tensor& part : parts) mark_one_of_many(part, "UnbindBackward0");
  return parts;
}

Tensor Tensor::as_strided(const Shape& shape, const Shape& strides, std::optional<std::int64_t> storage_offset) const {
  const detail::TensorImpl& impl = impl_of(*this);
  check<ShapeError>(shape.size() == strides.size(), "as_strided: sizes {} and strides {} must have the same length",
                    shape, strides);
  const std::int64_t offset = storage_offset.value_or(impl.offset());
  const std::int64_t n = checked_numel(shape, impl.dtype);
  std::int64_t last = offset;
  bool overflow = offset < 0;
  for (int i = 0; i < shape.size(); ++i) {
    check<ValueError>(strides[i] >= 0, "as_strided: strides must not be negative, got {}", strides);
    std::int64_t reach;
    overflow |= n > 0 && (__builtin_mul_overflow(shape[i] - 1, strides[i], &reach) ||
                          __builtin_add_overflow(last, reach, &last));
  }
  const auto room = static_cast<std::int64_t>(impl.storage->bytes / cresset::element_size(impl.dtype));
  check<ValueError>(!overflow && (n == 0 ? offset <= room : last < room),
                    "as_strided: sizes {}, strides {} and offset {} reach outside a storage of {} elements", shape,
                    strides, offset, room);
  // Overlapping elements would need their gradients added: only what a view of dense memory can be is differentiable.
  return make_view(
      *this, shape, strides, offset, "AsStridedBackward0",
      [from = impl.sizes, from_strides = impl.strides, from_offset = impl.offset(), shape, strides,
       offset](const Tensor& grad) {
        return as_strided_backward(grad, from, from_strides, from_offset, shape, strides, offset);
      },
      "as_strided",
      [&] {
        return trace::Attributes{
            {"size", trace::list(shape)}, {"stride", trace::list(strides)}, {"offset", number(offset)}};
      });
}

Tensor Tensor::reshape(const Shape& shape) const {
  const detail::TensorImpl& impl = impl_of(*this);
  const Shape sizes = infer_shape("reshape", shape, impl.numel);
  if (view_strides(impl.sizes, impl.strides, sizes)) return view(sizes);
  return contiguous().view(sizes);
}
Tensor reshape(const Tensor& x, const Shape& shape) { return x.reshape(shape); }

Tensor Tensor::flatten(std::int64_t start_dim, std::int64_t end_dim) const {
  const Shape sizes = shape();
  const int first = wrap_dim(start_dim, sizes.size()), last = wrap_dim(end_dim, sizes.size());
  check<ValueError>(first <= last, "flatten: has invalid args: start_dim cannot come after end_dim (start {}, end {})",
                    first, last);
  if (sizes.empty()) return reshape({1});
  if (first == last) return *this;
  Shape merged;
  std::int64_t product = 1;
  for (int i = 0; i < sizes.size(); ++i) {
    if (i >= first && i <= last) product *= sizes[i];
    if (i < first || i > last) merged.push_back(sizes[i]);
    if (i == last) merged.push_back(product);
  }
  return reshape(merged);
}
Tensor flatten(const Tensor& x, std::int64_t start_dim, std::int64_t end_dim) { return x.flatten(start_dim, end_dim); }

Tensor Tensor::unflatten(std::int64_t dim, const Shape& sizes) const {
  const Shape own = shape();
  const int d = wrap_dim(dim, own.size());
  check<ShapeError>(!own.empty(), "unflatten: cannot be applied to a 0-dim tensor");
  const Shape parts = infer_shape("unflatten", sizes, own[d]);
  Shape split;
  for (int i = 0; i < own.size(); ++i) {
    if (i != d)
      split.push_back(own[i]);
    else
      for (std::int64_t s : parts) split.push_back(s);
  }
  return view(split);
}

}  // namespace cresset
