// Arithmetic on shapes and strides for views.
#pragma once

#include <cresset/tensor.h>

#include <optional>

namespace cresset {

// Replaces the one -1 by the size that makes the product `numel`. ShapeError where that cannot be.
Shape infer_shape(const char* op, const Shape& shape, std::int64_t numel);
// Strides with which memory of `sizes` and `strides` can be seen as `view`, of the same number of elements; none where
// a copy would be needed.
std::optional<Shape> view_strides(const Shape& sizes, const Shape& strides, const Shape& view);
// Adds up what broadcasting had repeated: the backward of broadcasting a tensor of `shape`.
Tensor sum_to_shape(const Tensor& grad, const Shape& shape);
// The gradient of a tensor (sizes, strides, offset in its storage) from that of an as_strided view of the same storage.
// Elements that overlap in the view are added up.
Tensor as_strided_backward(const Tensor& grad, const Shape& sizes, const Shape& strides, std::int64_t offset,
                           const Shape& view_sizes, const Shape& view_strides, std::int64_t view_offset);

}  // namespace cresset
