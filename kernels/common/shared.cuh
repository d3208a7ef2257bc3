// Shared memory. A function and not a declaration, so that the simulator can give each array a heap block of its own,
// poisoned and with its bounds known; nvcc makes of it what it makes of `__shared__ T memory`.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

#ifdef __CUDASIM__
#include "cudasim/shared_memory.h"
#endif

namespace cresset::kernels {

#ifdef __CUDASIM__

template <class T, int kId = 0>
T& shared() {
  static constexpr char tag = 0;
  return *static_cast<T*>(cudasim::shared_array(&tag, sizeof(T)));
}

template <class T>
T* dynamic_shared() {
  return static_cast<T*>(cudasim::dynamic_shared_array());
}

#else

/// The block's object of type T, uninitialised. Objects of one type are told apart by `kId`.
template <class T, int kId = 0>
__device__ __forceinline__ T& shared() {
  __shared__ T memory;
  return memory;
}

/// The block's array whose size the launch gives (LaunchConfig::dynamic_shared), aligned to 128 bytes. Every call gives
/// the same address.
template <class T>
__device__ __forceinline__ T* dynamic_shared() {
  extern __shared__ __align__(128) unsigned char cresset_dynamic_shared[];
  return reinterpret_cast<T*>(cresset_dynamic_shared);
}

#endif

}  // namespace cresset::kernels
