// Maximum pooling forward: lanes over the channels in channels_last, along the output row otherwise.
#if defined(CRESSET_MAX_POOL2D_FORWARD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_MAX_POOL2D_FORWARD_INL_H
#undef CRESSET_MAX_POOL2D_FORWARD_INL_H
#else
#define CRESSET_MAX_POOL2D_FORWARD_INL_H
#endif

#include <limits>

#include "backend/cpu/pool2d_lanes-inl.h"
#include "backend/cpu/pool2d_layout.h"
#include "backend/cpu/scratch.h"
#include "core/team.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

// The running maximum of some lanes. A later candidate wins if it is greater or NaN.
template <class T>
struct Best {
  LanesOf<T> value;
  LanesOf<IndexOf<T>> index;

  HWY_INLINE void offer(LanesOf<T> candidate, LanesOf<IndexOf<T>> at) {
    const hn::ScalableTag<IndexOf<T>> di;
    const auto wins = hn::Or(hn::Gt(candidate, value), hn::IsNaN(candidate));
    value = hn::IfThenElse(wins, candidate, value);
    index = hn::IfThenElse(hn::RebindMask(di, wins), at, index);
  }
};

template <class T>
HWY_INLINE void store_best(const Best<T>& best, std::int64_t at, std::int64_t lanes, T* y, std::int64_t* indices) {
  store_lanes(best.value, hn::ScalableTag<T>(), y + at, lanes);
  if (indices) store_indices<T>(best.index, indices + at, lanes);
}

// One row of outputs in channels_last.
template <class T>
void max_row_last(const Pool2dProblem& p, std::int64_t n, std::int64_t i, const T* x, T* y, std::int64_t* indices) {
  using Index = IndexOf<T>;
  const hn::ScalableTag<T> d;
  const hn::ScalableTag<Index> di;
  const Taps rows = taps(i, p.H, p.R, p.stride_h, p.pad_h, p.dilation_h);
  for (std::int64_t j = 0; j < p.Q; ++j) {
    const Taps columns = taps(j, p.W, p.S, p.stride_w, p.pad_w, p.dilation_w);
    const bool none = rows.count == 0 || columns.count == 0;
    const std::int64_t first = none ? -1 : rows.first * p.W + columns.first;
    const std::int64_t at = ((n * p.P + i) * p.Q + j) * p.C;
    for (std::int64_t c = 0; c < p.C; c += kLanesOf<T>) {
      const std::int64_t lanes = std::min(p.C - c, kLanesOf<T>);
      Best<T> best{hn::Set(d, -std::numeric_limits<T>::infinity()), hn::Set(di, static_cast<Index>(first))};
      for (std::int64_t r = 0; r < rows.count; ++r)
        for (std::int64_t s = 0; s < columns.count; ++s) {
          const std::int64_t index = (rows.first + r * p.dilation_h) * p.W + columns.first + s * p.dilation_w;
          best.offer(load_lanes(d, x + (n * p.H * p.W + index) * p.C + c, lanes),
                     hn::Set(di, static_cast<Index>(index)));
        }
      store_best(best, at + c, lanes, y, indices);
    }
  }
}

// One row of outputs, 2 x 2 windows side by side inside the input.
template <class T>
HWY_INLINE void max_row_2x2(const Pool2dProblem& p, std::int64_t plane, std::int64_t i, const T* x, T* y,
                            std::int64_t* indices) {
  using Index = IndexOf<T>;
  const hn::ScalableTag<T> d;
  const hn::ScalableTag<Index> di;
  const T* const top = x + (plane * p.H + 2 * i) * p.W;
  const auto one = hn::Set(di, Index(1)), down = hn::Set(di, static_cast<Index>(p.W));
  for (std::int64_t j = 0; j < p.Q; j += kLanesOf<T>) {
    const std::int64_t lanes = std::min(p.Q - j, kLanesOf<T>);
    const Pair<T> upper = load_pair(top + 2 * j, 2 * lanes), lower = load_pair(top + p.W + 2 * j, 2 * lanes);
    const auto corner = hn::Iota(di, 0);
    const auto index = hn::Add(hn::Add(corner, corner), hn::Set(di, static_cast<Index>(2 * (i * p.W + j))));
    Best<T> best{hn::ConcatEven(d, upper.high, upper.low), index};
    best.offer(hn::ConcatOdd(d, upper.high, upper.low), hn::Add(index, one));
    best.offer(hn::ConcatEven(d, lower.high, lower.low), hn::Add(index, down));
    best.offer(hn::ConcatOdd(d, lower.high, lower.low), hn::Add(hn::Add(index, down), one));
    store_best(best, (plane * p.P + i) * p.Q + j, lanes, y, indices);
  }
}

// One row of outputs, any window: for each tap all outputs that it serves, with the maxima in y and their indices in
// `index`.
template <class T>
void max_row(const Pool2dProblem& p, std::int64_t plane, std::int64_t i, const T* x, T* y, std::int64_t* indices,
             IndexOf<T>* index) {
  using Index = IndexOf<T>;
  const hn::ScalableTag<T> d;
  const hn::ScalableTag<Index> di;
  const Taps rows = taps(i, p.H, p.R, p.stride_h, p.pad_h, p.dilation_h);
  T* const best = y + (plane * p.P + i) * p.Q;
  for (std::int64_t j = 0; j < p.Q; ++j) {
    const Taps columns = taps(j, p.W, p.S, p.stride_w, p.pad_w, p.dilation_w);
    best[j] = -std::numeric_limits<T>::infinity();
    index[j] = rows.count && columns.count ? static_cast<Index>(rows.first * p.W + columns.first) : Index(-1);
  }
  for (std::int64_t r = 0; r < rows.count; ++r)
    for (std::int64_t s = 0; s < p.S; ++s) {
      const std::int64_t h = rows.first + r * p.dilation_h, shift = s * p.dilation_w - p.pad_w;
      const std::int64_t from = (plane * p.H + h) * p.W + shift;
      const Outputs served = outputs_of_tap(shift, p.W, p.stride_w, p.Q);
      std::int64_t j = served.begin;
      if (p.stride_w <= 2) {
        for (; j < served.end; j += kLanesOf<T>) {
          const std::int64_t lanes = std::min(served.end - j, kLanesOf<T>);
          const auto candidate =
              p.stride_w == 1 ? load_lanes(d, x + from + j, lanes) : load_every_second(x + from + 2 * j, lanes);
          const auto step = p.stride_w == 1 ? hn::Iota(di, 0) : hn::Add(hn::Iota(di, 0), hn::Iota(di, 0));
          Best<T> lane{load_lanes(d, best + j, lanes), load_lanes(di, index + j, lanes)};
          lane.offer(candidate, hn::Add(step, hn::Set(di, static_cast<Index>(h * p.W + shift + j * p.stride_w))));
          store_lanes(lane.value, d, best + j, lanes);
          store_lanes(lane.index, di, index + j, lanes);
        }
      } else {
        for (; j < served.end; ++j) {
          const T candidate = x[from + j * p.stride_w];
          if (candidate > best[j] || candidate != candidate) {
            best[j] = candidate;
            index[j] = static_cast<Index>(h * p.W + shift + j * p.stride_w);
          }
        }
      }
    }
  if (indices) std::copy(index, index + p.Q, indices + (plane * p.P + i) * p.Q);
}

template <class T>
void max_forward(const Pool2dProblem& p, const T* x, T* y, std::int64_t* indices) {
  struct RowIndex {};
  const bool last = p.format == kChannelsLast;
  const std::int64_t rows = p.N * p.P * (last ? 1 : p.C);
  const std::int64_t work = std::max<std::int64_t>(1, p.Q * p.R * p.S * (last ? p.C : 1));
  const std::int64_t per_chunk = std::max<std::int64_t>(1, 16384 / work);
  parallel_for((rows + per_chunk - 1) / per_chunk, [&](std::int64_t chunk) HWY_ATTR {
    IndexOf<T>* index = nullptr;
    if (!last && !is_2x2(p))
      index = static_cast<IndexOf<T>*>(scratch<RowIndex>(sizeof(T) * static_cast<std::size_t>(p.Q)));
    for (std::int64_t u = chunk * per_chunk; u < std::min((chunk + 1) * per_chunk, rows); ++u) {
      if (last)
        max_row_last(p, u / p.P, u % p.P, x, y, indices);
      else if (is_2x2(p))
        max_row_2x2(p, u / p.P, u % p.P, x, y, indices);
      else
        max_row(p, u / p.P, u % p.P, x, y, indices, index);
    }
  });
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
