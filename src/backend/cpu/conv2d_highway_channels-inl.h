// Vector code for many output channels: lanes over the channels, a broadcast input for each output position.
#if defined(CRESSET_CONV2D_HIGHWAY_CHANNELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_CONV2D_HIGHWAY_CHANNELS_INL_H_
#undef CRESSET_CONV2D_HIGHWAY_CHANNELS_INL_H_
#else
#define CRESSET_CONV2D_HIGHWAY_CHANNELS_INL_H_
#endif

#include <hwy/highway.h>

#include <array>
#include <cstddef>
#include <utility>

#include "backend/cpu/conv2d_highway_memory-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Consecutive output positions of one row.
template <class T>
struct ChannelBlock {
  const T* in;          // of the first position
  std::ptrdiff_t step;  // between positions
  const std::ptrdiff_t* taps;
  const T* weights;  // [tap][channel], the channels padded to whole vectors
  const T* bias;     // padded likewise
  int tap_begin, tap_end;
  T* out;  // [position][channel], padded likewise
};

// Sums of kPositions outputs of kVectors vectors of channels, kept in registers over all taps. kStep is the step where
// it is known at compile time, else 0.
template <class T, int kPositions, int kVectors, int kStep>
void channel_block(const ChannelBlock<T>& block) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const std::ptrdiff_t lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const std::ptrdiff_t step = kStep ? kStep : block.step;
  V sums[kPositions][kVectors];
  HWY_UNROLL(16)
  for (int v = 0; v < kVectors; ++v) {
    const V start = hn::LoadU(d, block.bias + v * lanes);
    HWY_UNROLL(16)
    for (int j = 0; j < kPositions; ++j) sums[j][v] = start;
  }
  const T* weights = block.weights + block.tap_begin * lanes * kVectors;
  for (int t = block.tap_begin; t < block.tap_end; ++t, weights += lanes * kVectors) {
    const T* x = block.in + block.taps[t];
    V w[kVectors];
    HWY_UNROLL(16)
    for (int v = 0; v < kVectors; ++v) w[v] = hn::LoadU(d, weights + v * lanes);
    HWY_UNROLL(16)
    for (int j = 0; j < kPositions; ++j) {
      const V value = hn::Set(d, x[j * step]);
      HWY_UNROLL(16)
      for (int v = 0; v < kVectors; ++v) sums[j][v] = hn::MulAdd(value, w[v], sums[j][v]);
    }
  }
  HWY_UNROLL(16)
  for (int j = 0; j < kPositions; ++j) HWY_UNROLL(16)
  for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[j][v], d, block.out + (j * kVectors + v) * lanes);
}

template <class T>
using ChannelBlockFunction = void (*)(const ChannelBlock<T>&);

// Numbers of positions that there is code for; a row is cut into equal blocks of one of them, the last of which starts
// early.
inline constexpr std::array<int, 9> kBlockPositions = {1, 2, 3, 4, 5, 7, 8, 10, 14};
constexpr int max_positions(int vectors) { return kRegisters == 32 ? 14 : vectors == 1 ? 10 : 5; }

template <class T, int kVectors, int kStep, std::size_t... i>
constexpr auto channel_block_table(std::index_sequence<i...>) {
  return std::array<ChannelBlockFunction<T>, sizeof...(i)>{
      channel_block<T, HWY_MIN(kBlockPositions[i], max_positions(kVectors)), kVectors, kStep>...};
}

// The index of the number of positions that takes a row of `columns` in the least time.
inline std::size_t best_positions(std::int64_t columns, int vectors) {
  std::size_t best = 0;
  double best_cost = 1e300;
  for (std::size_t i = 0; i < kBlockPositions.size(); ++i) {
    const int positions = kBlockPositions[i];
    if (positions > columns || positions > max_positions(vectors)) continue;
    // A step of a block takes as long as its multiplications, and at least as long as a chain of eight of them.
    const double cost = static_cast<double>((columns + positions - 1) / positions) * HWY_MAX(positions * vectors, 8);
    if (cost <= best_cost) best_cost = cost, best = i;
  }
  return best;
}

template <class T>
ChannelBlockFunction<T> channel_block_function(std::size_t positions, int vectors, std::ptrdiff_t step) {
  constexpr auto kAll = std::make_index_sequence<kBlockPositions.size()>();
  static constexpr std::array<std::array<ChannelBlockFunction<T>, kBlockPositions.size()>, 4> kTable = {
      channel_block_table<T, 1, 0>(kAll), channel_block_table<T, 1, 1>(kAll), channel_block_table<T, 2, 0>(kAll),
      channel_block_table<T, 2, 1>(kAll)};
  return kTable[static_cast<std::size_t>((vectors - 1) * 2 + (step == 1))][positions];
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
