// Per-channel sums of a batch, for the mean and variance and for the gradients.
#if defined(CRESSET_BATCH_NORM_STATS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_BATCH_NORM_STATS_INL_H
#undef CRESSET_BATCH_NORM_STATS_INL_H
#else
#define CRESSET_BATCH_NORM_STATS_INL_H
#endif

#include <cresset/extension/batch_norm.h>

#include <algorithm>

#include "backend/cpu/highway_lanes-inl.h"
#include "backend/cpu/scratch.h"
#include "core/team.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

// How a batch is cut into pieces of about 16K elements, which follow from the problem alone. With channels side by side
// (channels_last, or [N, C]) a piece is a range of rows for all channels; otherwise a range of images, or of one
// image's positions, for one channel.
struct Pieces {
  bool side_by_side;
  std::int64_t rows, rows_per_piece;      // side by side: N * L rows of C
  std::int64_t images, parts, positions;  // else: images per piece, or parts of an image with positions each
  std::int64_t per_channel;               // pieces a channel
};
inline Pieces pieces_of(const BatchNormProblem& p) {
  constexpr std::int64_t kElements = 16384;
  const auto ceil_div = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  Pieces pieces{p.format == kChannelsLast || p.L == 1, p.N * p.L, 0, 1, 1, p.L, 0};
  if (pieces.side_by_side) {
    pieces.rows_per_piece = std::max<std::int64_t>(64, kElements / std::max<std::int64_t>(p.C, 1));
    pieces.per_channel = ceil_div(pieces.rows, pieces.rows_per_piece);
  } else if (p.L >= kElements) {
    pieces.parts = ceil_div(p.L, kElements);
    pieces.positions = kElements;
    pieces.per_channel = p.N * pieces.parts;
  } else {
    pieces.images = std::max<std::int64_t>(1, kElements / std::max<std::int64_t>(p.L, 1));
    pieces.per_channel = ceil_div(p.N, pieces.images);
  }
  return pieces;
}

// Calls f(offset, count) for each contiguous run of a piece of channel c.
template <class F>
HWY_INLINE void each_run(const BatchNormProblem& p, const Pieces& pieces, std::int64_t c, std::int64_t piece, F&& f) {
  if (pieces.parts > 1) {
    const std::int64_t n = piece / pieces.parts, l = piece % pieces.parts * pieces.positions;
    f((n * p.C + c) * p.L + l, std::min(pieces.positions, p.L - l));
  } else {
    for (std::int64_t n = piece * pieces.images; n < std::min((piece + 1) * pieces.images, p.N); ++n)
      f((n * p.C + c) * p.L, p.L);
  }
}

// Runs f(c, piece) for all channels and pieces, or f(0, piece) where channels are side by side; enough at a time to be
// worth a thread.
template <class F>
void each_piece(const BatchNormProblem& p, const Pieces& pieces, F&& f) {
  const std::int64_t units = pieces.side_by_side ? pieces.per_channel : p.C * pieces.per_channel;
  if (units == 0) return;
  const std::int64_t work = std::max<std::int64_t>(1, p.N * p.C * p.L / units);
  const std::int64_t per_chunk = std::max<std::int64_t>(1, 8192 / work);
  parallel_for((units + per_chunk - 1) / per_chunk, [&](std::int64_t chunk) HWY_ATTR {
    for (std::int64_t u = chunk * per_chunk; u < std::min((chunk + 1) * per_chunk, units); ++u)
      f(pieces.side_by_side ? 0 : u / pieces.per_channel, pieces.side_by_side ? u : u % pieces.per_channel);
  });
}

// Sums over a piece of one channel: term(x, grad) gives two vectors that are added up. Two running sums each hide the
// additions' latency.
template <class T>
struct Sums {
  T first, second;
};
template <class T, class Term>
HWY_INLINE Sums<T> run_sums(const BatchNormProblem& p, const Pieces& pieces, std::int64_t c, std::int64_t piece,
                            const T* a, const T* b, Term&& term) {
  const hn::ScalableTag<T> d;
  LanesOf<T> first[2] = {hn::Zero(d), hn::Zero(d)}, second[2] = {hn::Zero(d), hn::Zero(d)};
  each_run(p, pieces, c, piece, [&](std::int64_t offset, std::int64_t count) HWY_ATTR {
    std::int64_t i = 0;
    for (; i + 2 * kLanesOf<T> <= count; i += 2 * kLanesOf<T>) {
      HWY_UNROLL(2) for (int v = 0; v < 2; ++v) {
        const std::int64_t at = offset + i + v * kLanesOf<T>;
        term(hn::LoadU(d, a + at), hn::LoadU(d, b + at), first[v], second[v]);
      }
    }
    for (; i < count; i += kLanesOf<T>) {
      const std::int64_t lanes = std::min(count - i, kLanesOf<T>);
      auto more_first = hn::Zero(d), more_second = hn::Zero(d);
      term(load_lanes(d, a + offset + i, lanes), load_lanes(d, b + offset + i, lanes), more_first, more_second);
      first[0] = hn::Add(first[0], keep_lanes(d, more_first, lanes));
      second[0] = hn::Add(second[0], keep_lanes(d, more_second, lanes));
    }
  });
  return {hn::GetLane(hn::SumOfLanes(d, hn::Add(first[0], first[1]))),
          hn::GetLane(hn::SumOfLanes(d, hn::Add(second[0], second[1])))};
}

// The same for the channels [c, c + lanes) that lie side by side; the sums are left in vectors.
template <class T, class Term>
HWY_INLINE void row_sums(const BatchNormProblem& p, const Pieces& pieces, std::int64_t c, std::int64_t lanes,
                         std::int64_t piece, const T* a, const T* b, LanesOf<T>& first, LanesOf<T>& second,
                         Term&& term) {
  const hn::ScalableTag<T> d;
  LanesOf<T> more[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  const std::int64_t end = std::min((piece + 1) * pieces.rows_per_piece, pieces.rows);
  std::int64_t row = piece * pieces.rows_per_piece;
  for (; row + 2 <= end; row += 2) {
    const std::int64_t at = row * p.C + c;
    term(load_lanes(d, a + at, lanes), load_lanes(d, b + at, lanes), more[0], more[1]);
    term(load_lanes(d, a + at + p.C, lanes), load_lanes(d, b + at + p.C, lanes), more[2], more[3]);
  }
  if (row < end)
    term(load_lanes(d, a + row * p.C + c, lanes), load_lanes(d, b + row * p.C + c, lanes), more[0], more[1]);
  first = hn::Add(more[0], more[2]);
  second = hn::Add(more[1], more[3]);
}

// The number of elements of a channel in a piece.
inline std::int64_t piece_count(const BatchNormProblem& p, const Pieces& pieces, std::int64_t piece) {
  if (pieces.side_by_side) return std::min(pieces.rows_per_piece, pieces.rows - piece * pieces.rows_per_piece);
  if (pieces.parts > 1) return std::min(pieces.positions, p.L - piece % pieces.parts * pieces.positions);
  return std::min(pieces.images, p.N - piece * pieces.images) * p.L;
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
