// Extremes with their indices: a plain loop for each output, outputs in parallel.
#include <algorithm>

#include "backend/cpu/convert.h"
#include "backend/cpu/reduce_plan.h"
#include "backend/cpu/strided_loop.h"
#include "core/team.h"

namespace cresset::cpu {
namespace {

constexpr std::int64_t kPerChunk = 32768;

// Whether `value` takes the place of `best`: NaN beats all, the first of equals stays.
template <bool kLargest, class T>
bool beats(T value, T best) {
  return best == best && (value != value || (kLargest ? value > best : value < best));
}

template <bool kLargest, class T>
void find(const StridedLoop<1>& gone, const T* x, T* value, std::int64_t* index) {
  using Wide = std::conditional_t<sizeof(T) == 2, float, T>;
  StridedLoop<1> outer = gone;
  const std::int64_t row = gone.dims == 0 ? 1 : gone.sizes[gone.dims - 1],
                     stride = gone.dims == 0 ? 0 : gone.strides[0][gone.dims - 1];
  outer.dims = std::max(0, gone.dims - 1);
  Wide best = static_cast<Wide>(x[0]);
  std::int64_t best_at = 0, count = 0;
  for_each_element(outer, [&](const std::int64_t* at) {
    for (std::int64_t i = 0; i < row; ++i) {
      const Wide candidate = static_cast<Wide>(x[*at + i * stride]);
      if (beats<kLargest>(candidate, best)) {
        best = candidate;
        best_at = count + i;
      }
    }
    count += row;
  });
  *value = T(best);
  *index = best_at;
}

}  // namespace

void reduce_indices(const ReduceProblem& p, const void* x, void* y, std::int64_t* indices) {
  StridedLoop<1> kept, gone;
  kept.dims = gone.dims = 0;
  for (int d = 0; d < p.dims; ++d) {
    StridedLoop<1>& loop = p.reduced[d] ? gone : kept;
    loop.sizes[loop.dims] = p.sizes[d];
    loop.strides[0][loop.dims++] = p.strides[d];
  }
  const std::int64_t outputs = kept.numel(),
                     group = std::max<std::int64_t>(1, kPerChunk / std::max<std::int64_t>(1, gone.numel()));
  const bool largest = p.op == ReduceOp::max || p.op == ReduceOp::argmax;
  switch_dtype(p.dtype, [&]<class T>() {
    parallel_for((outputs + group - 1) / group, [&](std::int64_t chunk) {
      for (std::int64_t o = chunk * group; o < std::min(outputs, (chunk + 1) * group); ++o) {
        std::int64_t offset = 0, rest = o;
        for (int d = kept.dims - 1; d >= 0; --d) {
          offset += rest % kept.sizes[d] * kept.strides[0][d];
          rest /= kept.sizes[d];
        }
        T value;
        const T* from = static_cast<const T*>(x) + offset;
        largest ? find<true>(gone, from, &value, indices + o) : find<false>(gone, from, &value, indices + o);
        if (y != nullptr) static_cast<T*>(y)[o] = value;
      }
    });
  });
}

}  // namespace cresset::cpu
