#include "core/philox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/random_blocks.h"

namespace cresset {
namespace {

// Known answers of the authors' own implementation, Random123 (kat_vectors).
TEST(Philox, GivesTheKnownAnswers) {
  const auto words = [](const PhiloxBlock& b) { return std::array<std::uint32_t, 4>{b.w[0], b.w[1], b.w[2], b.w[3]}; };
  EXPECT_EQ(words(philox(0, 0, 0)), (std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(words(philox(~0ull, ~0ull, ~0ull)),
            (std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(words(philox(0x299f31d0a4093822, 0x85a308d3243f6a88, 0x0370734413198a2e)),
            (std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, UniformsFillTheirInterval) {
  EXPECT_EQ(uniform_from(std::uint32_t{0}), 0.0f);
  EXPECT_EQ(uniform_from(~std::uint32_t{0}), 1.0f - 0x1p-24f);
  EXPECT_EQ(uniform_from(~std::uint64_t{0}), 1.0 - 0x1p-53);
}

TEST(Philox, IntegersCoverTheirRangeEvenly) {
  EXPECT_EQ(integer_from(~std::uint64_t{0}, 10), 9u);
  EXPECT_EQ(integer_from(~std::uint64_t{0}, kNarrowRange), kNarrowRange - 1);
  EXPECT_EQ(integer_from(PhiloxBlock{{~0u, ~0u, ~0u, ~0u}}, ~std::uint64_t{0}), ~std::uint64_t{0} - 1);
  EXPECT_EQ(integer_from(PhiloxBlock{{0, 0, 0, 0x80000000}}, std::uint64_t{6} << 40), std::uint64_t{3} << 40);
  // 3/4 of 2^32 values is where the modulus of one word would be off by a factor of two.
  const std::uint64_t range = std::uint64_t{3} << 30;
  int low = 0;
  for (std::uint64_t i = 0; i < 60000; ++i) low += integer_from(philox_pair(philox(3, i), 0), range) < range / 3;
  EXPECT_NEAR(low, 20000, 600);  // five standard deviations
}

TEST(Philox, BernoulliThresholdIsExactAtTheEnds) {
  EXPECT_EQ(bernoulli_threshold(0), 0u);
  EXPECT_EQ(bernoulli_threshold(1), std::uint64_t{1} << 32);
  EXPECT_EQ(bernoulli_threshold(0.25), std::uint64_t{1} << 30);
}

// Against libm in double: the polynomials may be off by a few units in the last place, no more.
TEST(Philox, NormalsFollowTheFormula) {
  const double pi = 3.14159265358979323846;
  for (std::uint64_t i = 0; i < 200000; ++i) {
    const PhiloxBlock b = philox(11, i);
    {
      const double r = std::sqrt(-2 * std::log(((b.w[0] >> 8) + 1.0) * 0x1p-24));
      const double angle = (b.w[1] >> 30) * pi / 2 + (double(b.w[1] >> 6 & 0xffffff) * 0x1p-24 - 0.5) * pi / 2;
      const auto z = normal_from(b.w[0], b.w[1]);
      ASSERT_NEAR(z.first, r * std::cos(angle), 4e-7 * (r + 0.1));
      ASSERT_NEAR(z.second, r * std::sin(angle), 4e-7 * (r + 0.1));
    }
    const std::uint64_t first = philox_pair(b, 0), second = philox_pair(b, 1);
    const double r = std::sqrt(-2 * std::log((static_cast<double>(first >> 11) + 1.0) * 0x1p-53));
    const double angle = static_cast<double>(second >> 62) * pi / 2 +
                         (static_cast<double>(second >> 9 & ((1ull << 53) - 1)) * 0x1p-53 - 0.5) * pi / 2;
    const auto z = normal_from(first, second);
    ASSERT_NEAR(z.first, r * std::cos(angle), 2e-15 * (r + 0.1));
    ASSERT_NEAR(z.second, r * std::sin(angle), 2e-15 * (r + 0.1));
  }
}

TEST(Philox, NormalsAtTheEndsAreFinite) {
  EXPECT_EQ(normal_from(~0u, 0u).first * 0, 0.0f);
  EXPECT_NEAR(std::hypot(normal_from(0u, 5u).first, normal_from(0u, 5u).second), std::sqrt(48 * std::log(2.0)), 1e-5);
  EXPECT_NEAR(std::hypot(normal_from(std::uint64_t{0}, std::uint64_t{5}).first,
                         normal_from(std::uint64_t{0}, std::uint64_t{5}).second),
              std::sqrt(106 * std::log(2.0)), 1e-12);
}

TEST(Philox, PermutationsArePermutationsAndEvenlySpread) {
  for (const std::int64_t n : {0, 1, 2, 3, 1000}) {
    std::vector<std::int64_t> p(static_cast<std::size_t>(n));
    random_permutation(p.data(), n, 5, 0);
    std::sort(p.begin(), p.end());
    for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(p[static_cast<std::size_t>(i)], i);
  }
  int counts[4][4] = {};
  for (std::uint64_t k = 0; k < 40000; ++k) {
    std::int64_t p[4];
    random_permutation(p, 4, 9, k * random_permutation_blocks(4));
    for (int i = 0; i < 4; ++i) ++counts[i][p[i]];
  }
  for (const auto& row : counts)
    for (const int c : row) EXPECT_NEAR(c, 10000, 450);
}

TEST(Philox, CountsTheBlocksOfAnOp) {
  EXPECT_EQ(random_blocks({RandomOp::uniform, kFloat32, 9, 0, 0, 0, 1, 0, 0}), 3u);
  EXPECT_EQ(random_blocks({RandomOp::normal, kFloat64, 9, 0, 0, 0, 1, 0, 0}), 5u);
  EXPECT_EQ(random_blocks({RandomOp::integer, kInt64, 9, 0, 0, 0, 0, -5, 5}), 5u);
  EXPECT_EQ(random_blocks({RandomOp::integer, kInt64, 9, 0, 0, 0, 0, INT64_MIN, INT64_MAX}), 9u);
  EXPECT_EQ(random_blocks({RandomOp::bernoulli, kBool, 8, 0, 0, 0.5, 0, 0, 0}), 2u);
}

}  // namespace
}  // namespace cresset
