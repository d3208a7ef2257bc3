// Atomic functions. Relaxed, as on the device; they order nothing else.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

#include "config.h"

namespace cudasim {
CUDASIM_API void fence();
}
inline void __threadfence_block() { cudasim::fence(); }
inline void __threadfence() { cudasim::fence(); }
inline void __threadfence_system() { cudasim::fence(); }

namespace cudasim {
template <class T, class F>
T atomic_update(T* address, F next) {
  std::atomic_ref<T> place(*address);
  T old = place.load(std::memory_order_relaxed);
  while (!place.compare_exchange_weak(old, next(old), std::memory_order_relaxed)) {
  }
  return old;
}
}  // namespace cudasim

#define CUDASIM_ATOMIC(T)                                                                       \
  inline T atomicAdd(T* address, T value) {                                                     \
    return cudasim::atomic_update(address, [=](T old) { return static_cast<T>(old + value); }); \
  }                                                                                             \
  inline T atomicExch(T* address, T value) {                                                    \
    return cudasim::atomic_update(address, [=](T) { return value; });                           \
  }
CUDASIM_ATOMIC(int)
CUDASIM_ATOMIC(unsigned int)
CUDASIM_ATOMIC(unsigned long long)
CUDASIM_ATOMIC(float)
CUDASIM_ATOMIC(double)
#undef CUDASIM_ATOMIC

#define CUDASIM_ATOMIC(T)                                                                     \
  inline T atomicMin(T* address, T value) {                                                   \
    return cudasim::atomic_update(address, [=](T old) { return value < old ? value : old; }); \
  }                                                                                           \
  inline T atomicMax(T* address, T value) {                                                   \
    return cudasim::atomic_update(address, [=](T old) { return old < value ? value : old; }); \
  }
CUDASIM_ATOMIC(int)
CUDASIM_ATOMIC(unsigned int)
CUDASIM_ATOMIC(long long)
CUDASIM_ATOMIC(unsigned long long)
#undef CUDASIM_ATOMIC

#define CUDASIM_ATOMIC(T)                                                                            \
  inline T atomicAnd(T* address, T value) {                                                          \
    return std::atomic_ref<T>(*address).fetch_and(value, std::memory_order_relaxed);                 \
  }                                                                                                  \
  inline T atomicOr(T* address, T value) {                                                           \
    return std::atomic_ref<T>(*address).fetch_or(value, std::memory_order_relaxed);                  \
  }                                                                                                  \
  inline T atomicXor(T* address, T value) {                                                          \
    return std::atomic_ref<T>(*address).fetch_xor(value, std::memory_order_relaxed);                 \
  }                                                                                                  \
  inline T atomicCAS(T* address, T compare, T value) {                                               \
    std::atomic_ref<T>(*address).compare_exchange_strong(compare, value, std::memory_order_relaxed); \
    return compare;                                                                                  \
  }
CUDASIM_ATOMIC(int)
CUDASIM_ATOMIC(unsigned int)
CUDASIM_ATOMIC(unsigned long long)
#undef CUDASIM_ATOMIC

inline int atomicSub(int* address, int value) { return atomicAdd(address, -value); }
inline unsigned atomicSub(unsigned* address, unsigned value) { return atomicAdd(address, 0u - value); }
inline unsigned atomicInc(unsigned* address, unsigned limit) {
  return cudasim::atomic_update(address, [=](unsigned old) { return old >= limit ? 0u : old + 1; });
}
inline unsigned atomicDec(unsigned* address, unsigned limit) {
  return cudasim::atomic_update(address, [=](unsigned old) { return old == 0 || old > limit ? limit : old - 1; });
}
inline unsigned short atomicCAS(unsigned short* address, unsigned short compare, unsigned short value) {
  std::atomic_ref<unsigned short>(*address).compare_exchange_strong(compare, value, std::memory_order_relaxed);
  return compare;
}
