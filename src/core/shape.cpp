#include <cresset/shape.h>

#include <ostream>

#include "core/check.h"

namespace cresset {

void detail::fail_too_many_dims(std::size_t n) {
  fail<ShapeError>("a tensor has at most {} dimensions, got {}", kMaxDims, n);
}

std::string Shape::str() const { return fmt::format("[{}]", fmt::join(begin(), end(), ", ")); }

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.str(); }

}  // namespace cresset
