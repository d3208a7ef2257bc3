// How a reduction is walked: which dimension is the inner one, how outputs and work are cut into chunks. Follows from
// the problem alone.
#pragma once

#include <cresset/extension/pointwise.h>

namespace cresset::cpu {

// Dimensions of one kind, without the inner one, largest stride first; neighbours that lie dense are merged.
struct ReduceDims {
  int count = 0;
  std::int64_t sizes[kMaxDims], strides[kMaxDims], out_strides[kMaxDims];
  std::int64_t total() const {
    std::int64_t n = 1;
    for (int d = 0; d < count; ++d) n *= sizes[d];
    return n;
  }
  // Offsets in the input and in the output of the element with this row-major index.
  void offsets(std::int64_t index, std::int64_t* in, std::int64_t* out) const {
    *in = *out = 0;
    for (int d = count - 1; d >= 0; --d) {
      *in += index % sizes[d] * strides[d];
      *out += index % sizes[d] * out_strides[d];
      index /= sizes[d];
    }
  }
};

struct ReducePlan {
  ReduceDims kept, gone;
  bool inner_gone;  // the dimension with the smallest stride is one that goes: rows are summed; else rows are added to
                    // each other
  std::int64_t inner, inner_stride, inner_out_stride;
};

// Order-independent reductions only; no size is 0.
ReducePlan plan_reduce(const ReduceProblem& p);

// max, min, argmax, argmin with indices; no size is 0. y may be null and has the input's dtype.
void reduce_indices(const ReduceProblem& p, const void* x, void* y, std::int64_t* indices);

}  // namespace cresset::cpu
