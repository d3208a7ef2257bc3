// Walks a StridedLoop element by element, for the plain kernels.
#pragma once

#include <cresset/extension/pointwise.h>

namespace cresset::cpu {

// Calls body(offsets) once an element, in row-major order; offsets[k] is operand k's place in elements.
template <int kOperands, class Body>
void for_each_element(const StridedLoop<kOperands>& loop, Body&& body) {
  std::int64_t at[kMaxDims] = {}, offsets[kOperands] = {};
  for (std::int64_t left = loop.numel(); left > 0; --left) {
    body(static_cast<const std::int64_t*>(offsets));
    for (int d = loop.dims - 1; d >= 0; --d) {
      for (int k = 0; k < kOperands; ++k) offsets[k] += loop.strides[k][d];
      if (++at[d] < loop.sizes[d]) break;
      for (int k = 0; k < kOperands; ++k) offsets[k] -= loop.strides[k][d] * loop.sizes[d];
      at[d] = 0;
    }
  }
}

}  // namespace cresset::cpu
