// cp.async (sm_80): copies from global to shared memory that go on while the thread computes.
//
//   cp_async<16>(&tile[...], &x[...]);  cp_async_commit();    // a group
//   cp_async_wait<1>();  __syncthreads();                      // all groups but the last are there, for the whole
//   block
//
// A thread waits for its own copies only: the barrier behind the wait shows them to the others.
#pragma once

#include <cuda_runtime.h>

#ifdef __CUDASIM__
#include "cudasim/async_copy.h"
#else
#include "shared_address.cuh"
#endif

namespace cresset::kernels {

#ifdef __CUDASIM__

template <int kBytes>
inline void cp_async(void* to, const void* from, int from_bytes = kBytes, CUDASIM_HERE) {
  cudasim::cp_async<kBytes>(to, from, from_bytes, where);
}
inline void cp_async_commit() { cudasim::commit_copies(); }
template <int kPending>
inline void cp_async_wait() {
  cudasim::land_copies(kPending);
}

#else

/// Starts a copy of 4, 8 or 16 bytes; both addresses are aligned to as many. Only `from_bytes` of them are read, the
/// rest becomes zero: 0 pads, and then `from` is not read. 16 bytes go past L1, which holds nothing for later here.
template <int kBytes>
__device__ __forceinline__ void cp_async(unsigned to, const void* from, int from_bytes = kBytes) {
  static_assert(kBytes == 4 || kBytes == 8 || kBytes == 16);
#if __CUDA_ARCH__ >= 800
  if constexpr (kBytes == 16) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(from_bytes) : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(to), "l"(from), "n"(kBytes), "r"(from_bytes)
                 : "memory");
  }
#else
  __trap();
#endif
}
template <int kBytes>
__device__ __forceinline__ void cp_async(void* to, const void* from, int from_bytes = kBytes) {
  cp_async<kBytes>(shared_address(to), from, from_bytes);
}

/// Ends a group: the copies since the last call.
__device__ __forceinline__ void cp_async_commit() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/// Waits until at most `kPending` of this thread's groups are under way.
template <int kPending>
__device__ __forceinline__ void cp_async_wait() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
#endif
}

#endif

}  // namespace cresset::kernels
