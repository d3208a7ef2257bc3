// A block's tile of a matrix product, with the operands' elements fetched by their sources: matmul and the three
// convolutions are this loop with other sources.
//
// Register tiles out of double-buffered shared memory: while one slice of both operands is multiplied, the next is on
// its way to registers. After V. Volkov, J. Demmel, "Benchmarking GPUs to tune dense linear algebra", 2008.
#pragma once

#include <cuda_runtime.h>

#include <utility>

#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/shared.cuh"
#include "common/source.cuh"

namespace cresset::kernels {

// kThreadSide x kThreadSide threads, each of which computes 4 x 4 elements.
template <int kThreadSide>
struct GemmTile {
  static constexpr int kM = kThreadSide * 4, kN = kThreadSide * 4, kK = 8;
  static constexpr int kSide = kThreadSide, kThreads = kThreadSide * kThreadSide;  // one-dimensional
};
using SmallTile = GemmTile<8>;    // 32 x 32 by 64 threads
using MediumTile = GemmTile<16>;  // 64 x 64 by 256

// One slice of one operand: kLines lines of kWidth elements, in two buffers. A line's blocks of 8 or 16 elements swap
// places by the line's number, so that lanes that write to several lines at once meet no bank twice: to neighbouring
// lines, where memory runs along them, or to lines 4 apart, where it runs along k.
template <class T, int kLines, int kWidth>
struct alignas(16) Slice {
  T at[2][kLines][kWidth];
  static constexpr __device__ int place(int line, int element) {
    return element ^ (kWidth == 32 ? line % 4 * 8 ^ line / 4 % 2 * 16 : (line ^ line / 4) % 2 * 16);
  }
};

// A thread's share of the slices of one operand: fours of elements, in the direction in which memory runs. A line's
// elements go to neighbouring lanes where that is possible.
template <class C, class Tile, int kWidth, class Source>
class SliceCopy {
  using T = typename Source::Element;
  using Row = decltype(std::declval<const Source&>().row(0));
  static constexpr bool kAlongK = Source::kAlongK;
  static constexpr int kFours = kWidth * Tile::kK / 4, kFoursOfLine = (kAlongK ? Tile::kK : kWidth) / 4;
  static constexpr int kApart = Tile::kThreads / kFoursOfLine;  // lines between two of a thread's
  static constexpr int kEach = (kFours + Tile::kThreads - 1) / Tile::kThreads;
  static_assert(kApart * kFoursOfLine == Tile::kThreads);

 public:
  template <class Index>
  __device__ SliceCopy(const Source& source, Index first) : source_(source) {
#pragma unroll
    for (int i = 0; i < kRows; ++i) rows_[i] = source.row(first + (kAlongK ? line(i) : element(i)));
  }
  // The slice from k on, to registers.
  template <class Index>
  __device__ __forceinline__ void fetch(Index k) {
#pragma unroll
    for (int i = 0; i < kEach; ++i) {
      if (!is_there(i)) continue;
      if constexpr (kAlongK) {
#pragma unroll
        for (int e = 0; e < 4; ++e) next_[i][e] = value(source_.at(rows_[i], source_.depth(k + element(e))));
      } else {
        const auto depth = source_.depth(k + line(i));
#pragma unroll
        for (int e = 0; e < 4; ++e) next_[i][e] = value(source_.at(rows_[e], depth));
      }
    }
  }
  // And from there to shared memory.
  __device__ __forceinline__ void put(C (&slice)[Tile::kK][kWidth]) const {
    const auto at = [&](int k, int element) -> C& { return slice[k][Slice<C, Tile::kK, kWidth>::place(k, element)]; };
#pragma unroll
    for (int i = 0; i < kEach; ++i) {
      if (!is_there(i)) continue;
#pragma unroll
      for (int e = 0; e < 4; ++e) (kAlongK ? at(element(e), line(i)) : at(line(i), element(e))) = next_[i][e];
    }
  }

 private:
  static constexpr int kRows = kAlongK ? kEach : 4;
  static __device__ int thread() { return static_cast<int>(threadIdx.x); }
  static __device__ bool is_there(int i) {
    return kFours % Tile::kThreads == 0 || thread() + i * Tile::kThreads < kFours;
  }
  static __device__ int line(int i) { return thread() / kFoursOfLine + i * kApart; }
  static __device__ int element(int e) {
    return kAlongK ? thread() % kFoursOfLine * 4 + e : thread() % kFoursOfLine + e * kFoursOfLine;
  }
  static __device__ C value(const Found<T>& found) { return found.there ? static_cast<C>(widen(*found.at)) : C(0); }

  const Source& source_;
  Row rows_[kRows];
  C next_[kEach][4];
};

// store(m, n, the sum of products over k in [k_begin, k_end)) for rows [m0, m0 + kM) of A and columns [n0, n0 + kN) of
// B, also for those that do not exist. The operands are sources (source.cuh). With k_begin a multiple of kK.
template <class C, class Tile, class A, class B, class Index, class Store>
__device__ void gemm_tile(const A& a, const B& b, Index m0, Index n0, Index k_begin, Index k_end, Store store) {
  using SliceA = Slice<C, Tile::kK, Tile::kM>;
  using SliceB = Slice<C, Tile::kK, Tile::kN>;
  auto& slice_a = shared<SliceA, 0>();
  auto& slice_b = shared<SliceB, 1>();
  SliceCopy<C, Tile, Tile::kM, A> copy_a(a, m0);
  SliceCopy<C, Tile, Tile::kN, B> copy_b(b, n0);

  const int row = static_cast<int>(threadIdx.x) / Tile::kSide * 4,
            column = static_cast<int>(threadIdx.x) % Tile::kSide * 4;
  C sums[4][4] = {};
  if (k_begin < k_end) {
    copy_a.fetch(k_begin);
    copy_b.fetch(k_begin);
    copy_a.put(slice_a.at[0]);
    copy_b.put(slice_b.at[0]);
    __syncthreads();
  }
  int buffer = 0;
  for (Index k = k_begin; k < k_end; k += Tile::kK, buffer ^= 1) {
    const bool more = k + Tile::kK < k_end;
    if (more) {
      copy_a.fetch(k + Tile::kK);
      copy_b.fetch(k + Tile::kK);
    }
#pragma unroll
    for (int line = 0; line < Tile::kK; ++line) {
      const auto rows = *reinterpret_cast<const Vector<C, 4>*>(&slice_a.at[buffer][line][SliceA::place(line, row)]);
      const auto columns =
          *reinterpret_cast<const Vector<C, 4>*>(&slice_b.at[buffer][line][SliceB::place(line, column)]);
#pragma unroll
      for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[i][j] += rows.at[i] * columns.at[j];
    }
    if (more) {
      copy_a.put(slice_a.at[buffer ^ 1]);
      copy_b.put(slice_b.at[buffer ^ 1]);
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < 4; ++i)
#pragma unroll
    for (int j = 0; j < 4; ++j) store(m0 + row + i, n0 + column + j, sums[i][j]);
}

}  // namespace cresset::kernels
