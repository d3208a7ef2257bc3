// Products that read both operands where they lie: few rows, or a short inner dimension, where packing would cost more
// than it gives.
#if defined(CRESSET_MATMUL_DIRECT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_MATMUL_DIRECT_INL_H
#undef CRESSET_MATMUL_DIRECT_INL_H
#else
#define CRESSET_MATMUL_DIRECT_INL_H
#endif

#include <cresset/extension/matmul.h>

#include <algorithm>

#include "backend/cpu/matmul_micro-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

// One product of the batch, restricted to the rows and columns of a chunk.
template <class T>
struct Block {
  const T *a, *b, *bias;
  T* c;
  std::int64_t rows, columns;
};

template <int kRows, int kVecs, bool kTail, class T>
HWY_INLINE void outer_tile(const MatmulProblem& p, const T* a, const T* b, const T* bias, T* c, std::int64_t last) {
  const hn::ScalableTag<T> d;
  constexpr std::size_t kLanes = hn::MaxLanes(d);
  hn::Vec<decltype(d)> sum[kRows][kVecs];
  multiply_tile<kRows, kVecs, kTail>(d, p.K, a, p.a_row, p.a_col, b, p.b_row, last, sum);
  HWY_UNROLL(4) for (int v = 0; v < kVecs; ++v) {
    const bool partial = kTail && v == kVecs - 1;
    if (bias) {
      const T* from = bias + v * kLanes;
      const auto shift = partial ? load_first(d, from, last) : hn::LoadU(d, from);
      HWY_UNROLL(4) for (int r = 0; r < kRows; ++r) sum[r][v] = hn::Add(sum[r][v], shift);
    }
    HWY_UNROLL(4) for (int r = 0; r < kRows; ++r) {
      T* to = c + r * p.N + v * kLanes;
      if (partial)
        store_first(sum[r][v], d, to, last);
      else
        hn::StoreU(sum[r][v], d, to);
    }
  }
}

template <int kRows, class T>
HWY_NOINLINE void outer_rows(const MatmulProblem& p, const Block<T>& block, std::int64_t m) {
  constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(hn::ScalableTag<T>()));
  constexpr int kVecs = kManyRegisters ? 4 : 2;
  const T* a = block.a + m * p.a_row;
  T* c = block.c + m * p.N;
  const auto bias = [&](std::int64_t j) { return block.bias ? block.bias + j : nullptr; };
  std::int64_t j = 0;
  for (; j + kVecs * kLanes <= block.columns; j += kVecs * kLanes)
    outer_tile<kRows, kVecs, false>(p, a, block.b + j, bias(j), c + j, 0);
  for (; j + kLanes < block.columns; j += 2 * kLanes) {
    const std::int64_t last = std::min(block.columns - j - kLanes, kLanes);
    outer_tile<kRows, 2, true>(p, a, block.b + j, bias(j), c + j, last);
  }
  if (j < block.columns) outer_tile<kRows, 1, true>(p, a, block.b + j, bias(j), c + j, block.columns - j);
}

// Rows of b contiguous.
template <class T>
void outer_block(const MatmulProblem& p, const Block<T>& block) {
  std::int64_t m = 0;
  for (; m + 4 <= block.rows; m += 4) outer_rows<4>(p, block, m);
  switch (block.rows - m) {
    case 3: outer_rows<3>(p, block, m); break;
    case 2: outer_rows<2>(p, block, m); break;
    case 1: outer_rows<1>(p, block, m); break;
    default: break;
  }
}

template <int kRows, int kColumns, class T>
HWY_INLINE void dot_store(const MatmulProblem& p, const Block<T>& block, std::int64_t m, std::int64_t j) {
  T sums[kRows][4];
  dot_tile<kRows, kColumns>(hn::ScalableTag<T>(), p.K, block.a + m * p.a_row, p.a_row, block.b + j * p.b_col, p.b_col,
                            sums);
  for (int r = 0; r < kRows; ++r)
    for (int i = 0; i < kColumns; ++i)
      block.c[(m + r) * p.N + j + i] = block.bias ? sums[r][i] + block.bias[j + i] : sums[r][i];
}

template <int kColumns, class T>
HWY_NOINLINE void dot_columns(const MatmulProblem& p, const Block<T>& block, std::int64_t j) {
  constexpr int kRows = kManyRegisters ? 4 : 2;
  std::int64_t m = 0;
  for (; m + kRows <= block.rows; m += kRows) dot_store<kRows, kColumns>(p, block, m, j);
  for (; m < block.rows; ++m) dot_store<1, kColumns>(p, block, m, j);
}

// Rows of a and columns of b contiguous. Four columns are read once for all rows.
template <class T>
void dot_block(const MatmulProblem& p, const Block<T>& block) {
  std::int64_t j = 0;
  for (; j + 4 <= block.columns; j += 4) dot_columns<4>(p, block, j);
  for (; j < block.columns; ++j) dot_columns<1>(p, block, j);
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
