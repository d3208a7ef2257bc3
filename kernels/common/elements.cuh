// How element-wise kernels walk memory: dense in vectors of 16 bytes, or by strides.
#pragma once

#include <cresset/extension/pointwise.h>

#include <cstdint>
#include <cstring>

#include "common/launch.cuh"

namespace cresset::kernels {

// Also in figures, wherever a kernel says __launch_bounds__: g++ 12 takes nothing but a literal there in a template.
inline constexpr int kElementThreads = 256;

// N elements that are loaded and stored at once.
template <class T, int kCount>
struct alignas(sizeof(T) * kCount) Vector {
  T at[kCount];
};

inline bool is_aligned(const void* p, std::size_t bytes) { return reinterpret_cast<std::uintptr_t>(p) % bytes == 0; }

// All operands dense and in one order; operands whose bit is set in `numbers` are broadcast.
template <int kOperands>
bool is_dense(const StridedLoop<kOperands>& loop, unsigned numbers = 0) {
  if (loop.dims == 0) return true;
  if (loop.dims > 1) return false;
  for (int k = 0; k < kOperands; ++k)
    if (loop.strides[k][0] != ((numbers >> k & 1) != 0 ? 0 : 1)) return false;
  return true;
}

// Elements on the device, or one number that the host gives.
template <class T>
struct Operand {
  const T* at;  // null: the number
  T number;
  __device__ T operator[](std::int64_t i) const { return at ? at[i] : number; }
};
template <class T>
Operand<T> operand_of(const void* p, bool on_host) {
  if (!on_host) return {static_cast<const T*>(p), T()};
  T number;
  std::memcpy(&number, p, sizeof(T));
  return {nullptr, number};
}

// One thread an element, or `each` elements.
inline LaunchConfig element_grid(std::int64_t n, int each, cudaStream_t stream) {
  const std::int64_t threads = (n + each - 1) / each;
  return {.grid = dim3(static_cast<unsigned>((threads + kElementThreads - 1) / kElementThreads)),
          .block = dim3(kElementThreads),
          .stream = stream};
}

__device__ inline std::int64_t element_index() {
  return static_cast<std::int64_t>(blockIdx.x) * kElementThreads + threadIdx.x;
}

// Where element i, row-major, lies in each operand. Divisions of 32 bits where the numbers allow it: those of 64 take
// several times as long.
template <int kOperands>
__device__ void locate(const StridedLoop<kOperands>& loop, std::int64_t i, std::int64_t (&at)[kOperands]) {
  for (int k = 0; k < kOperands; ++k) at[k] = 0;
  for (int d = loop.dims - 1; d > 0; --d) {
    const std::int64_t size = loop.sizes[d];
    std::int64_t quotient, rest;
    if (((i | size) >> 32) == 0) {
      quotient = static_cast<std::uint32_t>(i) / static_cast<std::uint32_t>(size);
      rest = static_cast<std::uint32_t>(i) % static_cast<std::uint32_t>(size);
    } else {
      quotient = i / size;
      rest = i % size;
    }
    for (int k = 0; k < kOperands; ++k) at[k] += rest * loop.strides[k][d];
    i = quotient;
  }
  if (loop.dims > 0)
    for (int k = 0; k < kOperands; ++k) at[k] += i * loop.strides[k][0];
}

}  // namespace cresset::kernels
