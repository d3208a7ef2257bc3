// Register-blocked products of small tiles, for whichever target includes this.
#if defined(CRESSET_MATMUL_MICRO_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_MATMUL_MICRO_INL_H
#undef CRESSET_MATMUL_MICRO_INL_H
#else
#define CRESSET_MATMUL_MICRO_INL_H
#endif

#include "backend/cpu/highway_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// AVX-512 has 32 registers, the others 16: 24 or 12 of them hold sums.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
inline constexpr bool kManyRegisters = true;
#else
inline constexpr bool kManyRegisters = false;
#endif

// sum[r][v] = sum over k of a[r * a_row + k * a_col] * b[k * b_row + v * Lanes ...]; rows of b are contiguous. With
// kTail the last vector has only `last` lanes.
template <int kRows, int kVecs, bool kTail, class D, class T = hn::TFromD<D>>
HWY_INLINE void multiply_tile(D d, std::int64_t K, const T* HWY_RESTRICT a, std::int64_t a_row, std::int64_t a_col,
                              const T* HWY_RESTRICT b, std::int64_t b_row, std::int64_t last,
                              hn::Vec<D> (&sum)[kRows][kVecs]) {
  constexpr std::size_t kLanes = hn::MaxLanes(D());
  HWY_UNROLL(8) for (int r = 0; r < kRows; ++r) {
    HWY_UNROLL(4) for (int v = 0; v < kVecs; ++v) sum[r][v] = hn::Zero(d);
  }
  for (std::int64_t k = 0; k < K; ++k, a += a_col, b += b_row) {
    hn::Vec<D> row[kVecs];
    HWY_UNROLL(4) for (int v = 0; v < kVecs; ++v) {
      row[v] = kTail && v == kVecs - 1 ? load_first(d, b + v * kLanes, last) : hn::LoadU(d, b + v * kLanes);
    }
    HWY_UNROLL(8) for (int r = 0; r < kRows; ++r) {
      const auto factor = hn::Set(d, a[r * a_row]);
      HWY_UNROLL(4) for (int v = 0; v < kVecs; ++v) sum[r][v] = hn::MulAdd(factor, row[v], sum[r][v]);
    }
  }
}

// The sums over the lanes of four float or two double vectors, in the lanes of one 128-bit vector. Halves are added
// until 128 bits are left.
template <class D, class V>
HWY_INLINE auto fold_to_128(D d, V v) {
  if constexpr (sizeof(hn::TFromD<D>) * hn::MaxLanes(D()) <= 16) {
    return v;
  } else {
    const hn::Half<D> half;
    return fold_to_128(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}
template <class D, hwy::EnableIf<sizeof(hn::TFromD<D>) == 4>* = nullptr>
HWY_INLINE void store_sums(D d, const hn::Vec<D> (&v)[4], float* to) {
  const hn::CappedTag<float, 4> q;
  const auto a = fold_to_128(d, v[0]), b = fold_to_128(d, v[1]), c = fold_to_128(d, v[2]), e = fold_to_128(d, v[3]);
  const auto ac = hn::Add(hn::InterleaveLower(q, a, c), hn::InterleaveUpper(q, a, c));
  const auto be = hn::Add(hn::InterleaveLower(q, b, e), hn::InterleaveUpper(q, b, e));
  hn::StoreU(hn::Add(hn::InterleaveLower(q, ac, be), hn::InterleaveUpper(q, ac, be)), q, to);
}
template <class D, hwy::EnableIf<sizeof(hn::TFromD<D>) == 8>* = nullptr>
HWY_INLINE void store_sums(D d, const hn::Vec<D> (&v)[4], double* to) {
  const hn::CappedTag<double, 2> q;
  for (int i = 0; i < 4; i += 2) {
    const auto a = fold_to_128(d, v[i]), b = fold_to_128(d, v[i + 1]);
    hn::StoreU(hn::Add(hn::InterleaveLower(q, a, b), hn::InterleaveUpper(q, a, b)), q, to + i);
  }
}

// to[r][j] = sum over k of a[r * a_row + k] * b[j * b_col + k] for kRows rows and kColumns columns (at most 4), both
// contiguous along k.
template <int kRows, int kColumns, class D, class T = hn::TFromD<D>>
HWY_INLINE void dot_tile(D d, std::int64_t K, const T* HWY_RESTRICT a, std::int64_t a_row, const T* HWY_RESTRICT b,
                         std::int64_t b_col, T (&to)[kRows][4]) {
  constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(D()));
  hn::Vec<D> sum[kRows][4];
  HWY_UNROLL(4) for (int r = 0; r < kRows; ++r) { HWY_UNROLL(4) for (int j = 0; j < 4; ++j) sum[r][j] = hn::Zero(d); }
  const auto step = [&](auto&& load) HWY_ATTR {
    hn::Vec<D> column[kColumns];
    HWY_UNROLL(4) for (int j = 0; j < kColumns; ++j) column[j] = load(b + j * b_col);
    HWY_UNROLL(4) for (int r = 0; r < kRows; ++r) {
      const auto row = load(a + r * a_row);
      HWY_UNROLL(4) for (int j = 0; j < kColumns; ++j) sum[r][j] = hn::MulAdd(row, column[j], sum[r][j]);
    }
  };
  std::int64_t k = 0;
  for (; k + kLanes <= K; k += kLanes) step([&](const T* from) HWY_ATTR { return hn::LoadU(d, from + k); });
  if (k < K) step([&](const T* from) HWY_ATTR { return load_first(d, from + k, K - k); });
  HWY_UNROLL(4) for (int r = 0; r < kRows; ++r) store_sums(d, sum[r], to[r]);
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
