// The numbers that samples draw: Philox 4x32-10, Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <cresset/random.h>

#include <array>
#include <cstdint>

namespace cresset::data {

inline std::array<std::uint32_t, 4> philox(std::uint64_t key, std::uint64_t low, std::uint64_t high = 0) {
  std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  std::uint32_t c0 = static_cast<std::uint32_t>(low), c1 = static_cast<std::uint32_t>(low >> 32);
  std::uint32_t c2 = static_cast<std::uint32_t>(high), c3 = static_cast<std::uint32_t>(high >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c0, p1 = std::uint64_t{0xCD9E8D57} * c2;
    c0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<std::uint32_t>(p1);
    c2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<std::uint32_t>(p0);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return {c0, c1, c2, c3};
}

// The next four words of a stream.
inline std::array<std::uint32_t, 4> draw(const Generator::State& at) { return philox(at.seed, at.offset); }

inline std::uint64_t draw_seed(const Generator& generator) {
  const auto w = draw(generator.reserve(1));
  return std::uint64_t{w[1]} << 32 | w[0];
}

// An integer in [0, bound), bound in [1, 2^32).
inline std::uint32_t below(std::uint32_t bound, std::uint32_t word) {
  return static_cast<std::uint32_t>(std::uint64_t{word} * bound >> 32);
}

}  // namespace cresset::data
