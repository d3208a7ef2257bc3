// A block's tile of a matrix product, with the operands' elements fetched by the caller: matmul and the three
// convolutions are this loop with other loaders.
//
// Register tiles out of double-buffered shared memory: while one slice of both operands is multiplied, the next is on
// its way to registers. After V. Volkov, J. Demmel, "Benchmarking GPUs to tune dense linear algebra", 2008.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/shared.cuh"

namespace cresset::kernels {

// A thread computes kParts x kParts squares of 4 x 4 elements, a grid of threads apart, so that the lanes of a warp
// read neighbouring groups of 4 from shared memory.
template <int kSize, int kSliceK, int kPartsM, int kPartsN>
struct GemmTile {
  static constexpr int kM = kSize * 4 * kPartsM, kN = kSize * 4 * kPartsN, kK = kSliceK;
  static constexpr int kSide = kSize;             // threads along m, and along n
  static constexpr int kThreads = kSize * kSize;  // one-dimensional
  static constexpr int kRowParts = kPartsM, kColumnParts = kPartsN;
};
using SmallTile = GemmTile<8, 8, 1, 1>;    // 32 x 32 by 64 threads
using MediumTile = GemmTile<16, 8, 1, 1>;  // 64 x 64 by 256
using LargeTile = GemmTile<16, 8, 2, 2>;   // 128 x 128 by 256

// One slice of one operand: kK lines of kWidth elements, with 4 more so that lines begin in different banks.
template <class T, int kLines, int kWidth>
struct alignas(16) Slice {
  T at[2][kLines][kWidth + 4];
};

// Four elements each.
template <class T>
struct alignas(sizeof(T) * 4) Four {
  T at[4];
};

// At once: four lanes' single elements would lie in one bank.
template <class T>
__device__ void put_four(T* to, const T (&from)[4]) {
  *reinterpret_cast<Four<T>*>(to) = {{from[0], from[1], from[2], from[3]}};
}

// How a thread fetches its share of a slice: groups of 4 elements along the direction in which memory runs.
template <class Tile, int kWidth, bool kAlongK>
struct Share {
  static constexpr int kGroups = kWidth * Tile::kK / 4;
  static constexpr int kEach = (kGroups + Tile::kThreads - 1) / Tile::kThreads;
  static constexpr int kGroupsOfLine = (kAlongK ? Tile::kK : kWidth) / 4;
  // Line and first column of group i: (row of the operand, k) where memory runs along k, else (k, row).
  static __device__ int group(int i) { return static_cast<int>(threadIdx.x) + i * Tile::kThreads; }
  static __device__ bool is_there(int i) { return kGroups % Tile::kThreads == 0 || group(i) < kGroups; }
  static __device__ int line(int i) { return group(i) / kGroupsOfLine; }
  static __device__ int column(int i) { return group(i) % kGroupsOfLine * 4; }
};

// sums[i][j] += the products over k in [k_begin, k_end) of rows [m0, m0 + kM) of A and columns [n0, n0 + kN) of B.
//
// A loader has `kAlongK` and `load(std::int64_t row, std::int64_t k, T (&out)[4])`, which gives the elements (row, k),
// (row, k + 1), … or (row, k), (row + 1, k), …, and 0 for what does not exist. For B, `row` is the column.
template <class T, class Tile, class A, class B, class Store>
__device__ void gemm_tile(const A& a, const B& b, std::int64_t m0, std::int64_t n0, std::int64_t k_begin,
                          std::int64_t k_end, Store store) {
  using ShareA = Share<Tile, Tile::kM, A::kAlongK>;
  using ShareB = Share<Tile, Tile::kN, B::kAlongK>;
  auto& slice_a = shared<Slice<T, Tile::kK, Tile::kM>, 0>();
  auto& slice_b = shared<Slice<T, Tile::kK, Tile::kN>, 1>();
  T next_a[ShareA::kEach][4], next_b[ShareB::kEach][4];

  const auto fetch = [&](std::int64_t k) {
#pragma unroll
    for (int i = 0; i < ShareA::kEach; ++i)
      if (ShareA::is_there(i)) {
        if constexpr (A::kAlongK)
          a.load(m0 + ShareA::line(i), k + ShareA::column(i), next_a[i]);
        else
          a.load(m0 + ShareA::column(i), k + ShareA::line(i), next_a[i]);
      }
#pragma unroll
    for (int i = 0; i < ShareB::kEach; ++i)
      if (ShareB::is_there(i)) {
        if constexpr (B::kAlongK)
          b.load(n0 + ShareB::line(i), k + ShareB::column(i), next_b[i]);
        else
          b.load(n0 + ShareB::column(i), k + ShareB::line(i), next_b[i]);
      }
  };
  const auto put = [&](int buffer) {
#pragma unroll
    for (int i = 0; i < ShareA::kEach; ++i)
      if (ShareA::is_there(i)) {
        if constexpr (A::kAlongK)
          for (int e = 0; e < 4; ++e) slice_a.at[buffer][ShareA::column(i) + e][ShareA::line(i)] = next_a[i][e];
        else
          put_four(&slice_a.at[buffer][ShareA::line(i)][ShareA::column(i)], next_a[i]);
      }
#pragma unroll
    for (int i = 0; i < ShareB::kEach; ++i)
      if (ShareB::is_there(i)) {
        if constexpr (B::kAlongK)
          for (int e = 0; e < 4; ++e) slice_b.at[buffer][ShareB::column(i) + e][ShareB::line(i)] = next_b[i][e];
        else
          put_four(&slice_b.at[buffer][ShareB::line(i)][ShareB::column(i)], next_b[i]);
      }
  };

  const int row = static_cast<int>(threadIdx.x) / Tile::kSide * 4,
            column = static_cast<int>(threadIdx.x) % Tile::kSide * 4;
  constexpr int kApart = Tile::kSide * 4;
  T sums[Tile::kRowParts * 4][Tile::kColumnParts * 4] = {};
  if (k_begin < k_end) {
    fetch(k_begin);
    put(0);
    __syncthreads();
  }
  int buffer = 0;
  for (std::int64_t k = k_begin; k < k_end; k += Tile::kK, buffer ^= 1) {
    const bool more = k + Tile::kK < k_end;
    if (more) fetch(k + Tile::kK);
#pragma unroll
    for (int line = 0; line < Tile::kK; ++line) {
      Four<T> rows[Tile::kRowParts], columns[Tile::kColumnParts];
#pragma unroll
      for (int i = 0; i < Tile::kRowParts; ++i)
        rows[i] = *reinterpret_cast<const Four<T>*>(&slice_a.at[buffer][line][row + i * kApart]);
#pragma unroll
      for (int j = 0; j < Tile::kColumnParts; ++j)
        columns[j] = *reinterpret_cast<const Four<T>*>(&slice_b.at[buffer][line][column + j * kApart]);
#pragma unroll
      for (int i = 0; i < Tile::kRowParts * 4; ++i)
#pragma unroll
        for (int j = 0; j < Tile::kColumnParts * 4; ++j) sums[i][j] += rows[i / 4].at[i % 4] * columns[j / 4].at[j % 4];
    }
    if (more) put(buffer ^ 1);
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < Tile::kRowParts * 4; ++i)
#pragma unroll
    for (int j = 0; j < Tile::kColumnParts * 4; ++j)
      store(m0 + row + i / 4 * kApart + i % 4, n0 + column + j / 4 * kApart + j % 4, sums[i][j]);
}

}  // namespace cresset::kernels
