#include <cresset/data/subset.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "support/scratch_folder.h"

namespace cresset::data {
namespace {

using testing::ElementsAre;

struct Squares {
  std::int64_t count;
  std::int64_t size() const { return count; }
  std::int64_t operator[](std::int64_t i) const { return i * i; }
};

TEST(Subset, MapsIndices) {
  const Subset part{Squares{10}, {3, 5}};
  EXPECT_EQ(part.size(), 2);
  EXPECT_EQ(part[1], 25);
  std::vector<double> seen;
  for (Tensor batch : DataLoader{part}) seen.push_back(batch.item());
  EXPECT_THAT(seen, ElementsAre(9, 25));
  EXPECT_EQ(message_of<IndexError>([&] { part.get(2); }), "Subset: index must be in [0, 2), got 2");
  EXPECT_EQ(message_of<IndexError>([] { Subset(Squares{10}, {10}); }), "Subset: index must be in [0, 10), got 10");
}

TEST(RandomSplit, CutsIntoDisjointParts) {
  const auto [a, b, c] = random_split(Squares{10}, {5, 3, 2}, {.generator = Generator(1)});
  std::set<std::int64_t> all;
  for (const auto* part : {&a, &b, &c}) all.insert(part->indices().begin(), part->indices().end());
  EXPECT_EQ(a.size(), 5);
  EXPECT_EQ(b.size(), 3);
  EXPECT_EQ(c.size(), 2);
  EXPECT_EQ(all.size(), 10u);
  const auto [again, rest] = random_split(Squares{10}, {5, 5}, {.generator = Generator(1)});
  EXPECT_EQ(again.indices(), a.indices());
  const auto [other, others] = random_split(Squares{10}, {5, 5}, {.generator = Generator(2)});
  EXPECT_NE(other.indices(), a.indices());
}

TEST(RandomSplit, TakesFractions) {
  const auto [a, b, c] = random_split(Squares{11}, {0.5, 0.3, 0.2});
  EXPECT_EQ(a.size(), 6);
  EXPECT_EQ(b.size(), 3);
  EXPECT_EQ(c.size(), 2);
  // Two are left over: one each.
  const auto [d, e, f] = random_split(Squares{8}, {1.0 / 3, 1.0 / 3, 1.0 / 3});
  EXPECT_EQ(d.size(), 3);
  EXPECT_EQ(e.size(), 3);
  EXPECT_EQ(f.size(), 2);
  EXPECT_EQ(message_of<ValueError>([] {
              random_split(Squares{10}, {5, 4});
            }),
            "random_split: lengths must add up to the 10 samples (or to 1), got 9");
  EXPECT_EQ(message_of<ValueError>([] {
              random_split(Squares{10}, {11, -1});
            }),
            "random_split: lengths must not be negative, got -1");
  EXPECT_EQ(message_of<ValueError>([] {
              random_split(Squares{10}, {1e300, 1.0});
            }),
            "random_split: a length must be at most 10, got 1e+300");
}

}  // namespace
}  // namespace cresset::data
