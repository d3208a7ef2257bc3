// Passes over rows of logits: greatest element, exponentials and their sum. A row is contiguous, or a vector's worth of
// rows lies side by side.
#if defined(CRESSET_SOFTMAX_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_SOFTMAX_ROWS_INL_H
#undef CRESSET_SOFTMAX_ROWS_INL_H
#else
#define CRESSET_SOFTMAX_ROWS_INL_H
#endif

#include <algorithm>
#include <limits>
#include <type_traits>

#include "backend/cpu/highway_lanes-inl.h"
#include "core/team.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

// In every lane; a NaN may or may not count.
template <class T>
HWY_INLINE auto row_max(const T* x, std::int64_t C) {
  const hn::ScalableTag<T> d;
  const auto lowest = hn::Set(d, -std::numeric_limits<T>::infinity());
  auto most = lowest;
  each_vector(x, C, [&](std::int64_t, auto v, std::int64_t lanes) HWY_ATTR {
    if (lanes < kLanesOf<T>) v = hn::IfThenElse(hn::FirstN(d, static_cast<std::size_t>(lanes)), v, lowest);
    most = hn::Max(most, v);
  });
  return hn::MaxOfLanes(d, most);
}

// The sum of exp(x - shift), in every lane; the terms go to y where that is not null.
template <class T>
HWY_INLINE LanesOf<T> row_exp(const T* x, std::int64_t C, LanesOf<T> shift, std::type_identity_t<T>* y) {
  const hn::ScalableTag<T> d;
  auto sum = hn::Zero(d);
  each_vector(x, C, [&](std::int64_t c, auto v, std::int64_t lanes) HWY_ATTR {
    const auto e = exp_keeping_nan(d, hn::Sub(v, shift));
    if (y) store_lanes(e, d, y + c, lanes);
    sum = hn::Add(sum, keep_lanes(d, e, lanes));
  });
  return hn::SumOfLanes(d, sum);
}

// Rows side by side are taken kVecs vectors at a time, of which the last may have less lanes only with kVecs == 1. One
// vector alone would read a single cache line of each class, which no prefetcher follows.
inline constexpr int kColumnVecs = 4;
template <int kVecs, class T>
HWY_INLINE LanesOf<T> load_column(const T* from, std::int64_t lanes) {
  const hn::ScalableTag<T> d;
  return kVecs > 1 ? hn::LoadU(d, from) : load_lanes(d, from, lanes);
}
template <int kVecs, class T>
HWY_INLINE void store_column(LanesOf<T> v, T* to, std::int64_t lanes) {
  const hn::ScalableTag<T> d;
  kVecs > 1 ? hn::StoreU(v, d, to) : store_lanes(v, d, to, lanes);
}
// Calls f(std::integral_constant<int, kVecs>, first, lanes) for `count` rows, at most kColumnVecs vectors of them.
template <class T, class F>
HWY_INLINE void each_column_group(std::int64_t count, F&& f) {
  if (count == kColumnVecs * kLanesOf<T>) return f(std::integral_constant<int, kColumnVecs>(), 0, kLanesOf<T>);
  for (std::int64_t j = 0; j < count; j += kLanesOf<T>)
    f(std::integral_constant<int, 1>(), j, std::min(count - j, kLanesOf<T>));
}

// The greatest element of each row, `stride` elements between one class and the next.
template <int kVecs, class T>
HWY_INLINE void column_max(const T* x, std::int64_t C, std::int64_t stride, std::int64_t lanes,
                           LanesOf<T> (&most)[kVecs]) {
  for (auto& v : most) v = hn::Set(hn::ScalableTag<T>(), -std::numeric_limits<T>::infinity());
  for (std::int64_t c = 0; c < C; ++c, x += stride) {
    HWY_UNROLL(4) for (int v = 0; v < kVecs; ++v) {
      most[v] = hn::Max(most[v], load_column<kVecs>(x + v * kLanesOf<T>, lanes));
    }
  }
}
// The sum of exp(x - shift) of each row; the terms go to y where that is not null.
template <int kVecs, class T>
HWY_INLINE void column_exp(const T* x, std::int64_t C, std::int64_t stride, std::int64_t lanes,
                           const LanesOf<T> (&shift)[kVecs], std::type_identity_t<T>* y, LanesOf<T> (&sum)[kVecs]) {
  const hn::ScalableTag<T> d;
  for (auto& v : sum) v = hn::Zero(d);
  for (std::int64_t at = 0; at < C * stride; at += stride) {
    HWY_UNROLL(4) for (int v = 0; v < kVecs; ++v) {
      const std::int64_t here = at + v * kLanesOf<T>;
      const auto e = exp_keeping_nan(d, hn::Sub(load_column<kVecs>(x + here, lanes), shift[v]));
      if (y) store_column<kVecs>(e, y + here, lanes);
      sum[v] = hn::Add(sum[v], e);
    }
  }
}

// Outer rows, or outer * (groups of inner rows), in chunks of about 16K elements; f(o, i, count) is called for each;
// count is 1 with inner == 1.
template <class T>
struct RowSplit {
  static constexpr std::int64_t kGroup = kColumnVecs * kLanesOf<T>;
  std::int64_t outer, inner, groups, per_chunk;
  RowSplit(std::int64_t outer_size, std::int64_t C, std::int64_t inner_size)
      : outer(outer_size),
        inner(inner_size),
        groups(inner == 1 ? 1 : (inner + kGroup - 1) / kGroup),
        per_chunk(std::max<std::int64_t>(1, 16384 / (std::max<std::int64_t>(C, 1) * std::min(inner, kGroup)))) {}
  std::int64_t chunks() const { return (outer * groups + per_chunk - 1) / per_chunk; }
  template <class F>
  HWY_INLINE void each(std::int64_t chunk, F&& f) const {
    const std::int64_t end = std::min((chunk + 1) * per_chunk, outer * groups);
    for (std::int64_t u = chunk * per_chunk; u < end; ++u) {
      const std::int64_t i = u % groups * kGroup;
      f(u / groups, i, std::min(inner - i, kGroup));
    }
  }
};

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
