// Choice between two operands: dense loops that the compiler vectorises for each target; other layouts go through
// blocks.
#include "backend/cpu/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/where_highway.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.
#include <hwy/highway.h>

#include "backend/cpu/blocked_loop.h"
#include "backend/cpu/where_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

template <class T>
void choose(const bool* condition, const void* a, const void* b, void* y, std::int64_t n) {
  const auto *left = static_cast<const T*>(a), *right = static_cast<const T*>(b);
  for (std::int64_t i = 0; i < n; ++i) {
    const T x = left[i], z = right[i];  // both read: no branch
    static_cast<T*>(y)[i] = condition[i] ? x : z;
  }
}

void where_dense(std::size_t size, const bool* condition, const void* a, const void* b, void* y, std::int64_t n) {
  switch (size) {
    case 1: return choose<std::uint8_t>(condition, a, b, y, n);
    case 2: return choose<std::uint16_t>(condition, a, b, y, n);
    case 4: return choose<std::uint32_t>(condition, a, b, y, n);
    default: return choose<std::uint64_t>(condition, a, b, y, n);
  }
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::cpu {

HWY_EXPORT(where_dense);

namespace {

void run(const WhereProblem& p, const Context&, const bool* condition, const void* a, const void* b, void* y) {
  const auto dense = HWY_DYNAMIC_DISPATCH(where_dense);
  const std::size_t size = element_size(p.dtype);
  const LoopOperand operands[] = {{y, size, p.loop.strides[0]},
                                  {const_cast<bool*>(condition), 1, p.loop.strides[1]},
                                  {const_cast<void*>(a), size, p.loop.strides[2]},
                                  {const_cast<void*>(b), size, p.loop.strides[3]}};
  for_each_block(p.loop.dims, p.loop.sizes, operands, 4, [&](void* const* at, std::int64_t n) {
    dense(size, static_cast<const bool*>(at[1]), at[2], at[3], at[0], n);
  });
}

}  // namespace

constinit const Kernel<Where> kWhereHighway = {"highway", nullptr, run};

}  // namespace cresset::cpu
#endif  // HWY_ONCE
