// Vector code of grad_weight: sums over all positions of a slab, kept in registers.
#if defined(CRESSET_CONV2D_HIGHWAY_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_CONV2D_HIGHWAY_SUMS_INL_H_
#undef CRESSET_CONV2D_HIGHWAY_SUMS_INL_H_
#else
#define CRESSET_CONV2D_HIGHWAY_SUMS_INL_H_
#endif

#include <hwy/highway.h>

#include <array>
#include <cstddef>
#include <utility>

#include "backend/cpu/conv2d_highway_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Some rows of outputs of one image, and the input under them.
template <class T>
struct Unit {
  const T* x;
  const T* grad_y;
  std::ptrdiff_t rows;
};

// A slab of units and how their elements follow each other.
template <class T>
struct Slab {
  const Unit<T>* units;
  std::ptrdiff_t count;
  std::ptrdiff_t columns;              // outputs in a row
  std::ptrdiff_t x_row, x_column;      // from one output to the next
  std::ptrdiff_t grad_row, grad_step;  // grad_step: from one channel to the next (lanes along rows), or from one output
                                       // to the next (lanes over channels)
};

// Lanes along rows: sums[k * sums_channel + t] += sum of grad_y[k] * x[tap t] over the slab, for kChannels x kTaps
// sums.
template <class T, int kChannels, int kTaps>
void row_sums(const Slab<T>& slab, std::ptrdiff_t grad_offset, std::ptrdiff_t x_offset, const std::ptrdiff_t* taps,
              T* sums, std::ptrdiff_t sums_channel) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const std::ptrdiff_t lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const std::ptrdiff_t whole = slab.columns / lanes * lanes;
  const std::ptrdiff_t rest = slab.columns - whole;
  V totals[kChannels][kTaps];
  HWY_UNROLL(16)
  for (int k = 0; k < kChannels; ++k) HWY_UNROLL(16)
  for (int t = 0; t < kTaps; ++t) totals[k][t] = hn::Zero(d);
  for (std::ptrdiff_t u = 0; u < slab.count; ++u) {
    const T* grad = slab.units[u].grad_y + grad_offset;
    const T* x[kTaps];
    HWY_UNROLL(16)
    for (int t = 0; t < kTaps; ++t) x[t] = slab.units[u].x + x_offset + taps[t];
    for (std::ptrdiff_t row = 0; row < slab.units[u].rows; ++row) {
      for (std::ptrdiff_t q = 0; q < whole; q += lanes) {
        V values[kTaps];
        HWY_UNROLL(16)
        for (int t = 0; t < kTaps; ++t) values[t] = hn::LoadU(d, x[t] + q);
        HWY_UNROLL(16)
        for (int k = 0; k < kChannels; ++k) {
          const V g = hn::LoadU(d, grad + k * slab.grad_step + q);
          HWY_UNROLL(16)
          for (int t = 0; t < kTaps; ++t) totals[k][t] = hn::MulAdd(g, values[t], totals[k][t]);
        }
      }
      if (rest) {
        V values[kTaps];
        HWY_UNROLL(16)
        for (int t = 0; t < kTaps; ++t) values[t] = load_first(d, x[t] + whole, rest);
        HWY_UNROLL(16)
        for (int k = 0; k < kChannels; ++k) {
          const V g = load_first(d, grad + k * slab.grad_step + whole, rest);
          HWY_UNROLL(16)
          for (int t = 0; t < kTaps; ++t) totals[k][t] = hn::MulAdd(g, values[t], totals[k][t]);
        }
      }
      grad += slab.grad_row;
      HWY_UNROLL(16)
      for (int t = 0; t < kTaps; ++t) x[t] += slab.x_row;
    }
  }
  HWY_UNROLL(16)
  for (int k = 0; k < kChannels; ++k) HWY_UNROLL(16)
  for (int t = 0; t < kTaps; ++t) sums[k * sums_channel + t] += hn::GetLane(hn::SumOfLanes(d, totals[k][t]));
}

template <class T>
using RowSumsFunction = void (*)(const Slab<T>&, std::ptrdiff_t, std::ptrdiff_t, const std::ptrdiff_t*, T*,
                                 std::ptrdiff_t);

constexpr int row_taps(int channels) { return HWY_MIN(row_vectors(channels), 6); }

template <class T, int... k>
constexpr auto row_sums_table(std::integer_sequence<int, k...>) {
  return std::array<std::array<RowSumsFunction<T>, 3>, sizeof...(k)>{
      {{row_sums<T, k + 1, 1>, row_sums<T, k + 1, 2>, row_sums<T, k + 1, row_taps(k + 1)>}...}};
}

// The code for so many channels and exactly 1, 2 or row_taps(channels) taps.
template <class T>
RowSumsFunction<T> row_sums_function(int channels, int taps) {
  static constexpr auto kTable = row_sums_table<T>(std::make_integer_sequence<int, kMaxRowChannels>());
  return kTable[static_cast<std::size_t>(channels - 1)][taps <= 2 ? static_cast<std::size_t>(taps - 1) : 2];
}

// Lanes over channels: runs of kLength taps whose inputs lie side by side, kRuns of them. sums[(i * kLength + l) *
// kVectors * lanes + lane] is added to.
template <class T, int kLength, int kRuns, int kVectors>
void channel_sums(const Slab<T>& slab, std::ptrdiff_t grad_offset, std::ptrdiff_t x_offset, const std::ptrdiff_t* runs,
                  T* const* sums) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const std::ptrdiff_t lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  V totals[kRuns][kLength][kVectors];
  HWY_UNROLL(16)
  for (int i = 0; i < kRuns; ++i) HWY_UNROLL(16)
  for (int l = 0; l < kLength; ++l) HWY_UNROLL(16)
  for (int v = 0; v < kVectors; ++v) totals[i][l][v] = hn::LoadU(d, sums[i] + (l * kVectors + v) * lanes);
  for (std::ptrdiff_t u = 0; u < slab.count; ++u) {
    const T* grad_row = slab.units[u].grad_y + grad_offset;
    const T* x_row = slab.units[u].x + x_offset;
    for (std::ptrdiff_t row = 0; row < slab.units[u].rows; ++row, grad_row += slab.grad_row, x_row += slab.x_row) {
      const T* grad = grad_row;
      const T* x[kRuns];
      HWY_UNROLL(16)
      for (int i = 0; i < kRuns; ++i) x[i] = x_row + runs[i];
      for (std::ptrdiff_t q = 0; q < slab.columns; ++q, grad += slab.grad_step) {
        V g[kVectors];
        HWY_UNROLL(16)
        for (int v = 0; v < kVectors; ++v) g[v] = hn::LoadU(d, grad + v * lanes);
        HWY_UNROLL(16)
        for (int i = 0; i < kRuns; ++i) {
          HWY_UNROLL(16)
          for (int l = 0; l < kLength; ++l) {
            const V value = hn::Set(d, x[i][l]);
            HWY_UNROLL(16)
            for (int v = 0; v < kVectors; ++v) totals[i][l][v] = hn::MulAdd(value, g[v], totals[i][l][v]);
          }
          x[i] += slab.x_column;
        }
      }
    }
  }
  HWY_UNROLL(16)
  for (int i = 0; i < kRuns; ++i) HWY_UNROLL(16)
  for (int l = 0; l < kLength; ++l) HWY_UNROLL(16)
  for (int v = 0; v < kVectors; ++v) hn::StoreU(totals[i][l][v], d, sums[i] + (l * kVectors + v) * lanes);
}

template <class T>
using ChannelSumsFunction = void (*)(const Slab<T>&, std::ptrdiff_t, std::ptrdiff_t, const std::ptrdiff_t*, T* const*);

inline constexpr int kMaxRunLength = 5;
inline constexpr int kMaxRuns = 8;
// How many runs of a length go together: as many sums as the registers hold beside the operands.
constexpr int runs_together(int length, int vectors) {
  const int sums = kRegisters == 32 ? (vectors == 1 ? 20 : 24) : 12;
  return HWY_MAX(1, HWY_MIN(kMaxRuns, sums / (length * vectors)));
}

template <class T, int kVectors, int... l>
constexpr auto channel_sums_table(std::integer_sequence<int, l...>) {
  return std::array<std::array<ChannelSumsFunction<T>, 2>, sizeof...(l)>{
      {{channel_sums<T, l + 1, 1, kVectors>, channel_sums<T, l + 1, runs_together(l + 1, kVectors), kVectors>}...}};
}

template <class T>
ChannelSumsFunction<T> channel_sums_function(int length, int vectors, bool one_run) {
  constexpr auto kLengths = std::make_integer_sequence<int, kMaxRunLength>();
  static constexpr std::array<std::array<std::array<ChannelSumsFunction<T>, 2>, kMaxRunLength>, 2> kTable = {
      channel_sums_table<T, 1>(kLengths), channel_sums_table<T, 2>(kLengths)};
  return kTable[static_cast<std::size_t>(vectors - 1)][static_cast<std::size_t>(length - 1)][one_run ? 0 : 1];
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
