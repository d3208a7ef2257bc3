// Making tensors from nothing, from numbers and from foreign memory.
#include <cresset/creation.h>
#include <cresset/ops.h>

#include <atomic>
#include <cmath>
#include <cstring>

#include "autograd/record.h"
#include "core/check.h"
#include "core/tensor_impl.h"
#include "ops/copy.h"
#include "ops/element.h"
#include "ops/loop.h"
#include "trace/trace.h"

namespace cresset {
namespace {

std::atomic<DType> default_dtype{kFloat32};

Tensor finish(Tensor t, bool requires_grad) {
  if (requires_grad) t.requires_grad_();
  return t;
}

MemoryFormat format_of(const TensorOptions& options) {
  return options.memory_format == MemoryFormat::preserve ? MemoryFormat::contiguous : options.memory_format;
}

Tensor allocate(const Shape& shape, const TensorOptions& options, DType dtype) {
  return new_tensor(shape, options.dtype.value_or(dtype), options.device.value_or(Device()), format_of(options));
}

void trace_full(const Tensor& t, Scalar value) {
  trace::op("full", {}, {{"shape", trace::list(t.shape())}, {"value", value}, {"dtype", t.dtype()}}, {t});
}

Tensor filled(const Shape& shape, Scalar value, const TensorOptions& options, DType dtype) {
  Tensor t = allocate(shape, options, dtype);
  fill_elements(t, value);
  if (trace::active()) [[unlikely]]
    trace_full(t, value);
  return finish(std::move(t), options.requires_grad);
}

// Numbers computed in double (or int64) on the host, one by one, then converted.
template <class Number>
Tensor from_numbers(const Shape& shape, DType dtype, Device device, Number number) {
  const std::int64_t n = checked_numel(shape, kFloat64);
  Tensor wide = new_tensor(shape, dtype_of<decltype(number(0))>, Device());
  auto* values = reinterpret_cast<decltype(number(0))*>(raw(wide));
  for (std::int64_t i = 0; i < n; ++i) values[i] = number(i);
  return wide.to(ToOptions{.dtype = dtype, .device = device});
}

}  // namespace

DType get_default_dtype() { return default_dtype.load(std::memory_order_relaxed); }
void set_default_dtype(DType dtype) {
  check<DTypeError>(is_floating_point(dtype),
                    "set_default_dtype: only floating-point types are supported as the default type, got {}",
                    name(dtype));
  default_dtype = dtype;
}

Tensor empty(const Shape& shape, const TensorOptions& options) {
  Tensor t = allocate(shape, options, get_default_dtype());
  if (trace::active()) [[unlikely]]
    trace_full(t, 0);  // any elements will do
  return finish(std::move(t), options.requires_grad);
}
Tensor zeros(const Shape& shape, const TensorOptions& options) {
  return filled(shape, 0, options, get_default_dtype());
}
Tensor ones(const Shape& shape, const TensorOptions& options) { return filled(shape, 1, options, get_default_dtype()); }
Tensor full(const Shape& shape, Scalar value, const TensorOptions& options) {
  return filled(shape, value, options,
                value.is_floating_point() ? get_default_dtype()
                : value.is_bool()         ? kBool
                                          : kInt64);
}

namespace {

Tensor allocate_like(const Tensor& like, const TensorOptions& options) {
  const detail::TensorImpl& impl = impl_of(like);
  const DType dtype = options.dtype.value_or(impl.dtype);
  const Device device = options.device.value_or(impl.device);
  if (options.memory_format != MemoryFormat::preserve)
    return new_tensor(impl.sizes, dtype, device, options.memory_format);
  const Shape* inputs[] = {&impl.strides};
  return new_tensor_strided(
      impl.sizes, impl.contiguous ? dense_strides(impl.sizes) : output_strides(impl.sizes, inputs, 1), dtype, device);
}

}  // namespace

Tensor empty_like(const Tensor& like, const TensorOptions& options) {
  Tensor t = allocate_like(like, options);
  if (trace::active()) [[unlikely]]
    trace_full(t, 0);
  return finish(std::move(t), options.requires_grad);
}
Tensor full_like(const Tensor& like, Scalar value, const TensorOptions& options) {
  Tensor t = allocate_like(like, options);
  fill_elements(t, value);
  if (trace::active()) [[unlikely]]
    trace_full(t, value);
  return finish(std::move(t), options.requires_grad);
}
Tensor zeros_like(const Tensor& like, const TensorOptions& options) { return full_like(like, 0, options); }
Tensor ones_like(const Tensor& like, const TensorOptions& options) { return full_like(like, 1, options); }

Tensor arange(Scalar end, const TensorOptions& options) { return arange(0, end, 1, options); }
Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options) {
  if (trace::active()) [[unlikely]]
    return trace::whole("arange", {}, {{"start", start}, {"end", end}, {"step", step}},
                        [&] { return arange(start, end, step, options); });
  const bool floating = start.is_floating_point() || end.is_floating_point() || step.is_floating_point();
  const double s = start.to_double(), e = end.to_double(), d = step.to_double();
  check<ValueError>(d != 0, "arange: step must be nonzero");
  check<ValueError>(std::isfinite(s) && std::isfinite(e) && std::isfinite(d),
                    "arange: unsupported range: {} -> {} by {}", s, e, d);
  check<ValueError>(d > 0 ? s <= e : s >= e,
                    "arange: upper bound and lower bound inconsistent with step sign ({} -> {} by {})", s, e, d);
  const DType dtype = options.dtype.value_or(floating ? get_default_dtype() : kInt64);
  const Device device = options.device.value_or(Device());
  Tensor t;
  if (floating) {
    const double count = std::ceil((e - s) / d);
    check<OutOfMemoryError>(count < 0x1p60, "arange: {} elements are too many", count);
    t = from_numbers({static_cast<std::int64_t>(count)}, dtype, device,
                     [&](std::int64_t i) { return s + static_cast<double>(i) * d; });
  } else {
    const std::int64_t first = start.to_int64(), by = step.to_int64();
    __extension__ using Wide = __int128;
    const Wide span = static_cast<Wide>(end.to_int64()) - first;
    const Wide count = (span + by + (by > 0 ? -1 : 1)) / by;
    check<OutOfMemoryError>(count < (static_cast<Wide>(1) << 60), "arange: too many elements");
    // In unsigned numbers: i * by may overflow where the sum does not.
    t = from_numbers({static_cast<std::int64_t>(count)}, dtype, device, [&](std::int64_t i) {
      return static_cast<std::int64_t>(static_cast<std::uint64_t>(first) +
                                       static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(by));
    });
  }
  return finish(std::move(t), options.requires_grad);
}

// As PyTorch: the second half is counted from the end, so that the last element is `end` itself.
Tensor linspace(Scalar start, Scalar end, std::int64_t steps, const TensorOptions& options) {
  check<ValueError>(steps >= 0, "linspace: number of steps must be non-negative, got {}", steps);
  const double s = start.to_double(), e = end.to_double(),
               by = steps > 1 ? (e - s) / static_cast<double>(steps - 1) : 0;
  return finish(from_numbers({steps}, options.dtype.value_or(get_default_dtype()), options.device.value_or(Device()),
                             [&](std::int64_t i) {
                               return i < steps / 2 || steps == 1 ? s + by * static_cast<double>(i)
                                                                  : e - by * static_cast<double>(steps - 1 - i);
                             }),
                options.requires_grad);
}

Tensor eye(std::int64_t n, std::optional<std::int64_t> m, const TensorOptions& options) {
  check<ValueError>(n >= 0 && m.value_or(0) >= 0, "eye: sizes must not be negative, got {} and {}", n, m.value_or(n));
  TensorOptions plain = options;
  plain.requires_grad = false;
  const trace::Pause pause;
  Tensor t = zeros({n, m.value_or(n)}, plain);
  const std::int64_t diagonal = std::min(n, m.value_or(n));
  if (diagonal > 0) fill_elements(t.detach().as_strided({diagonal}, {t.stride(0) + t.stride(1)}), 1);
  return finish(std::move(t), options.requires_grad);
}

namespace {

// Shape of nested lists, from the first of each level; the others must agree.
Shape shape_of(const detail::NestedList& list) {
  Shape shape;
  for (const detail::NestedList* level = &list; !level->is_scalar(); level = &level->items().front()) {
    shape.push_back(static_cast<std::int64_t>(level->items().size()));
    if (level->items().empty()) break;
  }
  return shape;
}

void collect(const detail::NestedList& list, const Shape& shape, int depth, std::vector<Scalar>& out) {
  if (depth == shape.size()) {
    check<ValueError>(list.is_scalar(), "tensor: expected a number at depth {}, got a list", depth);
    out.push_back(list.scalar());
    return;
  }
  check<ValueError>(!list.is_scalar(), "tensor: expected a list of length {} at depth {}, got a number", shape[depth],
                    depth);
  check<ValueError>(static_cast<std::int64_t>(list.items().size()) == shape[depth],
                    "tensor: expected sequence of length {} at dim {} (got {})", shape[depth], depth,
                    list.items().size());
  for (const auto& item : list.items()) collect(item, shape, depth + 1, out);
}

}  // namespace

Tensor tensor(const detail::NestedList& values, const TensorOptions& options) {
  const Shape shape = shape_of(values);
  std::vector<Scalar> numbers;
  collect(values, shape, 0, numbers);
  bool floating = numbers.empty(), integer = false;
  for (const Scalar& s : numbers) {
    floating |= s.is_floating_point();
    integer |= s.is_integral();
  }
  const DType dtype = options.dtype.value_or(floating ? get_default_dtype() : integer ? kInt64 : kBool);
  Tensor t = new_tensor(shape, dtype, Device());
  const std::size_t size = element_size(dtype);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!is_floating_point(dtype)) check_fits(numbers[i], dtype);  // others become infinite, as in PyTorch
    std::memcpy(raw(t) + i * size, Element(numbers[i], dtype).bytes, size);
  }
  if (options.memory_format == MemoryFormat::channels_last) t = t.contiguous(MemoryFormat::channels_last);
  return finish(t.to(options.device.value_or(Device())), options.requires_grad);
}

Tensor from_blob(void* data, const Shape& shape, const Shape& strides, const TensorOptions& options,
                 std::function<void(void*)> deleter) {
  check<DeviceError>(options.device.value_or(Device()).is_cpu(), "from_blob: the memory must be on the CPU");
  check<ShapeError>(shape.size() == strides.size(), "from_blob: sizes {} and strides {} must have the same length",
                    shape, strides);
  const DType dtype = options.dtype.value_or(get_default_dtype());
  const std::int64_t n = checked_numel(shape, dtype);
  check<ValueError>(data || n == 0, "from_blob: the pointer is null");
  check<ValueError>(reinterpret_cast<std::uintptr_t>(data) % element_size(dtype) == 0,
                    "from_blob: the pointer is not aligned to the element");
  std::int64_t last = 0;
  for (int i = 0; i < shape.size(); ++i) {
    std::int64_t reach;
    check<ValueError>(strides[i] >= 0 &&
                          !__builtin_mul_overflow(std::max<std::int64_t>(shape[i] - 1, 0), strides[i], &reach) &&
                          !__builtin_add_overflow(last, reach, &last),
                      "from_blob: bad strides {}", strides);
  }
  Ref<Storage> storage =
      wrap_storage(data, n == 0 ? 0 : static_cast<std::size_t>(last + 1) * element_size(dtype), std::move(deleter));
  detail::TensorImpl* impl = detail::new_impl();
  impl->dtype = dtype;
  impl->data = storage->data;
  impl->storage = std::move(storage);
  impl->sizes = shape;
  impl->strides = strides;
  impl->update();
  return finish(Tensor(impl), options.requires_grad);
}
Tensor from_blob(void* data, const Shape& shape, const TensorOptions& options, std::function<void(void*)> deleter) {
  return from_blob(data, shape, dense_strides(shape, format_of(options)), options, std::move(deleter));
}

}  // namespace cresset
