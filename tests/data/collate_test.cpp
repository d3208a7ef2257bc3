#include <cresset/data/collate.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace cresset::data {
namespace {

using testing::ElementsAre;

TEST(Collate, StacksTensors) {
  const Tensor batch = collate(std::vector<Tensor>{tensor({1, 2}), tensor({3, 4})});
  EXPECT_TRUE(batch.equal(tensor({{1, 2}, {3, 4}})));
}

TEST(Collate, MakesTensorsOfNumbers) {
  EXPECT_EQ(collate(std::vector<int>{1, 2}).dtype(), kInt64);
  EXPECT_EQ(collate(std::vector<std::uint8_t>{1, 2}).dtype(), kInt64);
  EXPECT_EQ(collate(std::vector<float>{1, 2}).dtype(), kFloat32);
  EXPECT_EQ(collate(std::vector<double>{1, 2}).dtype(), kFloat64);
  EXPECT_EQ(collate(std::vector<bool>{true, false}).dtype(), kBool);
  EXPECT_TRUE(collate(std::vector<short>{-1, 7}).equal(tensor({-1, 7})));
  EXPECT_TRUE(collate(std::vector<bool>{true, false}).equal(tensor({true, false})));
}

TEST(Collate, GoesFieldByField) {
  struct Sample {
    Tensor x;
    int y;
    std::string z;
  };
  const auto [x, y, z] = collate(std::vector<Sample>{{tensor({1}), 2, "a"}, {tensor({3}), 4, "b"}});
  EXPECT_TRUE(x.equal(tensor({{1}, {3}})));
  EXPECT_TRUE(y.equal(tensor({2, 4})));
  EXPECT_THAT(z, ElementsAre("a", "b"));
  const auto [a, b] = collate(std::vector<std::pair<int, float>>{{1, 2.f}, {3, 4.f}});
  EXPECT_TRUE(a.equal(tensor({1, 3})));
  EXPECT_TRUE(b.equal(tensor({2., 4.})));
}

TEST(Collate, Nests) {
  struct Point {
    float x, y;
  };
  struct Sample {
    Point from;
    std::array<int, 2> counts;
    std::tuple<bool> flag;
  };
  auto [from, counts, flag] = collate(std::vector<Sample>{{{1, 2}, {3, 4}, {true}}, {{5, 6}, {7, 8}, {false}}});
  EXPECT_TRUE(std::get<1>(from).equal(tensor({2., 6.})));
  EXPECT_TRUE(std::get<0>(counts).equal(tensor({3, 7})));
  EXPECT_TRUE(std::get<0>(flag).equal(tensor({true, false})));
}

TEST(Collate, CountsTheFieldsOfStructs) {
  struct One {
    Tensor a;
  };
  struct Eight {
    int a;
    Tensor b;
    std::string c;
    double d;
    std::vector<int> e;
    bool f;
    std::pair<int, int> g;
    float h;
  };
  static_assert(detail::count_fields<One>() == 1);
  static_assert(detail::count_fields<Eight>() == 8);
  const auto all = collate(std::vector<Eight>{{1, tensor({2}), "c", 4, {5, 6}, true, {7, 8}, 9}});
  EXPECT_EQ(std::get<4>(all)[0], (std::vector<int>{5, 6}));
  EXPECT_EQ(std::get<7>(all).item(), 9);
  const auto [one] = collate(std::vector<One>{{tensor({1})}});
  EXPECT_TRUE(one.equal(tensor({{1}})));
}

}  // namespace
}  // namespace cresset::data
