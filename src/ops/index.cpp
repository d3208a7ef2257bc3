// Basic indexing: a chain of selects, slices and new dimensions.
#include <cresset/tensor.h>

#include <algorithm>

#include "core/check.h"
#include "core/tensor_impl.h"

namespace cresset {

Tensor Tensor::index(const std::vector<IndexItem>& items) const {
  using Kind = IndexItem::Kind;
  const int dims = dim();
  const auto count = [&](Kind kind) {
    return std::count_if(items.begin(), items.end(), [kind](const IndexItem& item) { return item.kind == kind; });
  };
  const auto consumed = count(Kind::integer) + count(Kind::slice);
  check<IndexError>(consumed <= dims, "index: too many indices for tensor of dimension {} (got {})", dims, consumed);
  check<IndexError>(count(Kind::ellipsis) <= 1, "index: an index can only have a single ellipsis ('...')");
  Tensor result = *this;
  int d = 0, source = 0;  // the next dimension of the result so far, and of this tensor
  for (const IndexItem& item : items) {
    switch (item.kind) {
      case Kind::integer: {
        const std::int64_t size = result.size(d);
        check<IndexError>(item.integer >= -size && item.integer < size,
                          "index: index {} is out of bounds for dimension {} with size {}", item.integer, source, size);
        result = result.select(d, item.integer);
        ++source;
        break;
      }
      case Kind::slice: {
        const Slice& s = item.slice;
        check<ValueError>(s.step > 0, "index: slice step must be positive, got {}", s.step);
        if (s.start || s.stop || s.step != 1) result = result.slice(d, s.start, s.stop, s.step);
        ++d;
        ++source;
        break;
      }
      case Kind::none: result = result.unsqueeze(d++); break;
      case Kind::ellipsis:
        d += dims - static_cast<int>(consumed);
        source += dims - static_cast<int>(consumed);
        break;
    }
  }
  return result;
}

}  // namespace cresset
