// How the sums of a block of async_gemm.cuh reach memory. A thread has 16 x 8 of its warp's 64 x 64: 4 rows from every
// 16th, 4 columns from every 32nd. They are stored from where they are, or through shared memory, 32 x 32 at a time, so
// that a warp writes 32 elements side by side, and each row and column is looked up once and not by every thread.
//
// The second way is for results whose places are dear to find. It is short beside that: on an H100 a block of a
// convolution spent a quarter of its time fetching the instructions of 128 stores, each with an address of its own,
// that it ran once (Nsight Compute: stall_no_inst). Where a place is a row's plus a column's the first way is 5 to 10 %
// quicker.
#pragma once

#include <cuda_runtime.h>

#include <type_traits>
#include <utility>

namespace cresset::kernels {

// `Output` has
//   kThroughShared       which way
//   kAlongRows           of the second: whether memory runs along the rows of the result, else along its columns
//   row(m), column(n)    what there is to know of a row and of a column, also of those that do not exist
//   put(row, column, sum)
template <class Output>
__device__ __forceinline__ void store_sums(const float (&sums)[16][8], int m, int n, const Output& output) {
  const int lane = static_cast<int>(threadIdx.x) % 32, row = m + lane / 8 * 4, column = n + lane % 8 * 4;
  decltype(output.column(0)) columns[8];
#pragma unroll
  for (int j = 0; j < 8; ++j) columns[j] = output.column(column + j / 4 * 32 + j % 4);
#pragma unroll
  for (int i = 0; i < 16; ++i) {
    const auto at = output.row(row + i / 4 * 16 + i % 4);
#pragma unroll
    for (int j = 0; j < 8; ++j) output.put(at, columns[j], sums[i][j]);
  }
}

template <class Output>
struct alignas(16) WarpStore {
  using Row = decltype(std::declval<const Output&>().row(0));
  using Column = decltype(std::declval<const Output&>().column(0));
  float sums[32][36];  // lines across memory, and 4 more elements than a line has: lines begin on 16 bytes
  std::conditional_t<Output::kAlongRows, Column, Row> lines[32];
};

// No thread of the warp may still need the memory for something else.
template <class Output>
__device__ __forceinline__ void store_sums(const float (&sums)[16][8], WarpStore<Output>& store, int m, int n,
                                           const Output& output) {
  const int lane = static_cast<int>(threadIdx.x) % 32, row = lane / 8 * 4, column = lane % 8 * 4;
  const auto four = [](float* to, float a, float b, float c, float d) {
    *reinterpret_cast<float4*>(to) = make_float4(a, b, c, d);
  };
#pragma unroll
  for (int i = 0; i < 16; i += 8) {
#pragma unroll
    for (int j = 0; j < 8; j += 4) {
      __syncwarp();  // the sums before these have been read
#pragma unroll
      for (int r = 0; r < 8; r += 4)
#pragma unroll
        for (int c = 0; c < 4; ++c) {
          if constexpr (Output::kAlongRows)
            four(&store.sums[column + c][row + r * 4], sums[i + r][j + c], sums[i + r + 1][j + c],
                 sums[i + r + 2][j + c], sums[i + r + 3][j + c]);
          else
            four(&store.sums[row + r * 4 + c][column], sums[i + r + c][j], sums[i + r + c][j + 1],
                 sums[i + r + c][j + 2], sums[i + r + c][j + 3]);
        }
      const auto own_row = output.row(m + i * 4 + lane);
      const auto own_column = output.column(n + j * 8 + lane);
      if constexpr (Output::kAlongRows)
        store.lines[lane] = own_column;
      else
        store.lines[lane] = own_row;
      __syncwarp();
#pragma unroll 4
      for (int line = 0; line < 32; ++line) {
        if constexpr (Output::kAlongRows)
          output.put(own_row, store.lines[line], store.sums[line][lane]);
        else
          output.put(store.lines[line], own_column, store.sums[line][lane]);
      }
    }
  }
}

}  // namespace cresset::kernels
