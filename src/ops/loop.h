// How element-wise ops walk their operands: broadcasting, the output's strides, merged dimensions. The rules are those
// of PyTorch's TensorIterator (aten/src/ATen/TensorIterator.cpp).
#pragma once

#include <cresset/extension/pointwise.h>

#include <array>

#include "core/tensor_impl.h"

namespace cresset {

// The common shape; ShapeError, naming the op, where there is none.
Shape broadcast_shape(const char* op, const Shape& a, const Shape& b);
// Strides of `t` seen as `shape`: 0 where broadcast. `t` broadcasts to `shape`.
Shape broadcast_strides(const detail::TensorImpl& t, const Shape& shape);
// Strides of a new output of this shape: those of the inputs where they agree on an order of dimensions.
Shape output_strides(const Shape& shape, const Shape* const* input_strides, int inputs);

// Fills `loop` for operands of these strides (the output first), with dimensions ordered by the output's strides and
// merged where all operands allow it.
void merge_loop(int operands, const Shape& shape, const Shape* const* strides, int& dims, std::int64_t* sizes,
                std::int64_t (*merged)[kMaxDims]);
template <int kOperands>
void fill_loop(StridedLoop<kOperands>& loop, const Shape& shape, const std::array<const Shape*, kOperands>& strides) {
  merge_loop(kOperands, shape, strides.data(), loop.dims, loop.sizes, loop.strides);
}
// All operands dense and in the same order.
template <int kOperands>
void fill_dense_loop(StridedLoop<kOperands>& loop, std::int64_t numel) {
  loop.dims = 1;
  loop.sizes[0] = numel;
  for (auto& strides : loop.strides) strides[0] = 1;
}

}  // namespace cresset
