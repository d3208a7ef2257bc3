// A block's tile of a matrix product on tensor cores, with sums in float32: the tensor-core twin of gemm.cuh. Needs
// sm_80.
//
// Slices of both operands go through kStages buffers of shared memory by cp.async, or, where 16 bytes of an operand do
// not lie together, through registers. After the multi-stage main loop of CUTLASS for sm_80.
#pragma once

#include <cuda_runtime.h>

#include "common/dtype.cuh"
#include "common/shared.cuh"
#include "common/tensor_copy.cuh"
#include "common/tensor_slice.cuh"

namespace cresset::kernels {

// 4 warps, kWarpsM of them along m. Each computes a part of the tile: 64 x 64 where that fits, because the more a warp
// computes, the less of what it reads from shared memory is read by others too.
template <int kTileM, int kTileN, int kWarpsM>
struct TensorTile {
  static constexpr int kM = kTileM, kN = kTileN;
  static constexpr int kThreads = 128;
  static constexpr int kWarpM = kM / kWarpsM, kWarpN = kN / (4 / kWarpsM), kWarpRows = kWarpsM;
  static constexpr int kStages = 3;
  static constexpr int kRowTiles = kWarpM / 16, kColumnTiles = kWarpN / 8;  // of mma.sync
  static constexpr int kBytes = kStages * (kM + kN) * 64;                   // of shared memory
};
using SmallTensorTile = TensorTile<64, 64, 2>;
using LargeTensorTile = TensorTile<128, 128, 2>;
using TallTensorTile = TensorTile<256, 64, 4>;

// A warp's share of the tile: sums[i][j] are the four of mma.cuh, for rows 16 i and columns 8 j of its part.
template <class Tile>
struct TensorSums {
  float at[Tile::kRowTiles][Tile::kColumnTiles][4] = {};
  static __device__ int row() { return static_cast<int>(threadIdx.x) / 32 % Tile::kWarpRows * Tile::kWarpM; }
  static __device__ int column() { return static_cast<int>(threadIdx.x) / 32 / Tile::kWarpRows * Tile::kWarpN; }
};

template <class T>
__device__ __forceinline__ void tensor_multiply(float (&sums)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  if constexpr (std::is_same_v<T, __nv_bfloat16>)
    mma_m16n8k16_bf16(sums, a, b);
  else if constexpr (std::is_same_v<T, __half>)
    mma_m16n8k16_f16(sums, a, b);
  else
    mma_m16n8k8_tf32(sums, a, b);
}

// sums += A B for rows [m0, m0 + kM) and columns [n0, n0 + kN) over k in [k_begin, k_end). The sources
// (source.cuh) give nothing beyond their ends. Shared memory may be used anew after the block's next barrier.
template <class T, class Tile, bool kByChunks, class A, class B>
__device__ __forceinline__ void tensor_gemm(TensorSums<Tile>& sums, const A& a, const B& b, int m0, int n0, int k_begin,
                                            int k_end) {
  using SliceA = TensorSlice<T, Tile::kM, A::kAlongK>;
  using SliceB = TensorSlice<T, Tile::kN, B::kAlongK>;
  using CopyA = TensorCopy<T, SliceA, Tile::kThreads, A>;
  using CopyB = TensorCopy<T, SliceB, Tile::kThreads, B>;
  constexpr int kStageBytes = SliceA::kBytes + SliceB::kBytes, kDepth = SliceA::kDepth;
  static_assert(kStageBytes * Tile::kStages == Tile::kBytes);
  char* const memory = dynamic_shared<char>();
  const CopyA copy_a(a, m0);
  const CopyB copy_b(b, n0);
  const int row = TensorSums<Tile>::row(), column = TensorSums<Tile>::column();

  // Fragments that are loaded word by word need an address each: then one step at a time, or registers run out.
  constexpr bool kByWords = sizeof(T) == 4 && !(A::kAlongK && B::kAlongK);
  const auto multiply = [&](const char* stage) {
    constexpr int kSteps = kByWords ? 1 : 2;
    unsigned rows[kSteps][Tile::kRowTiles][4], columns[kSteps][Tile::kColumnTiles / 2][2][2];
#pragma unroll
    for (int first = 0; first < 2; first += kSteps) {
#pragma unroll
      for (int step = 0; step < kSteps; ++step) {
#pragma unroll
        for (int i = 0; i < Tile::kRowTiles; ++i) SliceA::load_a(rows[step][i], stage, row + i * 16, first + step);
#pragma unroll
        for (int j = 0; j < Tile::kColumnTiles / 2; ++j)
          SliceB::load_b(columns[step][j], stage + SliceA::kBytes, column + j * 16, first + step);
      }
#pragma unroll
      for (int step = 0; step < kSteps; ++step)
#pragma unroll
        for (int i = 0; i < Tile::kRowTiles; ++i)
#pragma unroll
          for (int j = 0; j < Tile::kColumnTiles; ++j)
            tensor_multiply<T>(sums.at[i][j], rows[step][i], columns[step][j / 2][j % 2]);
    }
  };

  if constexpr (kByChunks) {
    const auto start = [&](int stage, int k) {
      if (k < k_end) {
        copy_a.start(memory + stage * kStageBytes, k);
        copy_b.start(memory + stage * kStageBytes + SliceA::kBytes, k);
      }
      cp_async_commit();  // also where there is nothing to copy: groups are counted
    };
#pragma unroll
    for (int stage = 0; stage < Tile::kStages - 1; ++stage) start(stage, k_begin + stage * kDepth);
    int stage = 0, next = Tile::kStages - 1;
    for (int k = k_begin; k < k_end; k += kDepth) {
      cp_async_wait<Tile::kStages - 2>();
      __syncthreads();  // the slice is there for all, and the one before it has been read
      start(next, k + (Tile::kStages - 1) * kDepth);
      multiply(memory + stage * kStageBytes);
      stage = stage + 1 == Tile::kStages ? 0 : stage + 1;
      next = next + 1 == Tile::kStages ? 0 : next + 1;
    }
    cp_async_wait<0>();
  } else {
    typename CopyA::Staged staged_a;
    typename CopyB::Staged staged_b;
    const auto fetch = [&](int k) {
      copy_a.fetch(staged_a, k);
      copy_b.fetch(staged_b, k);
    };
    const auto put = [&](int stage) {
      copy_a.put(memory + stage * kStageBytes, staged_a);
      copy_b.put(memory + stage * kStageBytes + SliceA::kBytes, staged_b);
    };
    int stage = 0;
    if (k_begin < k_end) {
      fetch(k_begin);
      put(0);
    }
    for (int k = k_begin; k < k_end; k += kDepth, stage ^= 1) {
      __syncthreads();
      const bool more = k + kDepth < k_end;
      if (more) fetch(k + kDepth);
      multiply(memory + stage * kStageBytes);
      if (more) put(stage ^ 1);
    }
  }
}

}  // namespace cresset::kernels
