// Random functions as ops: shapes, ranges, moments, seeds.
#include <cresset/creation.h>
#include <cresset/ops.h>
#include <cresset/threads.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/argument.h"

namespace cresset::test {
namespace {

// `deviation`: of one number. Six standard errors: once in a billion seeds, and the seed is fixed.
void expect_mean(const Tensor& x, double mean, double deviation) {
  const double n = static_cast<double>(x.numel());
  EXPECT_NEAR(x.to(kFloat64).mean().item(), mean, 6 * deviation / std::sqrt(n));
}

class RandomTest : public testing::Test {
 protected:
  void SetUp() override { manual_seed(3); }
};

TEST_F(RandomTest, UniformLiesInItsRange) {
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16}) {
    const Tensor x = rand({40000}, {.dtype = dtype});
    EXPECT_GE(x.min().item(), 0);
    EXPECT_LT(x.max().item(), 1) << name(dtype);
    expect_mean(x, dtype == kBFloat16 ? x.to(kFloat64).mean().item() : 0.5, std::sqrt(1.0 / 12));
  }
  const Tensor y = empty({40000}).uniform_(-3, 5);
  EXPECT_GE(y.min().item(), -3);
  EXPECT_LE(y.max().item(), 5);
  expect_mean(y, 1, 8 * std::sqrt(1.0 / 12));
}

TEST_F(RandomTest, NormalHasItsMoments) {
  const Tensor x = randn({40000});
  expect_mean(x, 0, 1);
  expect_mean(square(x), 1, std::sqrt(2.0));
  expect_mean(pow(x, 4), 3, std::sqrt(96.0));
  const Tensor y = empty({40000}, {.dtype = kFloat64}).normal_(5, 0.5);
  expect_mean(y, 5, 0.5);
}

TEST_F(RandomTest, IntegersCoverTheirRange) {
  const Tensor x = randint(-2, 3, {5000});
  EXPECT_EQ(x.dtype(), kInt64);
  EXPECT_EQ(x.min().item(), -2);
  EXPECT_EQ(x.max().item(), 2);
  EXPECT_EQ(randint(7, {100}).max().item() < 7, true);
  EXPECT_THROW(randint(3, 3, {2}), ValueError);
}

TEST_F(RandomTest, PermutationsHoldEachNumberOnce) {
  const Tensor p = randperm(1000);
  std::vector<double> values = to_doubles(p);
  EXPECT_FALSE(std::is_sorted(values.begin(), values.end()));
  std::sort(values.begin(), values.end());
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], static_cast<double>(i));
  EXPECT_EQ(randperm(0).numel(), 0);
}

TEST_F(RandomTest, BernoulliFollowsItsProbabilities) {
  expect_mean(empty({40000}).bernoulli_(0.3), 0.3, std::sqrt(0.21));
  const Tensor p = tensor({0.0, 1.0, 0.25}).unsqueeze(1).expand({3, 20000});
  const Tensor draws = bernoulli(p);
  EXPECT_EQ(draws[0].sum().item(), 0);
  EXPECT_EQ(draws[1].sum().item(), 20000);
  expect_mean(draws[2], 0.25, std::sqrt(0.1875));
}

TEST_F(RandomTest, DropoutScalesWhatItKeeps) {
  const Tensor x = ones({40000}, {.requires_grad = true});
  const Tensor y = nn::functional::dropout(x, 0.2);
  const Tensor kept = y != 0;
  expect_mean(kept, 0.8, 0.4);
  EXPECT_FLOAT_EQ(static_cast<float>(y.max().item()), 1.25f);
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(y.detach()));
}

TEST_F(RandomTest, DropoutInPlaceDrawsTheSameMask) {
  const Tensor x = randn({100});
  manual_seed(5);
  const Tensor y = nn::functional::dropout(x, 0.3);
  manual_seed(5);
  EXPECT_TRUE(nn::functional::dropout(x, 0.3, {.inplace = true}).is_same(x));
  EXPECT_TRUE(x.equal(y));
  EXPECT_TRUE(nn::functional::dropout(x, 0.3, {.training = false, .inplace = true}).equal(y));
  EXPECT_THROW(nn::functional::dropout(ones({2}, {.requires_grad = true}), 0.5, {.inplace = true}), ValueError);
}

TEST_F(RandomTest, ASeedGivesTheSameNumbersWhateverTheThreads) {
  const auto draw = [] {
    manual_seed(11);
    const Tensor a = randn({70001}), b = randint(1000, {777});
    return std::pair(a, b);
  };
  const auto first = draw();
  set_num_threads(1);
  const auto one = draw();
  set_num_threads(3);
  const auto three = draw();
  set_num_threads(2);
  for (const auto& other : {one, three}) {
    EXPECT_TRUE(first.first.equal(other.first));
    EXPECT_TRUE(first.second.equal(other.second));
  }
}

TEST_F(RandomTest, AGeneratorIsAStreamOfItsOwn) {
  const Generator mine(5), same(5);
  const Tensor a = rand({10}, {.generator = mine});
  const Generator::State state = mine.state();
  const Tensor b = rand({10}, {.generator = mine});
  EXPECT_FALSE(a.equal(b));
  EXPECT_TRUE(rand({10}, {.generator = same}).equal(a));
  mine.set_state(state);
  EXPECT_TRUE(rand({10}, {.generator = mine}).equal(b));
  const Generator copy = same.clone();
  EXPECT_TRUE(rand({3}, {.generator = copy}).equal(rand({3}, {.generator = same})));
}

}  // namespace
}  // namespace cresset::test
