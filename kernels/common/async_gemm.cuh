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
// those that do not exist: output.put(output.row(m), output.column(n), sum). What the copies bring for k from k_end on
// is multiplied too: zeros in one of the operands. They are started in the order of k.
template <class Tile, class CopyA, class CopyB, class Output>
__device__ __forceinline__ void async_gemm(CopyA& a, CopyB& b, int m0, int n0, int k_begin, int k_end,
                                           const Output& output) {
  using SliceA = AsyncSlice<Tile::kM>;
  using SliceB = AsyncSlice<Tile::kN>;
  constexpr int kBytes = sizeof(AsyncSlices<Tile>) / 2;
  const SharedAddress memory = in_shared(&shared<AsyncSlices<Tile>>());
  const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  const int row = warp / Tile::kWarpsN * 64 + lane / 8 * 4, column = warp % Tile::kWarpsN * 64 + lane % 8 * 4;
  float sums[16][8] = {};
  int buffer = 0;  // in bytes
  if (k_begin < k_end) {
    a.start(memory, k_begin);
    b.start(memory + SliceA::kBytes, k_begin);
  }
  cp_async_commit();
  for (int k = k_begin; k < k_end; k += Tile::kDepth) {
    cp_async_wait<0>();
    __syncthreads();  // the slice is there for all, and the one before it has been read
    const SharedAddress slice_a = memory + buffer + row * 4, slice_b = memory + buffer + SliceA::kBytes + column * 4;
    buffer = kBytes - buffer;
    if (k + Tile::kDepth < k_end) {
      a.start(memory + buffer, k + Tile::kDepth);
      b.start(memory + buffer + SliceA::kBytes, k + Tile::kDepth);
    }
    cp_async_commit();
#pragma unroll
    for (int line = 0; line < Tile::kDepth; ++line) {
      float4 rows[4], columns[2];
#pragma unroll
      for (int i = 0; i < 4; ++i) rows[i] = load_four(slice_a + (line * SliceA::kLine + i * 16) * 4);
#pragma unroll
      for (int j = 0; j < 2; ++j) columns[j] = load_four(slice_b + (line * SliceB::kLine + j * 32) * 4);
#pragma unroll
      for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < 2; ++j) add_products(sums, i * 4, j * 4, rows[i], columns[j]);
    }
  }
  decltype(output.column(0)) columns[8];
#pragma unroll
  for (int j = 0; j < 8; ++j) columns[j] = output.column(n0 + column + j / 4 * 32 + j % 4);
#pragma unroll
  for (int i = 0; i < 16; ++i) {
    const auto at = output.row(m0 + row + i / 4 * 16 + i % 4);
#pragma unroll
    for (int j = 0; j < 8; ++j) output.put(at, columns[j], sums[i][j]);
  }
}

}  // namespace cresset::kernels
