// torch.nn.init: bounds, spreads and errors.
#include <cresset/cresset.h>
#include <gtest/gtest.h>

#include <cmath>

#include "nn/nets.h"

namespace cresset::test {
namespace {

namespace init = nn::init;

// 40,000 draws: the standard error of a mean is std / 200, of a standard deviation about std / 283.
struct Spread {
  double mean, std, largest;
};
Spread spread_of(const Tensor& x) {
  const Tensor values = x.detach().to(kFloat64);
  const double mean = values.mean().item();
  return {mean, std::sqrt(((values - mean) * (values - mean)).mean().item()), values.abs().max().item()};
}
void expect_uniform(const Tensor& x, double bound) {
  const Spread s = spread_of(x);
  EXPECT_LE(s.largest, bound * (1 + 1e-6));
  EXPECT_GT(s.largest, bound * 0.99);
  EXPECT_NEAR(s.mean, 0, 5 * bound / std::sqrt(3.0) / 200);
  EXPECT_NEAR(s.std, bound / std::sqrt(3.0), bound / 50);
}
void expect_normal(const Tensor& x, double mean, double std) {
  const Spread s = spread_of(x);
  EXPECT_NEAR(s.mean, mean, 5 * std / 200);
  EXPECT_NEAR(s.std, std, 5 * std / 283);
  EXPECT_GT(s.largest, 3 * std);
}

TEST(Init, FillsInPlaceWithoutHistory) {
  manual_seed(0);
  const nn::Parameter weight(zeros({200, 200}));
  EXPECT_TRUE(init::uniform_(weight, -2, 2).is_same(weight));
  expect_uniform(weight, 2);
  init::normal_(weight, 3, 0.5);
  expect_normal(weight, 3, 0.5);
  init::constant_(weight, 4);
  EXPECT_TRUE(weight.detach().equal(full({200, 200}, 4.0)));
  init::ones_(weight);
  EXPECT_TRUE(weight.detach().equal(ones({200, 200})));
  init::zeros_(weight);
  EXPECT_TRUE(weight.detach().equal(zeros({200, 200})));
  EXPECT_TRUE(weight.is_leaf());
  EXPECT_TRUE(weight.requires_grad());
}

TEST(Init, KaimingAndXavier) {
  manual_seed(1);
  const Tensor weight = zeros({50, 25, 4, 8});  // fan_in 800, fan_out 1600
  init::kaiming_uniform_(weight);
  expect_uniform(weight, std::sqrt(2.0) * std::sqrt(3.0 / 800));
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  expect_uniform(weight, 1 / std::sqrt(800.0));
  init::kaiming_normal_(weight, {.mode = "fan_out", .nonlinearity = "relu"});
  expect_normal(weight, 0, std::sqrt(2.0 / 1600));
  init::xavier_uniform_(weight, 2);
  expect_uniform(weight, 2 * std::sqrt(6.0 / 2400));
  init::xavier_normal_(weight);
  expect_normal(weight, 0, std::sqrt(2.0 / 2400));
  EXPECT_EQ(init::kaiming_uniform_(zeros({0, 3})).numel(), 0);
}

TEST(Init, Gains) {
  EXPECT_EQ(init::calculate_gain("linear"), 1);
  EXPECT_EQ(init::calculate_gain("conv2d"), 1);
  EXPECT_EQ(init::calculate_gain("sigmoid"), 1);
  EXPECT_EQ(init::calculate_gain("tanh"), 5.0 / 3);
  EXPECT_EQ(init::calculate_gain("relu"), std::sqrt(2.0));
  EXPECT_EQ(init::calculate_gain("selu"), 0.75);
  EXPECT_EQ(init::calculate_gain("leaky_relu"), std::sqrt(2 / (1 + 0.01 * 0.01)));
  EXPECT_EQ(init::calculate_gain("leaky_relu", 0.5), std::sqrt(2 / 1.25));
  EXPECT_EQ(message_of<ValueError>([] { init::calculate_gain("foo"); }),
            "calculate_gain: Unsupported nonlinearity foo");
}

TEST(Init, Fans) {
  const auto fans = init::calculate_fan_in_and_fan_out(zeros({5, 3, 2, 4}));
  EXPECT_EQ(fans.fan_in, 24);
  EXPECT_EQ(fans.fan_out, 40);
  EXPECT_EQ(message_of<ValueError>([] { init::xavier_uniform_(zeros({3})); }),
            "init: Fan in and fan out can not be computed for tensor with fewer than 2 dimensions");
  EXPECT_EQ(message_of<ValueError>([] {
              init::kaiming_normal_(zeros({3, 3}), {.mode = "x"});
            }),
            "init: Mode x not supported, please use one of ['fan_in', 'fan_out']");
}

TEST(Init, LayersStartAsPyTorchs) {
  manual_seed(2);
  const nn::Conv2d conv{25, 200, {2, 4}};
  expect_uniform(conv.weight, 1 / std::sqrt(200.0));
  EXPECT_LE(spread_of(conv.bias).largest, 1 / std::sqrt(200.0));
  const nn::Conv2d grouped{50, 400, {2, 4}, {.groups = 2}};
  expect_uniform(grouped.weight, 1 / std::sqrt(200.0));
  const nn::Linear linear{400, 100};
  expect_uniform(linear.weight, 1 / std::sqrt(400.0));
  EXPECT_LE(spread_of(linear.bias).largest, 0.05);
  EXPECT_GT(linear.bias.detach().max().item(), 0.04);
  EXPECT_LT(linear.bias.detach().min().item(), -0.04);
  const nn::BatchNorm2d norm{3};
  EXPECT_TRUE(norm.weight.detach().equal(ones({3})));
  EXPECT_TRUE(norm.bias.detach().equal(zeros({3})));
}

TEST(Init, TheSameSeedGivesTheSameLayer) {
  manual_seed(3);
  const nn::Linear a{4, 5};
  manual_seed(3);
  const nn::Linear b{4, 5};
  EXPECT_TRUE(a.weight.detach().equal(b.weight.detach()));
  EXPECT_TRUE(a.bias.detach().equal(b.bias.detach()));
}

}  // namespace
}  // namespace cresset::test
