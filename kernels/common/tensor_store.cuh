// What happens to the sums of tensor_gemm.cuh: bias, activation, conversion, and stores of whole sectors.
#pragma once

#include <cuda_runtime.h>

#include <bit>
#include <cstdint>

#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/fast_divide.cuh"
#include "common/math.cuh"
#include "common/reduce.cuh"
#include "common/tensor_gemm.cuh"

namespace cresset::kernels {

// Where a row of the result lies.
struct RowPlace {
  std::int64_t offset;
  bool there;
};

// Rows are counted in planes of an image, each `row` apart.
struct TensorPlace {
  FastDivide by_plane;
  std::int64_t image, row, column;
  int rows;
  // Rows one after the other.
  static TensorPlace of_rows(std::int64_t row_stride, std::int64_t rows) {
    return {FastDivide(INT32_MAX), 0, row_stride, 1, static_cast<int>(rows)};
  }
  __device__ RowPlace of_row(int m) const {
    std::uint32_t i = static_cast<std::uint32_t>(m);
    const std::uint32_t in_plane = by_plane.split(i);
    return {i * image + in_plane * row, m < rows};
  }
};

// `Place` has of_row() and `column`, from one column to the next.
template <class T, class Out, class Place = TensorPlace>
struct TensorOutput {
  Out* y;
  const T* bias;  // one a column; may be null
  int columns;
  Place place;
  bool relu;
  bool fours;  // 4 elements of a row lie together, aligned: 8 bytes of 16-bit elements, 16 of float32
};

template <class T>
__device__ inline unsigned pack(float low, float high) {
  return std::bit_cast<unsigned>(Vector<T, 2>{{convert<T>(low), convert<T>(high)}});
}

// All threads of the block take part. Stores of four elements and of one are code of their own: what a block runs once
// takes as long as fetching it.
template <bool kFours, class Tile, class T, class Out, class Place>
__device__ __forceinline__ void tensor_store_as(const TensorSums<Tile>& sums, const TensorOutput<T, Out, Place>& to,
                                                int m0, int n0) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp, row = m0 + TensorSums<Tile>::row() + lane / 4,
            column = n0 + TensorSums<Tile>::column();
  RowPlace places[Tile::kRowTiles * 2];
#pragma unroll
  for (int i = 0; i < Tile::kRowTiles * 2; ++i) places[i] = to.place.of_row(row + i * 8);
#pragma unroll
  for (int j = 0; j < Tile::kColumnTiles; j += 2) {
    float bias[2][2] = {};
    if (to.bias != nullptr) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int n = column + (j + e / 2) * 8 + lane % 4 * 2 + e % 2;
        if (n < to.columns) bias[e / 2][e % 2] = widen(to.bias[n]);
      }
    }
#pragma unroll
    for (int i = 0; i < Tile::kRowTiles * 2; ++i) {
      float own[2][2];
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const float sum = sums.at[i / 2][j + e / 2][i % 2 * 2 + e % 2] + bias[e / 2][e % 2];
        own[e / 2][e % 2] = to.relu ? above_zero(sum) : sum;
      }
      // Neighbours swap, so that each has 4 elements side by side: of the first 8 columns in even lanes, of the second
      // in odd ones. Eight lanes then write whole sectors.
      const bool odd = lane % 2 != 0;
      Vector<Out, 4> four;
      if constexpr (sizeof(Out) == 2) {
        const unsigned first = pack<Out>(own[0][0], own[0][1]), second = pack<Out>(own[1][0], own[1][1]);
        const unsigned got = __shfl_xor_sync(kAllLanes, odd ? first : second, 1);
        four = std::bit_cast<Vector<Out, 4>>(Vector<unsigned, 2>{{odd ? got : first, odd ? second : got}});
      } else {
#pragma unroll
        for (int e = 0; e < 2; ++e) {
          const float got = __shfl_xor_sync(kAllLanes, odd ? own[0][e] : own[1][e], 1);
          four.at[e] = odd ? got : own[0][e];
          four.at[2 + e] = odd ? own[1][e] : got;
        }
      }
      const int n = column + j * 8 + (odd ? 8 : 0) + lane % 4 / 2 * 4;
      const RowPlace place = places[i];
      if (!place.there || n >= to.columns) continue;
      Out* at = to.y + place.offset + n * to.place.column;
      if constexpr (kFours) {
        *reinterpret_cast<Vector<Out, 4>*>(at) = four;
      } else {
#pragma unroll
        for (int e = 0; e < 4; ++e)
          if (n + e < to.columns) at[e * to.place.column] = four.at[e];
      }
    }
  }
}

template <class Tile, class T, class Out, class Place>
__device__ __forceinline__ void tensor_store(const TensorSums<Tile>& sums, const TensorOutput<T, Out, Place>& to,
                                             int m0, int n0) {
  if (to.fours)
    tensor_store_as<true>(sums, to, m0, n0);
  else
    tensor_store_as<false>(sums, to, m0, n0);
}

}  // namespace cresset::kernels
