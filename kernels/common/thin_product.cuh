// Eight columns of a matrix product, a row to each thread: for products so thin that a tile of gemm.cuh would compute
// mostly zeros. The operands are sources (source.cuh).
#pragma once

#include <cuda_runtime.h>

#include <utility>

#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/shared.cuh"
#include "common/source.cuh"

namespace cresset::kernels {

inline constexpr int kThinThreads = 128, kThinColumns = 8;

struct ThinSums {
  float at[kThinColumns] = {};
  // Adds `factor` times two groups of four.
  __device__ void add(float factor, const Vector<float, 4>& first, const Vector<float, 4>& second) {
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      at[j] += factor * first.at[j];
      at[4 + j] += factor * second.at[j];
    }
  }
};

// What all threads read of a slice of 128 positions along k.
template <class Depth>
struct ThinSlice {
  Vector<float, 4> columns[2][kThinThreads];  // by fours of columns: threads write side by side
  Depth depths[kThinThreads];
};

// The sums over k < depth for row `m` and columns from `n` on. All threads of the block take part.
template <class A, class B>
__device__ ThinSums thin_product(const A& a, const B& b, int m, int n, int depth) {
  using Depth = decltype(std::declval<const A&>().depth(0));
  auto& slice = shared<ThinSlice<Depth>>();
  const auto row = a.row(m);
  const int thread = static_cast<int>(threadIdx.x);
  ThinSums sums;
  for (int begin = 0; begin < depth; begin += kThinThreads) {
    __syncthreads();  // the last slice has been read
    if (begin + thread < depth) {
      slice.depths[thread] = a.depth(begin + thread);
      const auto k = b.depth(begin + thread);
#pragma unroll
      for (int fours = 0; fours < 2; ++fours) {
        Vector<float, 4> columns;
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          const auto found = b.at(b.row(n + 4 * fours + j), k);
          columns.at[j] = found.there ? widen(*found.at) : 0.0f;
        }
        slice.columns[fours][thread] = columns;
      }
    }
    __syncthreads();
    const int count = depth - begin < kThinThreads ? depth - begin : kThinThreads;
#pragma unroll 4
    for (int i = 0; i < count; ++i) {
      const auto found = a.at(row, slice.depths[i]);
      sums.add(found.there ? widen(*found.at) : 0.0f, slice.columns[0][i], slice.columns[1][i]);
    }
  }
  return sums;
}

}  // namespace cresset::kernels
