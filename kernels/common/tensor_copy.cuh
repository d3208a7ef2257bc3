// How a block fills the slices of one operand: chunks of 16 bytes by cp.async where the operand lies that way, else
// element by element through registers.
// The operands are sources (source.cuh).
#pragma once

#include <cuda_runtime.h>

#include <utility>

#include "common/cp_async.cuh"
#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/source.cuh"
#include "common/tensor_slice.cuh"

namespace cresset::kernels {

template <class T, class Slice, int kThreads, class Source>
class TensorCopy {
  static constexpr int kApart = kThreads / Slice::kChunks;  // lines between two of a thread's
  static constexpr int kEach = Slice::kLines / kApart;
  static_assert(kEach * kApart == Slice::kLines && (kEach == 1 || kApart % Slice::kSwizzlePeriod == 0));
  using Row = decltype(std::declval<const Source&>().row(0));
  using Chunk = Vector<T, kChunk<T>>;

 public:
  struct Staged {
    Chunk at[kEach];
  };

  // For rows from `first` on.
  __device__ TensorCopy(const Source& source, int first) : source_(source), first_(first) {
    if constexpr (Slice::kAlongK) {
#pragma unroll
      for (int i = 0; i < kEach; ++i) rows_[i] = source.row(first + line(i));
    } else {
      rows_[0] = source.row(first + chunk() * kChunk<T>);
    }
  }

  // Starts the copies of the slice at k. No chunk is partly there.
  __device__ __forceinline__ void start(char* slice, int k) const {
    if constexpr (Slice::kAlongK) {
      const auto depth = source_.depth(k + chunk() * kChunk<T>);
#pragma unroll
      for (int i = 0; i < kEach; ++i) copy(slice + place(i), source_.at(rows_[i], depth));
    } else {
#pragma unroll
      for (int i = 0; i < kEach; ++i) copy(slice + place(i), source_.at(rows_[0], source_.depth(k + line(i))));
    }
  }

  // The same in two halves, for any layout.
  __device__ __forceinline__ void fetch(Staged& staged, int k) const {
    const T zero = convert<T>(0.0f);
#pragma unroll
    for (int e = 0; e < kChunk<T>; ++e) {
      if constexpr (Slice::kAlongK) {
        const auto depth = source_.depth(k + chunk() * kChunk<T> + e);
#pragma unroll
        for (int i = 0; i < kEach; ++i) {
          const auto found = source_.at(rows_[i], depth);
          staged.at[i].at[e] = found.there ? *found.at : zero;
        }
      } else {
        const auto row = source_.row(first_ + chunk() * kChunk<T> + e);
#pragma unroll
        for (int i = 0; i < kEach; ++i) {
          const auto found = source_.at(row, source_.depth(k + line(i)));
          staged.at[i].at[e] = found.there ? *found.at : zero;
        }
      }
    }
  }
  __device__ __forceinline__ void put(char* slice, const Staged& staged) const {
#pragma unroll
    for (int i = 0; i < kEach; ++i) *reinterpret_cast<Chunk*>(slice + place(i)) = staged.at[i];
  }

 private:
  static __device__ int chunk() { return static_cast<int>(threadIdx.x) % Slice::kChunks; }
  static __device__ int line(int i) { return static_cast<int>(threadIdx.x) / Slice::kChunks + i * kApart; }
  static __device__ int place(int i) { return Slice::place(i * kApart, line(0), chunk()); }
  __device__ __forceinline__ void copy(char* to, const Found<T>& found) const {
    cp_async<16>(to, found.at, found.there ? 16 : 0);
  }

  const Source& source_;
  int first_;
  Row rows_[Slice::kAlongK ? kEach : 1];
};

}  // namespace cresset::kernels
