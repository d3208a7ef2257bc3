// Random numbers: the vector code gives the very bits of the plain kernel, at every target that this machine can run;
// and the numbers are distributed as they must be.
#include "backend/cpu/random_kernels.h"

#include <cresset/threads.h>

#include "kernel_testing.h"

namespace cresset::cpu {
namespace {

TEST(RandomKernels, EveryTargetGivesTheSameBits) {
  for_each_target([] {
    std::mt19937 random(1);
    for (int t = 0; t < kDTypes; ++t) {
      const auto dtype = static_cast<DType>(t);
      for (const std::int64_t n : {0, 1, 2, 3, 5, 31, 64, 1000, 1023, 1024, 1029, 40001}) {
        const std::uint64_t seed = (std::uint64_t{random()} << 32) | random(),
                            offset = n % 2 ? random() : ~std::uint64_t{0} - 5;
        std::vector<RandomProblem> problems = {
            {RandomOp::bernoulli, dtype, n, seed, offset, 0.3, 0, 0, 0},
            {RandomOp::integer, dtype, n, seed, offset, 0, 0, 0, 100},
            {RandomOp::integer, dtype, n, seed, offset, 0, 0, -3, std::int64_t{1} << 40}};
        if (is_floating_point(dtype)) {
          problems.push_back({RandomOp::uniform, dtype, n, seed, offset, 0, 1, 0, 0});
          problems.push_back({RandomOp::uniform, dtype, n, seed, offset, -2.7, 0.1, 0, 0});
          problems.push_back({RandomOp::normal, dtype, n, seed, offset, 0, 1, 0, 0});
          problems.push_back({RandomOp::normal, dtype, n, seed, offset, 0.7, 1.3, 0, 0});
        }
        for (const auto& p : problems) {
          Operand got(dtype, n), want(dtype, n);
          kRandomHighway.run(p, {}, got.data());
          kRandomReference.run(p, {}, want.data());
          ASSERT_TRUE(n == 0 || std::memcmp(got.data(), want.data(), got.size()) == 0)
              << name(dtype) << " op " << static_cast<int>(p.op) << " n " << n;
          ASSERT_TRUE(got.guards_hold());
        }
      }
    }
  });
}

struct Moments {
  double mean, variance, lowest, highest;
};

Moments moments(const RandomProblem& p) {
  Operand y(p.dtype, p.n);
  kRandomHighway.run(p, {}, y.data());
  Moments m{0, 0, y.at(0), y.at(0)};
  for (std::int64_t i = 0; i < p.n; ++i) {
    const double v = y.at(i);
    m.mean += v / static_cast<double>(p.n);
    m.variance += v * v / static_cast<double>(p.n);
    m.lowest = std::min(m.lowest, v);
    m.highest = std::max(m.highest, v);
  }
  m.variance -= m.mean * m.mean;
  return m;
}

// Bounds of five standard deviations; the seeds are fixed, so the outcome is too.
TEST(RandomKernels, NumbersAreDistributedAsTheyMustBe) {
  constexpr std::int64_t n = 400000;
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16}) {
    const Moments u = moments({RandomOp::uniform, dtype, n, 1, 0, 0, 1, 0, 0});
    const double bias = dtype == kBFloat16  ? 0.002
                        : dtype == kFloat16 ? 0.0003
                                            : 0;  // numbers of few bits leave out the interval's end
    EXPECT_NEAR(u.mean, 0.5, 0.0023 + bias);
    EXPECT_NEAR(u.variance, 1.0 / 12, 0.001);
    EXPECT_GE(u.lowest, 0);
    EXPECT_LT(u.highest, 1);
    const Moments z = moments({RandomOp::normal, dtype, n, 2, 0, 3, 2, 0, 0});
    EXPECT_NEAR(z.mean, 3, 0.016);
    EXPECT_NEAR(z.variance, 4, 0.045);
    EXPECT_GT(z.highest, 3 + 2 * 4);
    EXPECT_LT(z.lowest, 3 - 2 * 4);
  }
  const Moments b = moments({RandomOp::bernoulli, kBool, n, 3, 0, 0.2, 0, 0, 0});
  EXPECT_NEAR(b.mean, 0.2, 0.0032);
  const Moments i = moments({RandomOp::integer, kInt64, n, 4, 0, 0, 0, -5, 6});
  EXPECT_EQ(i.lowest, -5);
  EXPECT_EQ(i.highest, 5);
  EXPECT_NEAR(i.mean, 0, 0.025);
  EXPECT_NEAR(i.variance, 10, 0.08);
}

TEST(RandomKernels, UniformsStayBelowTheirEnd) {
  // The products round up to the end: 2^24 and near-equal bounds in each type.
  for (const DType dtype : {kFloat32, kFloat16, kBFloat16, kFloat64}) {
    for (const auto& [a, b] :
         {std::pair{1.0, 1.0625}, std::pair{-1.0625, -1.0}, std::pair{-1.0, 0.0}, std::pair{1000.0, 1008.0}}) {
      const Moments m = moments({RandomOp::uniform, dtype, 100000, 5, 0, a, b, 0, 0});
      EXPECT_GE(m.lowest, a);
      EXPECT_LT(m.highest, b) << name(dtype);
    }
  }
}

TEST(RandomKernels, ProbabilitiesZeroAndOneAreCertain) {
  EXPECT_EQ(moments({RandomOp::bernoulli, kFloat32, 100000, 6, 0, 0, 0, 0, 0}).highest, 0);
  EXPECT_EQ(moments({RandomOp::bernoulli, kFloat32, 100000, 6, 0, 1, 0, 0, 0}).lowest, 1);
}

TEST(RandomKernels, DoNotDependOnTheNumberOfThreads) {
  const RandomProblem p{RandomOp::normal, kFloat32, 200003, 7, 11, 0, 1, 0, 0};
  Operand one(kFloat32, p.n), four(kFloat32, p.n);
  set_num_threads(1);
  kRandomHighway.run(p, {}, one.data());
  set_num_threads(4);
  kRandomHighway.run(p, {}, four.data());
  EXPECT_EQ(std::memcmp(one.data(), four.data(), one.size()), 0);
}

}  // namespace
}  // namespace cresset::cpu
