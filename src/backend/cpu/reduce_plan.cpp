#include "backend/cpu/reduce_plan.h"

#include <cstdlib>

namespace cresset::cpu {
namespace {

struct Dim {
  std::int64_t size, stride, out_stride;
  bool gone;
};

}  // namespace

ReducePlan plan_reduce(const ReduceProblem& p) {
  Dim dims[kMaxDims];
  int count = 0;
  std::int64_t out_stride = 1;
  for (int d = p.dims - 1; d >= 0; --d) {
    if (p.sizes[d] != 1) dims[count++] = {p.sizes[d], p.strides[d], p.reduced[d] ? 0 : out_stride, p.reduced[d]};
    if (!p.reduced[d]) out_stride *= p.sizes[d];
  }
  // Smallest stride first; broadcast dimensions (stride 0) last, since nothing is gained by them. Insertion keeps the
  // order of equals.
  const auto rank = [](const Dim& d) { return d.stride == 0 ? INT64_MAX : std::abs(d.stride); };
  for (int i = 1; i < count; ++i) {
    const Dim dim = dims[i];
    int k = i;
    for (; k > 0 && rank(dims[k - 1]) > rank(dim); --k) dims[k] = dims[k - 1];
    dims[k] = dim;
  }
  int merged = 0;
  for (int i = 1; i < count; ++i) {
    Dim& inner = dims[merged];
    const Dim& outer = dims[i];
    if (outer.gone == inner.gone && outer.stride == inner.stride * inner.size &&
        outer.out_stride == inner.out_stride * inner.size)
      inner.size *= outer.size;
    else
      dims[++merged] = outer;
  }
  count = count == 0 ? 0 : merged + 1;

  ReducePlan plan{};
  plan.inner = plan.inner_stride = plan.inner_out_stride = 1;
  plan.inner_gone = true;
  if (count > 0) {
    plan.inner = dims[0].size;
    plan.inner_stride = dims[0].stride;
    plan.inner_out_stride = dims[0].out_stride;
    plan.inner_gone = dims[0].gone;
  }
  for (int i = count - 1; i > 0; --i) {
    ReduceDims& list = dims[i].gone ? plan.gone : plan.kept;
    list.sizes[list.count] = dims[i].size;
    list.strides[list.count] = dims[i].stride;
    list.out_strides[list.count++] = dims[i].out_stride;
  }
  return plan;
}

}  // namespace cresset::cpu
