#include "ops/loop.h"

#include <cresset/ops.h>

#include "core/check.h"

namespace cresset {

Shape broadcast_shape(const char* op, const Shape& a, const Shape& b) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape result = longer;
  const int shift = longer.size() - shorter.size();
  for (int i = 0; i < shorter.size(); ++i) {
    std::int64_t& size = result[i + shift];
    if (size == shorter[i] || shorter[i] == 1) continue;
    check<ShapeError>(
        size == 1,
        "{}: The size of tensor a ({}) must match the size of tensor b ({}) at non-singleton dimension {} (a {}, b {})",
        op, &longer == &a ? size : shorter[i], &longer == &a ? shorter[i] : size, i + shift, a, b);
    size = shorter[i];
  }
  return result;
}

Shape broadcast_shapes(const Shape& a, const Shape& b) { return broadcast_shape("broadcast_shapes", a, b); }

Shape broadcast_strides(const detail::TensorImpl& t, const Shape& shape) {
  Shape strides = Shape::filled(shape.size(), 0);
  const int shift = shape.size() - t.sizes.size();
  for (int i = 0; i < t.sizes.size(); ++i)
    if (t.sizes[i] == shape[i + shift] && t.sizes[i] != 1) strides[i + shift] = t.strides[i];
  return strides;
}

namespace {

// Dimensions from the fastest to the slowest; insertion sort, since the comparison is no total order.
std::array<int, kMaxDims> order_of_dims(const Shape& shape, const Shape* const* strides, int operands) {
  std::array<int, kMaxDims> order{};
  const int dims = shape.size();
  for (int i = 0; i < dims; ++i) order[static_cast<std::size_t>(i)] = dims - 1 - i;
  const auto compare = [&](int a, int b) {
    for (int k = 0; k < operands; ++k) {
      const std::int64_t sa = (*strides[k])[a], sb = (*strides[k])[b];
      if (sa == 0 || sb == 0) continue;  // broadcast: the next operand decides
      if (sa != sb) return sa < sb ? -1 : 1;
      if (shape[a] > shape[b]) return 1;
    }
    return 0;
  };
  for (int i = 1; i < dims; ++i) {
    int moving = i;
    for (int j = i - 1; j >= 0; --j) {
      const int c = compare(order[static_cast<std::size_t>(j)], order[static_cast<std::size_t>(moving)]);
      if (c < 0) break;
      if (c > 0) {
        std::swap(order[static_cast<std::size_t>(j)], order[static_cast<std::size_t>(moving)]);
        moving = j;
      }
    }
  }
  return order;
}

}  // namespace

Shape output_strides(const Shape& shape, const Shape* const* input_strides, int inputs) {
  const auto order = order_of_dims(shape, input_strides, inputs);
  Shape strides = shape;
  std::int64_t step = 1;
  for (int i = 0; i < shape.size(); ++i) {
    const int d = order[static_cast<std::size_t>(i)];
    strides[d] = step;
    // Wraps around where the shape is too large to allocate, which is found after.
    step = static_cast<std::int64_t>(static_cast<std::uint64_t>(step) *
                                     static_cast<std::uint64_t>(std::max<std::int64_t>(shape[d], 1)));
  }
  return strides;
}

void merge_loop(int operands, const Shape& shape, const Shape* const* strides, int& dims, std::int64_t* sizes,
                std::int64_t (*merged)[kMaxDims]) {
  const auto order = order_of_dims(shape, strides, operands);
  // Built from the fastest dimension on, then reversed: the kernels' last dimension is the fastest.
  dims = 0;
  for (int i = 0; i < shape.size(); ++i) {
    const int d = order[static_cast<std::size_t>(i)];
    if (shape[d] == 1) continue;
    bool joins = dims > 0;
    for (int k = 0; joins && k < operands; ++k) joins = (*strides[k])[d] == merged[k][dims - 1] * sizes[dims - 1];
    if (joins) {
      sizes[dims - 1] *= shape[d];
      continue;
    }
    sizes[dims] = shape[d];
    for (int k = 0; k < operands; ++k) merged[k][dims] = (*strides[k])[d];
    ++dims;
  }
  std::reverse(sizes, sizes + dims);
  for (int k = 0; k < operands; ++k) std::reverse(merged[k], merged[k] + dims);
}

}  // namespace cresset
