// Addresses as the innermost loops need them: in registers that the compiler does not take apart again.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/cp_async.cuh"
#ifndef __CUDASIM__
#include "common/shared_address.cuh"
#endif

namespace cresset::kernels {

#ifdef __CUDASIM__

using SharedAddress = char*;
inline SharedAddress in_shared(void* p) { return static_cast<char*>(p); }
inline float4 load_four(SharedAddress from) { return *reinterpret_cast<const float4*>(from); }
inline const float* pinned(const float* p) { return p; }
inline const float* behind(const float* from, int elements) { return from + elements; }
inline std::int64_t in_bytes(int elements) { return std::int64_t{elements} * 4; }
template <int kBytes>
inline void copy_to_shared(SharedAddress to, const void* from, bool there, CUDASIM_HERE) {
  struct alignas(kBytes) Words {
    unsigned at[kBytes / 4];
  };
  if (cudasim::has_sm(80))
    kernels::cp_async<kBytes>(to, from, there ? kBytes : 0, where);
  else
    *reinterpret_cast<Words*>(to) = there ? *static_cast<const Words*>(from) : Words{};
}

#else

/// Of shared memory, in bytes; sums of it and constants cost nothing where they are used.
using SharedAddress = unsigned;
__device__ __forceinline__ SharedAddress in_shared(void* p) { return shared_address(p); }

/// Four floats; `from` is aligned to 16 bytes.
__device__ __forceinline__ float4 load_four(SharedAddress from) {
  float4 four;
  asm volatile("ld.shared.v4.f32 {%0,%1,%2,%3}, [%4];"
               : "=f"(four.x), "=f"(four.y), "=f"(four.z), "=f"(four.w)
               : "r"(from));
  return four;
}

/// The same address, of which the compiler does not know how it came about: it adds to it then, and to nothing before.
__device__ __forceinline__ const float* pinned(const float* p) {
  asm volatile("" : "+l"(p));
  return p;
}

/// The float so many elements behind `from`. Here and now: left alone, the compiler keeps 64 bits of each sum's second
/// part in registers.
__device__ __forceinline__ const float* behind(const float* from, int elements) {
  const float* at;
  asm volatile("mad.wide.s32 %0, %1, 4, %2;" : "=l"(at) : "r"(elements), "l"(from));
  return at;
}

/// Of floats. Here and now: left alone, the compiler does it in the loop that needs it, where that is under a
/// condition.
__device__ __forceinline__ std::int64_t in_bytes(int elements) {
  std::int64_t bytes;
  asm volatile("mul.wide.s32 %0, %1, 4;" : "=l"(bytes) : "r"(elements));
  return bytes;
}

/// cp_async() of all bytes, or of zeros where `from` is not there. Below sm_80 the thread copies at once.
template <int kBytes>
__device__ __forceinline__ void copy_to_shared(SharedAddress to, const void* from, bool there) {
#if __CUDA_ARCH__ >= 800
  cp_async<kBytes>(to, from, there ? kBytes : 0);
#else
  static_assert(kBytes == 4 || kBytes == 16);
  if constexpr (kBytes == 4) {
    const float one = there ? *static_cast<const float*>(from) : 0.0f;
    asm volatile("st.shared.f32 [%0], %1;" ::"r"(to), "f"(one) : "memory");
  } else {
    const float4 four = there ? *static_cast<const float4*>(from) : float4{};
    asm volatile("st.shared.v4.f32 [%0], {%1,%2,%3,%4};" ::"r"(to), "f"(four.x), "f"(four.y), "f"(four.z), "f"(four.w)
                 : "memory");
  }
#endif
}

#endif

/// The float so many bytes behind `from`.
__device__ __forceinline__ const float* behind(const float* from, std::int64_t bytes) {
  return reinterpret_cast<const float*>(reinterpret_cast<const char*>(from) + bytes);
}

}  // namespace cresset::kernels
