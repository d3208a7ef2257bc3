// Average pooling over given spans of rows and columns.
#if defined(CRESSET_AVG_WINDOWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_AVG_WINDOWS_INL_H
#undef CRESSET_AVG_WINDOWS_INL_H
#else
#define CRESSET_AVG_WINDOWS_INL_H
#endif

#include "backend/cpu/pool2d_lanes-inl.h"
#include "backend/cpu/pool2d_layout.h"
#include "backend/cpu/scratch.h"
#include "core/team.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

// The windows of a problem: P spans of rows, Q of columns. Both ends of consecutive spans never go back.
struct Windows {
  const Pool2dProblem& p;
  const Span *rows, *columns;

  bool empty(std::int64_t i, std::int64_t j) const {
    return rows[i].begin >= rows[i].end || columns[j].begin >= columns[j].end;
  }
  template <class T>
  T divisor(std::int64_t i, std::int64_t j) const {
    return static_cast<T>(avg_divisor(p, rows[i], columns[j]));
  }
  // Whether the columns are pairs side by side.
  bool pairs() const {
    for (std::int64_t j = 0; j < p.Q; ++j)
      if (columns[j].begin != 2 * j || columns[j].end != 2 * j + 2) return false;
    return true;
  }
};

// One row of outputs in channels_last.
template <class T>
void avg_row_last(const Windows& windows, std::int64_t n, std::int64_t i, const T* x, T* y) {
  const hn::ScalableTag<T> d;
  const Pool2dProblem& p = windows.p;
  const Span rows = windows.rows[i];
  for (std::int64_t j = 0; j < p.Q; ++j) {
    const Span columns = windows.columns[j];
    const auto divisor = hn::Set(d, windows.empty(i, j) ? T(1) : windows.divisor<T>(i, j));
    for (std::int64_t c = 0; c < p.C; c += kLanesOf<T>) {
      const std::int64_t lanes = std::min(p.C - c, kLanesOf<T>);
      auto sum = hn::Zero(d);
      for (std::int64_t h = rows.begin; h < rows.end; ++h)
        for (std::int64_t w = columns.begin; w < columns.end; ++w)
          sum = hn::Add(sum, load_lanes(d, x + ((n * p.H + h) * p.W + w) * p.C + c, lanes));
      store_lanes(hn::Div(sum, divisor), d, y + ((n * p.P + i) * p.Q + j) * p.C + c, lanes);
    }
  }
}

// Four running sums, since one would wait for itself.
template <class T>
HWY_INLINE T contiguous_sum(const T* x, std::int64_t n) {
  const hn::ScalableTag<T> d;
  LanesOf<T> sums[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  std::int64_t i = 0;
  for (; i + 4 * kLanesOf<T> <= n; i += 4 * kLanesOf<T>) {
    HWY_UNROLL(4) for (int v = 0; v < 4; ++v) sums[v] = hn::Add(sums[v], hn::LoadU(d, x + i + v * kLanesOf<T>));
  }
  each_vector(x + i, n - i, [&](std::int64_t, auto v, std::int64_t) HWY_ATTR { sums[0] = hn::Add(sums[0], v); });
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]))));
}

// One row of outputs of a plane: the sum of the window's rows first, then sums along it.
template <class T>
void avg_row(const Windows& windows, bool pairs, std::int64_t i, const T* x, T* y, T* sums) {
  const hn::ScalableTag<T> d;
  const Pool2dProblem& p = windows.p;
  const Span rows = windows.rows[i];
  if (p.Q == 1 && windows.columns[0].begin == 0 && windows.columns[0].end == p.W && !windows.empty(i, 0)) {
    *y = contiguous_sum(x + rows.begin * p.W, (rows.end - rows.begin) * p.W) / windows.divisor<T>(i, 0);
    return;
  }
  for (std::int64_t w = 0; w < p.W; w += kLanesOf<T>) {
    const std::int64_t lanes = std::min(p.W - w, kLanesOf<T>);
    auto sum = hn::Zero(d);
    for (std::int64_t h = rows.begin; h < rows.end; ++h) sum = hn::Add(sum, load_lanes(d, x + h * p.W + w, lanes));
    store_lanes(sum, d, sums + w, lanes);
  }
  if (pairs) {
    const auto divisor = hn::Set(d, rows.begin < rows.end ? windows.divisor<T>(i, 0) : T(1));
    for (std::int64_t j = 0; j < p.Q; j += kLanesOf<T>) {
      const std::int64_t lanes = std::min(p.Q - j, kLanesOf<T>);
      const Pair<T> pair = load_pair(sums + 2 * j, 2 * lanes);
      const auto sum = hn::Add(hn::ConcatEven(d, pair.high, pair.low), hn::ConcatOdd(d, pair.high, pair.low));
      store_lanes(hn::Div(sum, divisor), d, y + j, lanes);
    }
    return;
  }
  for (std::int64_t j = 0; j < p.Q; ++j) {
    const Span columns = windows.columns[j];
    T sum = 0;
    if (columns.end - columns.begin >= kLanesOf<T>) {
      sum = contiguous_sum(sums + columns.begin, columns.end - columns.begin);
    } else {
      for (std::int64_t w = columns.begin; w < columns.end; ++w) sum += sums[w];
    }
    y[j] = windows.empty(i, j) ? T(0) : sum / windows.divisor<T>(i, j);
  }
}

// One plane's gradient: what a row of outputs gives to each column, then to each of its rows.
template <class T>
void avg_backward_plane(const Windows& windows, bool pairs, const T* grad_y, T* grad_x, T* shares) {
  const hn::ScalableTag<T> d;
  const Pool2dProblem& p = windows.p;
  std::int64_t written = 0;  // rows of grad_x that hold a value
  for (std::int64_t i = 0; i < p.P; ++i, grad_y += p.Q) {
    const Span rows = windows.rows[i];
    if (rows.begin >= rows.end) continue;
    std::fill(shares + (pairs ? 2 * p.Q : 0), shares + p.W, T(0));
    if (pairs) {
      const auto divisor = hn::Set(d, windows.divisor<T>(i, 0));
      for (std::int64_t j = 0; j < p.Q; j += kLanesOf<T>) {
        const std::int64_t lanes = std::min(p.Q - j, kLanesOf<T>);
        const auto share = hn::Div(load_lanes(d, grad_y + j, lanes), divisor);
        store_interleaved<T>(share, share, shares + 2 * j, lanes);
      }
    } else {
      for (std::int64_t j = 0; j < p.Q; ++j) {
        if (windows.empty(i, j)) continue;
        const T share = grad_y[j] / windows.divisor<T>(i, j);
        for (std::int64_t w = windows.columns[j].begin; w < windows.columns[j].end; ++w) shares[w] += share;
      }
    }
    if (rows.begin > written) {
      std::fill(grad_x + written * p.W, grad_x + rows.begin * p.W, T(0));
      written = rows.begin;
    }
    for (std::int64_t h = rows.begin; h < rows.end; ++h) {
      T* const to = grad_x + h * p.W;
      if (h >= written)
        std::copy(shares, shares + p.W, to);
      else
        each_vector(shares, p.W, [&](std::int64_t w, auto v, std::int64_t lanes) HWY_ATTR {
          store_lanes(hn::Add(load_lanes(d, to + w, lanes), v), d, to + w, lanes);
        });
    }
    written = std::max(written, rows.end);
  }
  std::fill(grad_x + written * p.W, grad_x + p.H * p.W, T(0));
}

// One image of channels_last, channels [begin, end).
template <class T>
void avg_backward_last(const Windows& windows, std::int64_t n, std::int64_t begin, std::int64_t end, const T* grad_y,
                       T* grad_x) {
  const hn::ScalableTag<T> d;
  const Pool2dProblem& p = windows.p;
  for (std::int64_t at = n * p.H * p.W; at < (n + 1) * p.H * p.W; ++at)
    std::fill(grad_x + at * p.C + begin, grad_x + at * p.C + end, T(0));
  for (std::int64_t i = 0; i < p.P; ++i)
    for (std::int64_t j = 0; j < p.Q; ++j) {
      if (windows.empty(i, j)) continue;
      const auto divisor = hn::Set(d, windows.divisor<T>(i, j));
      for (std::int64_t c = begin; c < end; c += kLanesOf<T>) {
        const std::int64_t lanes = std::min(end - c, kLanesOf<T>);
        const auto share = hn::Div(load_lanes(d, grad_y + ((n * p.P + i) * p.Q + j) * p.C + c, lanes), divisor);
        for (std::int64_t h = windows.rows[i].begin; h < windows.rows[i].end; ++h)
          for (std::int64_t w = windows.columns[j].begin; w < windows.columns[j].end; ++w) {
            T* const to = grad_x + ((n * p.H + h) * p.W + w) * p.C + c;
            store_lanes(hn::Add(load_lanes(d, to, lanes), share), d, to, lanes);
          }
      }
    }
}

struct RowSums {};

template <class T>
void avg_forward(const Windows& windows, const T* x, T* y) {
  const Pool2dProblem& p = windows.p;
  const bool last = p.format == kChannelsLast, pairs = windows.pairs();
  const std::int64_t units = p.N * p.P * (last ? 1 : p.C);
  const std::int64_t work = std::max<std::int64_t>(1, p.H * p.W * (last ? p.C : 1) / std::max<std::int64_t>(p.P, 1));
  const std::int64_t per_chunk = std::max<std::int64_t>(1, 16384 / work);
  parallel_for((units + per_chunk - 1) / per_chunk, [&](std::int64_t chunk) HWY_ATTR {
    T* const sums = static_cast<T*>(scratch<RowSums>(sizeof(T) * static_cast<std::size_t>(p.W)));
    for (std::int64_t u = chunk * per_chunk; u < std::min((chunk + 1) * per_chunk, units); ++u) {
      if (last)
        avg_row_last(windows, u / p.P, u % p.P, x, y);
      else
        avg_row(windows, pairs, u % p.P, x + u / p.P * p.H * p.W, y + u * p.Q, sums);
    }
  });
}

template <class T>
void avg_backward(const Windows& windows, const T* grad_y, T* grad_x) {
  const Pool2dProblem& p = windows.p;
  const bool last = p.format == kChannelsLast, pairs = windows.pairs();
  const std::int64_t block = last ? std::min<std::int64_t>(p.C, 64) : 1, blocks = (p.C + block - 1) / block;
  const std::int64_t work = std::max<std::int64_t>(1, block * p.H * p.W);
  const std::int64_t per_chunk = std::max<std::int64_t>(1, 16384 / work), units = p.N * blocks;
  parallel_for((units + per_chunk - 1) / per_chunk, [&](std::int64_t chunk) HWY_ATTR {
    T* const shares = static_cast<T*>(scratch<RowSums>(sizeof(T) * static_cast<std::size_t>(p.W)));
    for (std::int64_t u = chunk * per_chunk; u < std::min((chunk + 1) * per_chunk, units); ++u) {
      const std::int64_t c = u % blocks * block;
      if (last)
        avg_backward_last(windows, u / blocks, c, std::min(c + block, p.C), grad_y, grad_x);
      else
        avg_backward_plane(windows, pairs, grad_y + u * p.P * p.Q, grad_x + u * p.H * p.W, shares);
    }
  });
}

// Calls f(windows) with the spans span(output, size of the input, …) in working memory.
template <class F>
void with_windows(const Pool2dProblem& p, F&& f) {
  struct Spans {};
  Span* const rows = static_cast<Span*>(scratch<Spans>(sizeof(Span) * static_cast<std::size_t>(p.P + p.Q)));
  Span* const columns = rows + p.P;
  for (std::int64_t i = 0; i < p.P; ++i) rows[i] = avg_rows(p, i);
  for (std::int64_t j = 0; j < p.Q; ++j) columns[j] = avg_columns(p, j);
  f(Windows{p, rows, columns});
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
