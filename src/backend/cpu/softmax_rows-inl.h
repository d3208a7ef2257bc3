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

// The same for `lanes` rows side by side, `stride` elements between one class and the next.
template <class T>
HWY_INLINE auto column_max(const T* x, std::int64_t C, std::int64_t stride, std::int64_t lanes) {
  const hn::ScalableTag<T> d;
  auto most = hn::Set(d, -std::numeric_limits<T>::infinity());
  for (std::int64_t c = 0; c < C; ++c) most = hn::Max(most, load_lanes(d, x + c * stride, lanes));
  return most;
}
template <class T>
HWY_INLINE LanesOf<T> column_exp(const T* x, std::int64_t C, std::int64_t stride, std::int64_t lanes, LanesOf<T> shift,
                                 std::type_identity_t<T>* y) {
  const hn::ScalableTag<T> d;
  auto sum = hn::Zero(d);
  for (std::int64_t c = 0; c < C; ++c) {
    const auto e = exp_keeping_nan(d, hn::Sub(load_lanes(d, x + c * stride, lanes), shift));
    if (y) store_lanes(e, d, y + c * stride, lanes);
    sum = hn::Add(sum, e);
  }
  return sum;
}

// Outer rows, or outer * (vectors of inner), in chunks of about 16K elements; f(o, i, lanes) is called for each;
// lanes is 1 with inner == 1.
template <class T>
struct RowSplit {
  std::int64_t outer, inner, vectors, per_chunk;
  RowSplit(std::int64_t outer_size, std::int64_t C, std::int64_t inner_size)
      : outer(outer_size),
        inner(inner_size),
        vectors(inner == 1 ? 1 : (inner + kLanesOf<T> - 1) / kLanesOf<T>),
        per_chunk(std::max<std::int64_t>(1, 16384 / (std::max<std::int64_t>(C, 1) * (inner == 1 ? 1 : kLanesOf<T>)))) {}
  std::int64_t chunks() const { return (outer * vectors + per_chunk - 1) / per_chunk; }
  template <class F>
  HWY_INLINE void each(std::int64_t chunk, F&& f) const {
    const std::int64_t end = std::min((chunk + 1) * per_chunk, outer * vectors);
    for (std::int64_t u = chunk * per_chunk; u < end; ++u) {
      const std::int64_t i = u % vectors * kLanesOf<T>;
      f(u / vectors, i, std::min(inner - i, kLanesOf<T>));
    }
  }
};

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
