#include <cresset/shape.h>

#include <ostream>

#include "core/check.h"

namespace cresset {

void detail::fail_too_many_dims(std::size_t n) {
  fail<ShapeError>("a tensor has at most {} dimensions, got {}", kMaxDims, n);
}

int detail::wrap_shape_index(std::int64_t i, int size) {
  check<IndexError>(i >= -size && i < size, "shape: index {} is out of range for {} dimensions", i, size);
  return static_cast<int>(i < 0 ? i + size : i);
}

std::string Shape::str() const { return fmt::format("[{}]", fmt::join(begin(), end(), ", ")); }

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.str(); }

}  // namespace cresset
