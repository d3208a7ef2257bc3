#include "ops/view_strides.h"

#include <cresset/ops.h>

#include "core/check.h"
#include "core/tensor_impl.h"

namespace cresset {

Shape infer_shape(const char* op, const Shape& shape, std::int64_t numel) {
  Shape result = shape;
  int unknown = -1;
  std::int64_t known = 1, extent = 1;  // the extent counts sizes of 0 as 1: strides must not overflow either
  bool overflow = false;
  for (int i = 0; i < shape.size(); ++i) {
    if (shape[i] == -1) {
      check<ShapeError>(unknown < 0, "{}: only one dimension can be inferred, got shape {}", op, shape);
      unknown = i;
      continue;
    }
    check<ShapeError>(shape[i] >= 0, "{}: invalid shape dimension {} in {}", op, shape[i], shape);
    overflow |= __builtin_mul_overflow(extent, std::max<std::int64_t>(shape[i], 1), &extent);
    known *= overflow ? 0 : shape[i];
  }
  if (unknown >= 0 && !overflow) {
    check<ShapeError>(known != 0 || numel != 0,
                      "{}: cannot reshape tensor of 0 elements into shape {} because the unspecified dimension size -1 "
                      "can be any value and is ambiguous",
                      op, shape);
    if (known != 0 && numel % known == 0) {
      result[unknown] = numel / known;
      return result;
    }
  }
  check<ShapeError>(!overflow && unknown < 0 && known == numel, "{}: shape '{}' is invalid for input of size {}", op,
                    shape, numel);
  return result;
}

// As at::detail::computeStride: walks both shapes from the back, a run of dimensions that lie densely in one another at
// a time.
std::optional<Shape> view_strides(const Shape& sizes, const Shape& strides, const Shape& view) {
  if (sizes == view) return strides;
  if (sizes.numel() == 0) return dense_strides(view);
  Shape result = Shape::filled(view.size(), 1);
  int v = view.size() - 1;
  std::int64_t base = sizes.empty() ? 1 : strides.back();
  std::int64_t run = 1, taken = 1;
  for (int d = sizes.size() - 1; d >= 0; --d) {
    run *= sizes[d];
    if (d > 0 && (sizes[d - 1] == 1 || strides[d - 1] == run * base)) continue;
    while (v >= 0 && (taken < run || view[v] == 1)) {
      result[v] = taken * base;
      taken *= view[v];
      --v;
    }
    if (taken != run) return std::nullopt;
    if (d > 0) {
      base = strides[d - 1];
      run = taken = 1;
    }
  }
  if (sizes.empty()) v = -1;
  return v == -1 ? std::optional(result) : std::nullopt;
}

Tensor sum_to_shape(const Tensor& grad, const Shape& shape) {
  const Shape from = grad.shape();
  if (from == shape) return grad;
  const int added = from.size() - shape.size();
  Dims dims;
  for (int i = 0; i < from.size(); ++i)
    if (i < added || (shape[i - added] == 1 && from[i] != 1)) dims.push_back(i);
  if (dims.empty()) return grad.reshape(shape);
  return grad.sum(dims, {.keepdim = true}).reshape(shape);
}

Tensor as_strided_backward(const Tensor& grad, const Shape& sizes, const Shape& strides, std::int64_t offset,
                           const Shape& view_sizes, const Shape& view_strides, std::int64_t view_offset) {
  // The stretch of storage that either reaches, from `first` on.
  const std::int64_t first = std::min(offset, view_offset);
  const auto last_of = [](const Shape& s, const Shape& by, std::int64_t from) {
    for (int i = 0; i < s.size() && s.numel() > 0; ++i) from += (s[i] - 1) * by[i];
    return from;
  };
  const std::int64_t last = last_of(sizes, strides, offset), view_last = last_of(view_sizes, view_strides, view_offset);
  Tensor flat = zeros({std::max(last, view_last) - first + 1}, {.dtype = grad.dtype(), .device = grad.device()});
  // Dimension by dimension until what is left has no stride-0 or overlapping part: rows are added one after the other.
  const auto add = [&](auto&& self, const Tensor& part, Shape part_strides, std::int64_t at) -> void {
    if (part.dim() <= 1 && (part.dim() == 0 || part_strides[0] != 0)) {
      flat.as_strided(part.shape(), part_strides, at).add_(part);
      return;
    }
    const std::int64_t step = part_strides[0];
    Shape rest = part_strides;
    rest.erase(0);
    for (std::int64_t i = 0; i < part.size(0); ++i) self(self, part.select(0, i), rest, at + i * step);
  };
  if (grad.numel() > 0) add(add, grad, view_strides, view_offset - first);
  return flat.as_strided(sizes, strides, offset - first);
}

}  // namespace cresset
