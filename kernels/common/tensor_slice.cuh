// One slice of one operand of a matrix product, as it lies in shared memory for ldmatrix and mma.sync.
//
// A slice is 64 bytes deep: two steps of mma.sync. Its lines are cut in chunks of 16 bytes, whose places within the
// line are swapped by the line's number, so that neither a copy of 16 bytes a lane nor a load of a fragment meets a
// bank twice (the swizzle of CUTLASS's crosswise and congruous layouts).
#pragma once

#include <cuda_runtime.h>

#include "common/ldmatrix.cuh"
#include "common/mma.cuh"

namespace cresset::kernels {

// Elements of 16 bytes.
template <class T>
inline constexpr int kChunk = 16 / static_cast<int>(sizeof(T));

// `kWidth` rows of A, or columns of B. A line is a row's elements along k where kRunsAlongK, else the elements of all
// rows at one k.
template <class T, int kWidth, bool kRunsAlongK>
struct TensorSlice {
  static constexpr bool kAlongK = kRunsAlongK;
  static constexpr int kDepth = 64 / static_cast<int>(sizeof(T));  // elements along k
  static constexpr int kLines = kAlongK ? kWidth : kDepth;
  static constexpr int kChunks = (kAlongK ? kDepth : kWidth) / kChunk<T>;  // of a line
  static constexpr int kBytes = kLines * kChunks * 16;
  static constexpr int kSwizzlePeriod = !kAlongK && sizeof(T) == 4 ? 4 : 8;  // lines

  // Lines of 64 bytes meet in pairs in one row of the 32 banks, hence the halved number. The last case is loaded word
  // by word: 8 words of 4 lines.
  static constexpr __device__ int swizzle(int line) {
    return kAlongK ? line / 2 % 4 : sizeof(T) == 2 ? line % 8 : line % 4 * 2;
  }
  // In bytes. `base` is a multiple of kSwizzlePeriod, and does not matter for the swizzle.
  static __device__ int place(int base, int line, int chunk) {
    return ((base + line) * kChunks + (chunk ^ swizzle(line))) * 16;
  }

  // The fragment of A for rows [row, row + 16) at step 0 or 1 (see mma.cuh).
  static __device__ __forceinline__ void load_a(unsigned (&a)[4], const char* slice, int row, int step) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    if constexpr (kAlongK) {
      ldmatrix(a, slice + place(row, lane % 16, step * 2 + lane / 16));
    } else if constexpr (sizeof(T) == 2) {
      ldmatrix_transposed(a, slice + place(step * 16, lane % 8 + lane / 16 * 8, row / 8 + lane / 8 % 2));
    } else {
#pragma unroll
      for (int i = 0; i < 4; ++i) a[i] = word(slice, step * 8, lane % 4 + i / 2 * 4, row + i % 2 * 8 + lane / 4);
    }
    round(a);
  }
  // The fragments of B for columns [column, column + 8) and the 8 behind them.
  static __device__ __forceinline__ void load_b(unsigned (&b)[2][2], const char* slice, int column, int step) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    unsigned both[4];
    if constexpr (kAlongK) {
      ldmatrix(both, slice + place(column, lane % 8 + lane / 16 * 8, step * 2 + lane / 8 % 2));
    } else if constexpr (sizeof(T) == 2) {
      ldmatrix_transposed(both, slice + place(step * 16, lane % 16, column / 8 + lane / 16));
    } else {
#pragma unroll
      for (int i = 0; i < 4; ++i) both[i] = word(slice, step * 8, lane % 4 + i % 2 * 4, column + i / 2 * 8 + lane / 4);
    }
    round(both);
#pragma unroll
    for (int i = 0; i < 4; ++i) b[i / 2][i % 2] = both[i];
  }

 private:
  static __device__ unsigned word(const char* slice, int base, int line, int column) {
    return *reinterpret_cast<const unsigned*>(slice + place(base, line, column / 4) + column % 4 * 4);
  }
  // float32 is rounded to tf32, which mma.sync would cut off.
  static __device__ __forceinline__ void round([[maybe_unused]] unsigned (&fragment)[4]) {
    if constexpr (sizeof(T) == 4) {
#pragma unroll
      for (int i = 0; i < 4; ++i) fragment[i] = to_tf32(__uint_as_float(fragment[i]));
    }
  }
};

}  // namespace cresset::kernels
