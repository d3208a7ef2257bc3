// A block's tile of a matrix product in float32, by copies that pass no register (cp.async): the loop of gemm.cuh for
// large problems. The operands are sources (source.cuh), copied word by word in any layout, or are copied by another
// class with start().
//
// A thread computes 16 x 8 elements of the 64 x 64 of its warp: for 128 multiply-adds it loads 6 times 16 bytes. While
// one slice of both operands is multiplied, the next is on its way.
#pragma once

#include <cuda_runtime.h>

#include <utility>

#include "common/addressing.cuh"
#include "common/async_store.cuh"
#include "common/cp_async.cuh"
#include "common/shared.cuh"
#include "common/source.cuh"

namespace cresset::kernels {

template <int kTileM, int kTileN>
struct AsyncTile {
  static constexpr int kM = kTileM, kN = kTileN, kDepth = 8;
  static constexpr int kThreads = kM * kN / 128, kWarps = kThreads / 32, kWarpsN = kN / 64;
  static constexpr int kBlocks = 256 / kThreads;  // a multiprocessor: as many registers as a thread can have
};

// A slice of one operand: lines are 4 elements longer than the tile is wide, so that neither 8 lines of 4 elements side
// by side, nor 32 elements of a line, meet a bank twice.
template <int kWidth>
struct AsyncSlice {
  static constexpr int kLine = kWidth + 4, kBytes = 8 * kLine * 4;
};
template <class Tile>
struct alignas(16) AsyncSlices {
  char at[2][AsyncSlice<Tile::kM>::kBytes + AsyncSlice<Tile::kN>::kBytes];
};
template <class Tile, class Output, bool = Output::kThroughShared>
union AsyncMemory {
  AsyncSlices<Tile> slices;
};
template <class Tile, class Output>
union AsyncMemory<Tile, Output, true> {
  AsyncSlices<Tile> slices;
  WarpStore<Output> stores[Tile::kWarps];
};

// A thread's share of the slices of one operand: in a warp, 32 rows of a line where memory runs along rows, else 8
// positions along k of 4 rows. Beside what all sources have (source.cuh), this one's has
//   const float* from(depth), int offset(row)      whose sum is the element's address
//   bool there(row, depth)
//   kEvenDepth, int depth_stride()                 whether the 8 positions from a multiple of 8 on along k differ in
//                                                  from() only, by that many elements each
template <class Tile, int kWidth, class Source>
class AsyncCopy {
  using Row = decltype(std::declval<const Source&>().row(0));
  static constexpr bool kAlongK = Source::kAlongK;
  static constexpr int kRowStep = kAlongK ? 4 * Tile::kWarps : 32, kLineStep = kAlongK ? 8 : Tile::kWarps;
  static constexpr int kRows = kWidth / kRowStep, kLines = Tile::kDepth / kLineStep;
  static constexpr bool kFewRows = kLines > 1;  // with 64 bits of each at hand

 public:
  __device__ AsyncCopy(const Source& source, int first) : source_(source) {
    const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
    line_ = kAlongK ? lane % 8 : warp;
    const int row = kAlongK ? warp * 4 + lane / 8 : lane;
    place_ = (line_ * AsyncSlice<kWidth>::kLine + row) * 4;
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      rows_[i] = source.row(first + row + i * kRowStep);
      if constexpr (kFewRows) offsets_[i] = in_bytes(source.offset(rows_[i]));
    }
  }
  // Starts the copies of the slice from k on.
  __device__ __forceinline__ void start(SharedAddress slice, int k) {
    const SharedAddress to = slice + place_;
    auto depth = source_.depth(Source::kEvenDepth ? k : k + line_);
    const float* from = pinned(source_.from(depth));
    if constexpr (Source::kEvenDepth) from = pinned(from + line_ * source_.depth_stride());
#pragma unroll
    for (int j = 0; j < kLines; ++j) {
      if (j > 0) {
        if constexpr (Source::kEvenDepth) {
          from = pinned(from + kLineStep * source_.depth_stride());
        } else {
          depth = source_.depth(k + line_ + j * kLineStep);
          from = pinned(source_.from(depth));
        }
      }
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
        const float* at;
        if constexpr (kFewRows)
          at = behind(from, offsets_[i]);
        else
          at = behind(from, source_.offset(rows_[i]));
        copy_to_shared<4>(to + (j * kLineStep * AsyncSlice<kWidth>::kLine + i * kRowStep) * 4, at,
                          source_.there(rows_[i], depth));
      }
    }
  }

 private:
  const Source& source_;
  Row rows_[kRows];
  std::int64_t offsets_[kFewRows ? kRows : 1];
  int line_, place_;
};

__device__ __forceinline__ void add_products(float (&sums)[16][8], int i, int j, const float4& rows,
                                             const float4& columns) {
  const float of_row[4] = {rows.x, rows.y, rows.z, rows.w}, of_column[4] = {columns.x, columns.y, columns.z, columns.w};
#pragma unroll
  for (int r = 0; r < 4; ++r)
#pragma unroll
    for (int c = 0; c < 4; ++c) sums[i + r][j + c] += of_row[r] * of_column[c];
}

// The sums of products over k in [k_begin, k_end) for rows [m0, m0 + kM) of A and columns [n0, n0 + kN) of B, also for
// those that do not exist: `output` takes them (async_store.cuh). What the copies bring for k from k_end on
// is multiplied too: zeros in one of the operands. They are started in the order of k.
//
// kAhead: a line's operands are loaded while the line before it is multiplied, and the first of a slice before the
// copies of the next are started. On an H100 that takes up to 7 % less time for matrices, from 3 % less to 3 % more for
// images whose channels are last, and 1 to 3 % more for contiguous ones, whose copies need few instructions.
template <bool kAhead, class Tile, class CopyA, class CopyB, class Output>
__device__ __forceinline__ void async_gemm(CopyA& a, CopyB& b, int m0, int n0, int k_begin, int k_end,
                                           const Output& output) {
  using SliceA = AsyncSlice<Tile::kM>;
  using SliceB = AsyncSlice<Tile::kN>;
  constexpr int kBytes = sizeof(AsyncSlices<Tile>) / 2;
  auto& memory = shared<AsyncMemory<Tile, Output>>();
  const SharedAddress slices = in_shared(&memory.slices);
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int row = warp / Tile::kWarpsN * 64 + lane / 8 * 4, column = warp % Tile::kWarpsN * 64 + lane % 8 * 4;
  float sums[16][8] = {};
  int buffer = 0;  // in bytes
  if (k_begin < k_end) {
    a.start(slices, k_begin);
    b.start(slices + SliceA::kBytes, k_begin);
  }
  cp_async_commit();
  for (int k = k_begin; k < k_end; k += Tile::kDepth) {
    cp_async_wait<0>();
    __syncthreads();  // the slice is there for all, and the one before it has been read
    const SharedAddress slice_a = slices + buffer + row * 4, slice_b = slices + buffer + SliceA::kBytes + column * 4;
    buffer = kBytes - buffer;
    float4 rows[kAhead ? 2 : 1][4], columns[kAhead ? 2 : 1][2];
    const auto load = [&](int line) {
#pragma unroll
      for (int i = 0; i < 4; ++i)
        rows[kAhead ? line % 2 : 0][i] = load_four(slice_a + (line * SliceA::kLine + i * 16) * 4);
#pragma unroll
      for (int j = 0; j < 2; ++j)
        columns[kAhead ? line % 2 : 0][j] = load_four(slice_b + (line * SliceB::kLine + j * 32) * 4);
    };
    if constexpr (kAhead) load(0);
    if (k + Tile::kDepth < k_end) {
      a.start(slices + buffer, k + Tile::kDepth);
      b.start(slices + buffer + SliceA::kBytes, k + Tile::kDepth);
    }
    cp_async_commit();
#pragma unroll
    for (int line = 0; line < Tile::kDepth; ++line) {
      if (!kAhead || line + 1 < Tile::kDepth) load(kAhead ? line + 1 : line);
#pragma unroll
      for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < 2; ++j)
          add_products(sums, i * 4, j * 4, rows[kAhead ? line % 2 : 0][i], columns[kAhead ? line % 2 : 0][j]);
    }
  }
  const int m = m0 + warp / Tile::kWarpsN * 64, n = n0 + warp % Tile::kWarpsN * 64;
  if constexpr (Output::kThroughShared) {
    __syncthreads();  // nobody reads a slice any more
    store_sums(sums, memory.stores[warp], m, n, output);
  } else {
    store_sums(sums, m, n, output);
  }
}

}  // namespace cresset::kernels
