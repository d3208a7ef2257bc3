// The seeds that follow from a pass's seed: one for the order, one for each sample; and what a sample draws.
#pragma once

#include <cresset/random.h>

#include <cstdint>

#include "core/philox.h"

namespace cresset::data {

// (seed, epoch, index) and how often the pass visited the sample before, so that a sample drawn twice is not augmented
// twice in the same way.
inline std::uint64_t sample_seed(std::uint64_t seed, std::uint64_t epoch, std::int64_t index, std::uint32_t repeat) {
  return philox_pair(philox(seed, static_cast<std::uint64_t>(index), epoch << 32 | repeat), 0);
}

inline std::uint64_t order_seed(std::uint64_t seed, std::uint64_t epoch) { return sample_seed(seed, epoch, -1, 0); }

// The next four words of a stream.
inline PhiloxBlock draw(const Generator& generator) {
  const Generator::State at = generator.reserve(1);
  return philox(at.seed, at.offset);
}

}  // namespace cresset::data
