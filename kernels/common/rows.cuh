// Rows of a [outer, C, inner] tensor over C, each walked by a thread, a warp or a block.
#pragma once

#include <cuda_runtime.h>

#include <cmath>
#include <cstdint>

#include "common/reduce.cuh"

namespace cresset::kernels {

// Elements of one row, `inner` apart. A row belongs to one group of threads, which walk it side by side; where rows lie
// side by side too (inner > 1), a group is one thread and its neighbours have the neighbouring rows.
struct Rows {
  std::int64_t count, C, inner;
  __device__ std::int64_t begin(std::int64_t row) const { return row / inner * C * inner + row % inner; }
};

inline constexpr int kRowThreads = 128;
inline constexpr std::int64_t kLongRow = 1024;  // from here on a block walks one row

enum class Group { thread, warp, block };

template <Group kGroup>
struct Walk {
  static constexpr int kStep = kGroup == Group::thread ? 1 : kGroup == Group::warp ? kWarp : kRowThreads;
  static constexpr int kRowsOfBlock = kRowThreads / kStep;
  static __device__ std::int64_t row() {
    return static_cast<std::int64_t>(blockIdx.x) * kRowsOfBlock + static_cast<int>(threadIdx.x) / kStep;
  }
  static __device__ int first() { return static_cast<int>(threadIdx.x) % kStep; }
  template <class Op, class T>
  static __device__ T reduce(T value, T identity) {
    if constexpr (kGroup == Group::thread) return value;
    if constexpr (kGroup == Group::warp) return warp_reduce<Op>(value);
    if constexpr (kGroup == Group::block) return block_reduce<kRowThreads, Op>(value, identity);
  }
};

// f.template operator()<kGroup>(grid) with the group that suits the rows.
template <class F>
void with_group(const Rows& rows, F&& f) {
  const auto grid = [&](int rows_of_block) {
    return dim3(static_cast<unsigned>((rows.count + rows_of_block - 1) / rows_of_block));
  };
  if (rows.inner > 1 || rows.C <= 4)
    f.template operator()<Group::thread>(grid(Walk<Group::thread>::kRowsOfBlock));
  else if (rows.C < kLongRow)
    f.template operator()<Group::warp>(grid(Walk<Group::warp>::kRowsOfBlock));
  else
    f.template operator()<Group::block>(grid(Walk<Group::block>::kRowsOfBlock));
}

}  // namespace cresset::kernels
