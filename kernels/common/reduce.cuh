// Reductions over a warp or a block in a fixed order: every thread gets the same result, whatever the device.
#pragma once

#include <cuda_runtime.h>

#include "common/shared.cuh"

namespace cresset::kernels {

inline constexpr int kWarp = 32;
inline constexpr unsigned kAllLanes = 0xffffffffu;

struct Add {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
// NaN where one of the two is.
struct Largest {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a != a || a > b ? a : b;
  }
};

// All 32 lanes take part.
template <class Op, class T>
__device__ T warp_reduce(T value, Op op = {}) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2)
    value = op(value, __shfl_xor_sync(kAllLanes, value, distance));
  return value;
}

template <class T>
struct WarpValues {
  T at[kWarp];
};

// All threads of a block of kThreads (a multiple of 32, one-dimensional) take part; `identity` changes nothing.
template <int kThreads, class Op, class T>
__device__ T block_reduce(T value, T identity, Op op = {}) {
  static_assert(kThreads % kWarp == 0 && kThreads / kWarp <= kWarp);
  value = warp_reduce(value, op);
  if constexpr (kThreads == kWarp) {
    return value;
  } else {
    auto& warps = shared<WarpValues<T>>();
    const int lane = static_cast<int>(threadIdx.x) % kWarp, warp = static_cast<int>(threadIdx.x) / kWarp;
    __syncthreads();  // the last reduction's values have been read
    if (lane == 0) warps.at[warp] = value;
    __syncthreads();
    return warp_reduce(lane < kThreads / kWarp ? warps.at[lane] : identity, op);
  }
}

}  // namespace cresset::kernels
