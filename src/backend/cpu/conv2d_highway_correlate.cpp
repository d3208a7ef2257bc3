// Cuts a correlation into bands of rows, brings each band's input into a padded buffer where taps reach outside, and
// runs the vector code of the two kinds.
#include "backend/cpu/conv2d_highway_correlate.h"

#include <algorithm>
#include <vector>

#include "backend/cpu/conv2d_scratch.h"
#include "backend/cpu/highway_targets.h"
#include "core/team.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/conv2d_highway_correlate.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.
#include <hwy/highway.h>

#include "backend/cpu/conv2d_highway_channels-inl.h"
#include "backend/cpu/conv2d_highway_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// What all chunks of one call share.
template <class T>
struct Call {
  const Correlation& c;
  const T* in;
  const T* bias;  // with lanes over channels: padded to whole vectors for each group
  T* out;
  const T* weights;            // packed
  const std::ptrdiff_t* taps;  // offsets in the band, rows of the filter first
  Strides4 band;               // strides of the input as the vector code sees it; n unused
  std::int64_t rows_per_band, bands;
  bool padded;
  int set_channels;  // lanes along rows: channels of a set
  int vectors;       // lanes over channels: vectors of a set
};

// Which taps of the filter reach inside the input from one row of outputs: [begin, end), in whole rows of the filter.
template <class T>
void tap_range(const Call<T>& call, std::int64_t row, int* begin, int* end) {
  const Correlation& c = call.c;
  const std::int64_t top = row * c.step_h + c.origin_h, taps_per_row = c.C * c.S;
  std::int64_t first = 0, last = c.R;
  while (first < last && top + first * c.tap_h < 0) ++first;
  while (last > first && top + (last - 1) * c.tap_h >= c.H) --last;
  *begin = static_cast<int>(first * taps_per_row);
  *end = static_cast<int>(last * taps_per_row);
}

template <class T>
void run_rows(const Call<T>& call, const T* band, std::int64_t first_row, std::int64_t rows, T* out) {
  const Correlation& c = call.c;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  static thread_local std::vector<RowVector> vectors;
  vectors.clear();
  for (std::int64_t i = first_row; i < first_row + rows; ++i) {
    RowVector v{};
    tap_range(call, i, &v.tap_begin, &v.tap_end);
    for (std::int64_t q = 0; q < c.Q; q += lanes) {
      const std::int64_t column = std::max<std::int64_t>(std::min(q, c.Q - lanes), 0);
      v.in = (i - first_row) * c.step_h * call.band.h + column;
      v.out = i * c.out.h + column;
      vectors.push_back(v);
    }
  }
  const std::ptrdiff_t count = static_cast<std::ptrdiff_t>(vectors.size());
  const std::ptrdiff_t together = vectors_together(call.set_channels, vectors.data(), count);
  RowBlock<T> block{.in = band,
                    .taps = call.taps,
                    .weights = call.weights,
                    .bias = nullptr,
                    .out = nullptr,
                    .out_channel = c.out.c,
                    .lanes = std::min(lanes, c.Q)};
  for (std::int64_t g = 0; g < c.groups; ++g)
    for (std::int64_t k = 0; k < c.K; k += call.set_channels) {
      const int channels = static_cast<int>(std::min<std::int64_t>(call.set_channels, c.K - k));
      const std::int64_t channel = g * c.K + k;
      block.in = band + g * c.C * call.band.c;
      block.weights = call.weights + channel * c.C * c.R * c.S;
      block.bias = call.bias ? call.bias + channel : nullptr;
      block.out = out + channel * c.out.c;
      row_blocks(block, channels, vectors.data(), count,
                 channels == call.set_channels ? together : vectors_together(channels, vectors.data(), count));
    }
}

// Brings sums of whole rows, [position][channel], to where the outputs lie.
template <class T>
void put_rows(const Correlation& c, const T* sums, std::int64_t pitch, std::int64_t channels, std::int64_t row,
              std::int64_t rows, T* out) {
  if (c.out.c == 1) {
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t q = 0; q < c.Q; ++q)
        copy_row(sums + (i * c.Q + q) * pitch, channels, out + (row + i) * c.out.h + q * c.out.w);
  } else if (c.out.w == 1 && (c.out.h == c.Q || rows == 1)) {
    transpose(sums, pitch, rows * c.Q, channels, out + row * c.out.h, c.out.c);
  } else {
    for (std::int64_t k = 0; k < channels; ++k)
      for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t q = 0; q < c.Q; ++q)
          out[k * c.out.c + (row + i) * c.out.h + q * c.out.w] = sums[(i * c.Q + q) * pitch + k];
  }
}

template <class T>
void run_channels(const Call<T>& call, const T* band, std::int64_t first_row, std::int64_t rows, T* out) {
  const Correlation& c = call.c;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  const std::int64_t width = call.vectors * lanes, padded_channels = (c.K + width - 1) / width * width;
  const std::int64_t step = c.step_w * call.band.w;
  const std::size_t index = best_positions(c.Q, call.vectors);
  const std::int64_t positions = kBlockPositions[index];
  const ChannelBlockFunction<T> function = channel_block_function<T>(index, call.vectors, step);
  // Rows whose sums are put away together: enough for whole squares of the transposition, few enough for the
  // first-level cache.
  const std::int64_t together =
      std::clamp<std::int64_t>((12 << 10) / static_cast<std::int64_t>(sizeof(T)) / (c.Q * width), 1, rows);
  struct Sums;
  T* sums = scratch_of<Sums, T>(together * c.Q * width);
  for (std::int64_t g = 0; g < c.groups; ++g)
    for (std::int64_t k = 0; k < c.K; k += width)
      for (std::int64_t i = 0; i < rows; i += together) {
        const std::int64_t count = std::min(together, rows - i);
        ChannelBlock<T> block{};
        block.step = step;
        block.taps = call.taps;
        block.weights = call.weights + (g * padded_channels + k) * c.C * c.R * c.S;
        block.bias = call.bias + g * padded_channels + k;
        for (std::int64_t r = 0; r < count; ++r) {
          const T* row = band + (i + r) * c.step_h * call.band.h + g * c.C * call.band.c;
          tap_range(call, first_row + i + r, &block.tap_begin, &block.tap_end);
          for (std::int64_t q = 0; q < c.Q; q += positions) {
            const std::int64_t column = std::min(q, c.Q - positions);
            block.in = row + column * step;
            block.out = sums + (r * c.Q + column) * width;
            function(block);
          }
        }
        put_rows(c, sums, width, std::min(width, c.K - k), first_row + i, count, out + (g * c.K + k) * c.out.c);
      }
}

// Weights of set after set: [set][r][c][s][channel] (channels_last: [r][s][c]), the channels of a set padded with zeros
// to `pitch` where `padded`.
template <class T>
void pack_weights(const Correlation& c, const T* w, std::int64_t set, bool padded, T* packed) {
  const std::int64_t taps = c.C * c.R * c.S, sets = (c.K + set - 1) / set;
  const std::int64_t outer = c.channels_last ? c.S : c.C, inner = c.channels_last ? c.C : c.S;
  const std::int64_t outer_step = c.channels_last ? c.weight.w : c.weight.c,
                     inner_step = c.channels_last ? c.weight.c : c.weight.w;
  const auto pack_set = [&](std::int64_t index) {
    const std::int64_t g = index / sets, k = index % sets * set, count = std::min(set, c.K - k),
                       pitch = padded ? set : count;
    const T* from = w + c.weight_base + g * c.weight_group + k * c.weight.n;
    T* to = packed + (padded ? index * set : g * c.K + k) * taps;
    for (std::int64_t r = 0; r < c.R; ++r)
      for (std::int64_t a = 0; a < outer; ++a)
        for (std::int64_t b = 0; b < inner; ++b, to += pitch) {
          const T* first = from + r * c.weight.h + a * outer_step + b * inner_step;
          for (std::int64_t i = 0; i < count; ++i) to[i] = first[i * c.weight.n];
          for (std::int64_t i = count; i < pitch; ++i) to[i] = T(0);
        }
  };
  // Below this many weights a thread is not worth waking.
  constexpr std::int64_t kSerial = 32 << 10;
  if (c.groups * c.K * taps > kSerial)
    parallel_for(c.groups * sets, pack_set);
  else
    for (std::int64_t i = 0; i < c.groups * sets; ++i) pack_set(i);
}

template <class T>
void correlate_all(const Correlation& c, const T* in, const T* w, const T* bias, T* out) {
  if (c.N <= 0 || c.P <= 0 || c.Q <= 0) return;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  const auto whole = [&](std::int64_t n) { return (n + lanes - 1) / lanes * lanes; };
  // The kind that fills more of its lanes; rows must be dense on both sides.
  const bool by_rows = !c.channels_last && c.step_w == 1 && c.out.w == 1 && c.Q * whole(c.K) >= c.K * whole(c.Q);

  Call<T> call{.c = c,
               .in = in,
               .bias = bias,
               .out = out + c.out_base,
               .weights = nullptr,
               .taps = nullptr,
               .band = c.in,
               .rows_per_band = rows_per_chunk(c, sizeof(T)),
               .bands = 0,
               .padded = c.reaches_outside() || (by_rows && c.Q < lanes),
               .set_channels = 0,
               .vectors = 0};
  call.bands = (c.P + call.rows_per_band - 1) / call.rows_per_band;
  const std::int64_t band_height = c.rows_in(call.rows_per_band), band_width = c.columns_in(),
                     channels = c.groups * c.C;
  if (call.padded)
    call.band = strides4(c.channels_last ? kChannelsLast : kContiguous, channels, band_height, band_width);

  static thread_local std::vector<std::ptrdiff_t> taps;
  taps.clear();
  for (std::int64_t r = 0; r < c.R; ++r)
    for (std::int64_t a = 0; a < (c.channels_last ? c.S : c.C); ++a)
      for (std::int64_t b = 0; b < (c.channels_last ? c.C : c.S); ++b) {
        const std::int64_t k = c.channels_last ? b : a, s = c.channels_last ? a : b;
        taps.push_back(k * call.band.c + r * c.tap_h * call.band.h + s * c.tap_w * call.band.w);
      }
  call.taps = taps.data();

  struct Weights;
  struct Bias;
  const std::int64_t weights_per_channel = c.C * c.R * c.S;
  if (by_rows) {
    const std::int64_t sets = (c.K + kMaxRowChannels - 1) / kMaxRowChannels;
    call.set_channels = static_cast<int>((c.K + sets - 1) / sets);
    T* packed = scratch_of<Weights, T>(c.groups * c.K * weights_per_channel);
    pack_weights(c, w, call.set_channels, false, packed);
    call.weights = packed;
  } else {
    call.vectors = c.K > lanes ? 2 : 1;
    const std::int64_t set = call.vectors * lanes, padded = (c.K + set - 1) / set * set;
    T* packed = scratch_of<Weights, T>(c.groups * padded * weights_per_channel);
    pack_weights(c, w, set, true, packed);
    call.weights = packed;
    T* starts = scratch_of<Bias, T>(c.groups * padded);
    std::fill_n(starts, c.groups * padded, T(0));
    if (bias)
      for (std::int64_t g = 0; g < c.groups; ++g) std::copy_n(bias + g * c.K, c.K, starts + g * padded);
    call.bias = starts;
  }

  parallel_for(c.N * call.bands, [&](std::int64_t chunk) {
    const std::int64_t n = chunk / call.bands, row = chunk % call.bands * call.rows_per_band,
                       rows = std::min(call.rows_per_band, c.P - row);
    const T* band = call.in + n * c.in.n;
    if (call.padded) {
      struct Band;
      // The last vector of the last row may read past it.
      T* copy = scratch_of<Band, T>(channels * band_height * band_width + lanes);
      fill_band(c, call.band, band, row, rows, copy);
      band = copy;
    } else if (c.R && c.S) {
      band += (row * c.step_h + c.origin_h) * c.in.h + c.origin_w * c.in.w;
    }
    T* image = call.out + n * c.out.n;
    by_rows ? run_rows(call, band, row, rows, image) : run_channels(call, band, row, rows, image);
  });
}

void correlate_float(const Correlation& c, const float* in, const float* w, const float* bias, float* out) {
  correlate_all(c, in, w, bias, out);
}
void correlate_double(const Correlation& c, const double* in, const double* w, const double* bias, double* out) {
#if HWY_HAVE_FLOAT64
  correlate_all(c, in, w, bias, out);
#endif
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::cpu {
HWY_EXPORT(correlate_float);
HWY_EXPORT(correlate_double);
void correlate(const Correlation& c, const float* in, const float* w, const float* bias, float* out) {
  HWY_DYNAMIC_DISPATCH(correlate_float)(c, in, w, bias, out);
}
void correlate(const Correlation& c, const double* in, const double* w, const double* bias, double* out) {
  HWY_DYNAMIC_DISPATCH(correlate_double)(c, in, w, bias, out);
}
}  // namespace cresset::cpu
#endif
