// Vector code for few output channels: lanes along a row of outputs, a broadcast weight for each channel.
#if defined(CRESSET_CONV2D_HIGHWAY_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_CONV2D_HIGHWAY_ROWS_INL_H_
#undef CRESSET_CONV2D_HIGHWAY_ROWS_INL_H_
#else
#define CRESSET_CONV2D_HIGHWAY_ROWS_INL_H_
#endif

#include <hwy/highway.h>

#include <array>
#include <cstddef>
#include <utility>

#include "backend/cpu/conv2d_highway_memory-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// One vector of outputs: where its taps start in the input, where it goes, and which taps reach inside the input.
struct RowVector {
  std::ptrdiff_t in, out;
  int tap_begin, tap_end;
};

template <class T>
struct RowBlock {
  const T* in;
  const std::ptrdiff_t* taps;
  const T* weights;  // [tap][channel]
  const T* bias;     // of these channels; null: zero
  T* out;
  std::ptrdiff_t out_channel;  // step of the channel
  std::int64_t lanes;          // how many of a vector's lanes are outputs
};

inline constexpr int kMaxRowChannels = kRegisters == 32 ? 8 : 6;
// How many vectors go with so many channels: as many sums as the registers hold beside the operands.
constexpr int row_vectors(int channels) {
  if (kRegisters == 32) return channels <= 3 ? 8 : channels <= 4 ? 6 : channels <= 6 ? 4 : 3;
  return channels == 1 ? 8 : channels == 2 ? 6 : channels == 3 ? 4 : channels == 4 ? 3 : 2;
}

// Sums of kChannels x kVectors outputs, kept in registers over all taps.
template <class T, int kChannels, int kVectors>
void row_block(const RowBlock<T>& block, const RowVector* vectors) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  V sums[kChannels][kVectors];
  HWY_UNROLL(16)
  for (int k = 0; k < kChannels; ++k) {
    const V start = block.bias ? hn::Set(d, block.bias[k]) : hn::Zero(d);
    HWY_UNROLL(16)
    for (int v = 0; v < kVectors; ++v) sums[k][v] = start;
  }
  int begin = vectors[0].tap_begin, end = vectors[0].tap_end;
  const T* starts[kVectors];
  HWY_UNROLL(16)
  for (int v = 0; v < kVectors; ++v) {
    begin = HWY_MIN(begin, vectors[v].tap_begin);
    end = HWY_MAX(end, vectors[v].tap_end);
    starts[v] = block.in + vectors[v].in;
  }
  const T* weights = block.weights + static_cast<std::ptrdiff_t>(begin) * kChannels;
  for (int t = begin; t < end; ++t, weights += kChannels) {
    const std::ptrdiff_t tap = block.taps[t];
    V x[kVectors];
    HWY_UNROLL(16)
    for (int v = 0; v < kVectors; ++v) x[v] = hn::LoadU(d, starts[v] + tap);
    HWY_UNROLL(16)
    for (int k = 0; k < kChannels; ++k) {
      const V w = hn::Set(d, weights[k]);
      HWY_UNROLL(16)
      for (int v = 0; v < kVectors; ++v) sums[k][v] = hn::MulAdd(w, x[v], sums[k][v]);
    }
  }
  HWY_UNROLL(16)
  for (int k = 0; k < kChannels; ++k) HWY_UNROLL(16)
  for (int v = 0; v < kVectors; ++v) {
    T* out = block.out + k * block.out_channel + vectors[v].out;
    if (block.lanes == static_cast<std::int64_t>(hn::Lanes(d)))
      hn::StoreU(sums[k][v], d, out);
    else
      store_first(sums[k][v], d, out, block.lanes);
  }
}

template <class T>
using RowBlockFunction = void (*)(const RowBlock<T>&, const RowVector*);

template <class T, int... k>
constexpr auto row_block_table(std::integer_sequence<int, k...>) {
  return std::array<std::array<RowBlockFunction<T>, 3>, sizeof...(k)>{
      {{row_block<T, k + 1, 1>, row_block<T, k + 1, 2>, row_block<T, k + 1, row_vectors(k + 1)>}...}};
}

// The taps that blocks of `together` vectors go through, in all: a block takes those that any of its vectors needs.
inline std::ptrdiff_t tap_steps(const RowVector* vectors, std::ptrdiff_t count, std::ptrdiff_t together) {
  std::ptrdiff_t steps = 0;
  for (std::ptrdiff_t v = 0; v < count; v += together) {
    const RowVector* block = vectors + HWY_MIN(v, count - together);
    int begin = block[0].tap_begin, end = block[0].tap_end;
    for (std::ptrdiff_t i = 1; i < together; ++i) {
      begin = HWY_MIN(begin, block[i].tap_begin);
      end = HWY_MAX(end, block[i].tap_end);
    }
    steps += end - begin;
  }
  return steps;
}

// How many vectors to take together. Where rows near the border reach few taps, pairs waste less than larger blocks.
inline std::ptrdiff_t vectors_together(int channels, const RowVector* vectors, std::ptrdiff_t count) {
  const std::ptrdiff_t most = row_vectors(channels);
  if (count < 2) return count;
  if (count < most) return 2;
  // A pair's sums keep the multipliers less busy: measured, a tenth slower.
  return 11 * 2 * tap_steps(vectors, count, 2) < 10 * most * tap_steps(vectors, count, most) ? 2 : most;
}

// All vectors of one set of at most kMaxRowChannels channels. The last block starts early rather than being cut: it
// computes some outputs again, to the same values.
template <class T>
void row_blocks(const RowBlock<T>& block, int channels, const RowVector* vectors, std::ptrdiff_t count,
                std::ptrdiff_t together) {
  static constexpr auto kTable = row_block_table<T>(std::make_integer_sequence<int, kMaxRowChannels>());
  const auto& functions = kTable[static_cast<std::size_t>(channels - 1)];
  const RowBlockFunction<T> function = functions[together <= 2 ? static_cast<std::size_t>(together - 1) : 2];
  for (std::ptrdiff_t v = 0; v < count; v += together) function(block, vectors + HWY_MIN(v, count - together));
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
