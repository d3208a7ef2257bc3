#include <cresset/data.h>
#include <cresset/error.h>
#include <cresset/ops.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "data/numbers.h"

namespace cresset::data {
namespace {

using testing::ElementsAre;

struct Backwards {
  std::int64_t count;
  std::int64_t size() const { return count; }
  std::vector<std::int64_t> indices() const {
    std::vector<std::int64_t> order;
    for (std::int64_t i = count - 1; i >= 0; --i) order.push_back(i);
    return order;
  }
};

TEST(Sampler, MayBeTheUsers) {
  const DataLoader loader{Numbers{5}, {.batch_size = 3, .sampler = Backwards{5}, .num_workers = 2}};
  EXPECT_THAT(numbers(loader), ElementsAre(std::vector<std::int64_t>{4, 3, 2}, std::vector<std::int64_t>{1, 0}));
  const DataLoader fixed{Numbers{5}, {.batch_size = 3, .sampler = std::vector<std::int64_t>{3, 1}}};
  EXPECT_EQ(fixed.size(), 1);
  EXPECT_THAT(numbers(fixed), ElementsAre(std::vector<std::int64_t>{3, 1}));
}

TEST(Sampler, DrawsDifferentlyForASampleThatComesTwice) {
  const DataLoader loader{Numbers{3}, {.batch_size = 3, .sampler = std::vector<std::int64_t>{1, 1, 0}}};
  const Tensor drawn = std::get<1>(*loader.begin());
  EXPECT_FALSE(drawn[0].equal(drawn[1]));
}

TEST(Sampler, IsChecked) {
  const DataLoader loader{Numbers{3}, {.sampler = std::vector<std::int64_t>{0, 3}}};
  EXPECT_EQ(message_of<IndexError>([&] { loader.begin(); }),
            "DataLoader: the sampler's indices must be in [0, 3), got 3");
  struct Liar {
    int size() const { return 5; }
    std::vector<std::int64_t> indices(const Generator&) const { return {0}; }
  };
  const DataLoader lied{Numbers{3}, {.sampler = Liar{}}};
  EXPECT_EQ(message_of<ValueError>([&] { lied.begin(); }),
            "DataLoader: the sampler must give as many indices as its size, 5, got 1");
  EXPECT_EQ(message_of<ValueError>([] { RandomSampler(3, {.num_samples = 4}); }),
            "RandomSampler: num_samples must be in [0, 3] without replacement, got 4");
  EXPECT_EQ(message_of<ValueError>([] { SequentialSampler(-1); }),
            "SequentialSampler: the number of samples must not be negative, got -1");
}

TEST(Sampler, DrawsAtRandom) {
  const Generator generator(2);
  auto some = RandomSampler(100, {.num_samples = 30}).indices(generator);
  EXPECT_EQ(std::set<std::int64_t>(some.begin(), some.end()).size(), 30u);
  some = RandomSampler(3, {.replacement = true, .num_samples = 300}).indices(generator);
  EXPECT_EQ(std::set<std::int64_t>(some.begin(), some.end()), (std::set<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(some.size(), 300u);
  some = SubsetRandomSampler({5, 7, 9}).indices(generator);
  EXPECT_EQ(std::set<std::int64_t>(some.begin(), some.end()), (std::set<std::int64_t>{5, 7, 9}));
  EXPECT_TRUE(SubsetRandomSampler({}).indices(generator).empty());
}

}  // namespace
}  // namespace cresset::data
