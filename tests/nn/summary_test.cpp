#include <cresset/cresset.h>
#include <gtest/gtest.h>

namespace cresset::test {
namespace {

TEST(Summary, HasEachCallWithShapeParametersAndFlops) {
  models::CifarNet net;
  const auto layers = nn::summarize(net, {2, 3, 32, 32});
  ASSERT_EQ(layers.size(), 7u);
  EXPECT_EQ(layers[0].name, "conv_1");
  EXPECT_EQ(layers[0].class_name, "Conv2d");
  EXPECT_EQ(layers[0].output, Shape({2, 6, 28, 28}));
  EXPECT_EQ(layers[0].parameters, 6 * 75 + 6);
  EXPECT_EQ(layers[0].flops, 2 * 6 * 28 * 28 * 2 * 75);
  EXPECT_EQ(layers[3].name, "pool");  // its second call
  EXPECT_EQ(layers[3].flops, 0);
  EXPECT_EQ(layers[6].output, Shape({2, 10}));
  EXPECT_EQ(layers[6].parameters, 850);
  EXPECT_EQ(layers[6].flops, 2 * 2 * 840);
  EXPECT_TRUE(net.is_training());
}

TEST(Summary, CountsAModuleOnceAndGroupsApart) {
  const nn::Linear shared{4, 4, {.bias = false}};
  nn::Sequential net{shared, shared};
  const auto layers = nn::summarize(net, {1, 4});
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_EQ(layers[0].parameters + layers[1].parameters, 16);
  EXPECT_EQ(layers[1].flops, 32);
  EXPECT_EQ(nn::flops_of(nn::Conv2d{4, 6, {3, 1}, {.groups = 2}}, {1, 6, 5, 5}), 2 * 2 * 3 * 150);
  EXPECT_EQ(nn::flops_of(nn::ReLU{}, {1, 6, 5, 5}), 0);
}

TEST(Summary, TakesAnErrorsWayOutWithoutALooseHook) {
  nn::Sequential net{nn::Linear{4, 4}};
  EXPECT_THROW(nn::summarize(net, {1, 5}), ShapeError);
  EXPECT_EQ(nn::summarize(net, {1, 4}).size(), 1u);
  EXPECT_EQ(nn::summarize(net, {1, 4}).size(), 1u);
}

}  // namespace
}  // namespace cresset::test
