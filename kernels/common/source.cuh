// An operand of a matrix product as the kernels see it: a matrix whose elements are computed from two positions.
//
// A source is a struct with
//   Element                                the type of its elements
//   kAlongK                                whether memory runs along k, or along rows
//   Row row(i), Depth depth(k)             what is to be known of a row (of the right operand: a column), and of a
//                                          position along k; both plain data
//   Found<Element> at(const Row&, const Depth&)
// so that what depends on the row alone is computed once, and what depends on k once for all rows.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "common/elements.cuh"

namespace cresset::kernels {

// What is not there counts as zero, and its address is not used.
template <class T>
struct Found {
  const T* at;
  bool there;
};

// Positions that do not depend on each other.
template <class T>
struct PlainRow {
  const T* at;
  bool there;
};
struct PlainDepth {
  std::int64_t offset;
  bool there;
};
template <class T>
__device__ Found<T> found(const PlainRow<T>& row, const PlainDepth& depth) {
  return {row.at + depth.offset, row.there && depth.there};
}

// Whether the elements of a matrix lie `count` together, aligned, from every multiple of `count` on, in the direction
// that MatrixSource runs in: along k where k_stride is 1.
inline bool lies_in_runs(std::int64_t count, std::size_t element, const void* base, std::int64_t rows, std::int64_t k,
                         std::int64_t row_stride, std::int64_t k_stride, std::int64_t batch_stride) {
  const std::int64_t run = k_stride == 1 ? k : rows, step = k_stride == 1 ? row_stride : k_stride;
  return (k_stride == 1 || row_stride == 1) && run % count == 0 && step % count == 0 && batch_stride % count == 0 &&
         is_aligned(base, static_cast<std::size_t>(count) * element);
}

// A matrix with any strides. Memory runs along k where kRunsAlongK, if anywhere. Offsets within it fit Offset, and an
// int spares registers.
template <class T, bool kRunsAlongK, class Offset>
struct MatrixSource {
  using Element = T;
  static constexpr bool kAlongK = kRunsAlongK;
  const T* base;
  Offset rows, k, row_stride, k_stride;
  __device__ Offset row(Offset i) const { return i < rows ? i * row_stride : -1; }
  __device__ Offset depth(Offset i) const { return i < k ? i * k_stride : -1; }
  __device__ Found<T> at(Offset i, Offset j) const {
    const bool there = i >= 0 && j >= 0;
    return {base + (there ? i + j : 0), there};
  }
};

}  // namespace cresset::kernels
