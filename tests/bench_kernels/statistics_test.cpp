// Means, intervals, verdicts and when sampling ends: on made-up samples, no clock is asked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "bench_kernels/sampling.h"
#include "bench_kernels/verdict.h"

namespace cresset::program::bench {
namespace {

// Tables of Student's distribution, two-sided.
TEST(StudentT, IsThatOfTheTables) {
  EXPECT_NEAR(student_t(0.95, 1), 12.706, 1e-3);
  EXPECT_NEAR(student_t(0.95, 2), 4.303, 1e-3);
  EXPECT_NEAR(student_t(0.95, 3), 3.182, 1e-3);
  EXPECT_NEAR(student_t(0.95, 4), 2.776, 1e-3);
  EXPECT_NEAR(student_t(0.9, 9), 1.833, 1e-3);
  EXPECT_NEAR(student_t(0.99, 30), 2.750, 1e-3);
  EXPECT_NEAR(student_t(0.95, 1e6), 1.961, 1e-3);
}

TEST(Estimate, IsMeanLeastAndDeviation) {
  const Estimate e = estimate({1, 2, 3, 4});
  EXPECT_DOUBLE_EQ(e.mean, 2.5);
  EXPECT_DOUBLE_EQ(e.least, 1);
  EXPECT_EQ(e.samples, 4u);
  EXPECT_NEAR(e.deviation * e.mean, std::sqrt(5.0 / 3), 1e-12);
  EXPECT_NEAR(e.relative_error(0.95) * e.mean, 3.182 * std::sqrt(5.0 / 3) / 2, 1e-3);
}

TEST(Estimate, OfOneSampleIsKnownToNothing) {
  EXPECT_EQ(estimate({3}).relative_error(0.95), std::numeric_limits<double>::infinity());
}

TEST(Estimate, HoldsTheTrueMeanAsOftenAsItSays) {
  std::mt19937 random(3);
  std::normal_distribution<double> noise(10, 2);
  for (const double confidence : {0.8, 0.95}) {
    int held = 0;
    constexpr int kTimes = 4000;
    for (int i = 0; i < kTimes; ++i) {
      std::vector<double> samples(6);
      for (double& s : samples) s = noise(random);
      const Estimate e = estimate(samples);
      held += std::abs(e.mean - 10) <= e.relative_error(confidence) * e.mean;
    }
    EXPECT_NEAR(1.0 * held / kTimes, confidence, 0.02);
  }
}

Estimate with(double mean, double deviation, std::size_t samples) { return {mean, mean, deviation, samples}; }

TEST(Ratio, IsTheInverseOfTheOtherWayRound) {
  const Ratio there = ratio_of(with(3, 0.1, 10), with(2, 0.2, 20), 0.95);
  const Ratio back = ratio_of(with(2, 0.2, 20), with(3, 0.1, 10), 0.95);
  EXPECT_DOUBLE_EQ(there.value, 1.5);
  EXPECT_NEAR(there.low, 1 / back.high, 1e-12);
  EXPECT_NEAR(there.high, 1 / back.low, 1e-12);
}

TEST(Ratio, IsAsWideAsBothErrorsTogether) {
  // Equal errors and numbers of samples: twice as many degrees of freedom.
  const Ratio r = ratio_of(with(1, 0.04, 16), with(1, 0.04, 16), 0.95);
  const double half = student_t(0.95, 30) * std::sqrt(2.0) * 0.01;
  EXPECT_NEAR(r.high, std::exp(half), 1e-9);
  EXPECT_NEAR(r.low, std::exp(-half), 1e-9);
  EXPECT_EQ(ratio_of(with(1, 0, 1), with(1, 0, 9), 0.95).high, std::numeric_limits<double>::infinity());
}

TEST(Verdict, FollowsFromIntervalAndMargin) {
  EXPECT_EQ(judge({0.5, 0.4, 0.6}, 0.03), Verdict::faster);
  EXPECT_EQ(judge({2, 1.9, 2.1}, 0.03), Verdict::slower);
  EXPECT_EQ(judge({1, 0.98, 1.02}, 0.03), Verdict::same);
  EXPECT_EQ(judge({0.985, 0.98, 0.99}, 0.03), Verdict::same);  // a difference, and none that counts
  EXPECT_EQ(judge({0.985, 0.98, 0.99}, 0.005), Verdict::faster);
  EXPECT_EQ(judge({1.1, 0.9, 1.3}, 0.03), Verdict::ambiguous);
  EXPECT_EQ(judge({1, 0, std::numeric_limits<double>::infinity()}, 0.03), Verdict::ambiguous);
  EXPECT_EQ(name(Verdict::ambiguous), "ambiguous");
}

// Gives these samples in turn, the last one for ever.
Sampler gives(std::vector<double> samples, double spent, std::string name, std::string& order) {
  return [samples = std::move(samples), spent, name = std::move(name), i = std::size_t{0}, &order]() mutable {
    order += name;
    const double s = samples[std::min(i++, samples.size() - 1)];
    return Sample{s, spent};
  };
}

TEST(Sampling, TakesTurnsUntilEachIsKnownWellEnough) {
  std::string order;
  const auto sampled =
      sample_in_turns({gives({1, 1, 1}, 0, "a", order), gives({1, 2, 1, 2, 1, 2, 1, 1}, 0, "b", order)},
                      {.confidence = 0.95, .relative = 0.1, .seconds = 1, .least = 3});
  EXPECT_TRUE(
      order.starts_with("ababab"
                        "bbb"))
      << order;
  ASSERT_EQ(sampled.size(), 2u);
  EXPECT_TRUE(sampled[0].reached);
  EXPECT_EQ(sampled[0].estimate.samples, 3u);
  EXPECT_TRUE(sampled[1].reached);
  EXPECT_LE(sampled[1].estimate.relative_error(0.95), 0.1);
  EXPECT_GT(sampled[1].estimate.samples, 8u);
}

TEST(Sampling, EndsWithItsTimeAndSaysSo) {
  std::string order;
  std::vector<double> noisy;
  for (int i = 0; i < 100; ++i) noisy.push_back(1 + i % 2);
  const Precision precision{.confidence = 0.95, .relative = 0.001, .seconds = 1, .least = 10};
  const auto sampled = sample_in_turns({gives(noisy, 0.125, "a", order)}, precision);
  EXPECT_FALSE(sampled[0].reached);
  EXPECT_EQ(sampled[0].estimate.samples, 8u);
  // Three where one alone takes longer.
  EXPECT_EQ(sample_in_turns({gives(noisy, 5, "a", order)}, precision)[0].estimate.samples, 3u);
}

TEST(Sampling, TakesAsManyAsAskedForWhereTheyAgree) {
  std::string order;
  const auto sampled = sample_in_turns({gives({2}, 0, "a", order)}, {.relative = 0.01, .least = 10});
  EXPECT_EQ(order, "aaaaaaaaaa");
  EXPECT_TRUE(sampled[0].reached);
  EXPECT_DOUBLE_EQ(sampled[0].estimate.mean, 2);
}

}  // namespace
}  // namespace cresset::program::bench
