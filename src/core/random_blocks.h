// How many Philox blocks an op uses: what a generator's offset moves on by. See docs/random.md.
#pragma once

#include <cresset/extension/pointwise.h>

#include <cstdint>

#include "core/philox.h"

namespace cresset {

// high - low as a number below 2^64; low < high.
constexpr std::uint64_t integer_range(const RandomProblem& p) {
  return static_cast<std::uint64_t>(p.high) - static_cast<std::uint64_t>(p.low);
}

constexpr int elements_per_block(const RandomProblem& p) {
  switch (p.op) {
    case RandomOp::uniform:
    case RandomOp::normal: return p.dtype == kFloat64 ? 2 : 4;
    case RandomOp::integer: return integer_range(p) <= kNarrowRange ? 2 : 1;
    case RandomOp::bernoulli: break;
  }
  return 4;
}

constexpr std::uint64_t random_blocks(const RandomProblem& p) {
  const auto per_block = static_cast<std::uint64_t>(elements_per_block(p));
  return (static_cast<std::uint64_t>(p.n) + per_block - 1) / per_block;
}

constexpr std::uint64_t random_permutation_blocks(std::int64_t n) { return (static_cast<std::uint64_t>(n) + 1) / 2; }

}  // namespace cresset
