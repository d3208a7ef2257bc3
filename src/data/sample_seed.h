// The seeds that follow from a pass's seed: one for the order, one for each sample.
#pragma once

#include <cstdint>

#include "data/philox.h"

namespace cresset::data {

// (seed, epoch, index) and how often the pass visited the sample before, so that a sample drawn twice is not augmented
// twice in the same way.
inline std::uint64_t sample_seed(std::uint64_t seed, std::uint64_t epoch, std::int64_t index, std::uint32_t repeat) {
  const auto w = philox(seed, static_cast<std::uint64_t>(index), epoch << 32 | repeat);
  return std::uint64_t{w[1]} << 32 | w[0];
}

inline std::uint64_t order_seed(std::uint64_t seed, std::uint64_t epoch) { return sample_seed(seed, epoch, -1, 0); }

}  // namespace cresset::data
