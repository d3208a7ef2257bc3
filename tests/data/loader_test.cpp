#include <cresset/data.h>
#include <cresset/error.h>
#include <cresset/ops.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "data/numbers.h"

namespace cresset::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(DataLoader, GoesThroughInOrder) {
  using Rows = std::vector<std::vector<std::int64_t>>;
  for (const int workers : {0, 1, 3}) {
    const DataLoader loader{Numbers{}, {.batch_size = 4, .num_workers = workers}};
    EXPECT_EQ(loader.size(), 3);
    EXPECT_EQ(numbers(loader), (Rows{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}}));
    const DataLoader full{Numbers{}, {.batch_size = 4, .num_workers = workers, .drop_last = true}};
    EXPECT_EQ(full.size(), 2);
    EXPECT_EQ(numbers(full), (Rows{{0, 1, 2, 3}, {4, 5, 6, 7}}));
    EXPECT_EQ(numbers(DataLoader{Numbers{0}, {.num_workers = workers}}), Rows{});
  }
}

TEST(DataLoader, HasPyTorchsDefaults) {
  const DataLoaderOptions options;
  EXPECT_EQ(options.batch_size, 1);
  EXPECT_FALSE(options.shuffle);
  EXPECT_EQ(options.num_workers, 0);
  EXPECT_FALSE(options.drop_last);
  EXPECT_EQ(options.prefetch_factor, 2);
}

TEST(DataLoader, ShufflesAnewEachPass) {
  const DataLoader loader{Numbers{200}, {.batch_size = 200, .shuffle = true, .generator = Generator(1)}};
  const auto first = numbers(loader), second = numbers(loader);
  EXPECT_NE(first, second);
  for (auto order : {first[0], second[0]}) {
    std::sort(order.begin(), order.end());
    for (std::int64_t i = 0; i < 200; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  }
}

TEST(DataLoader, GivesTheSameBatchesWithAnyNumberOfWorkers) {
  std::vector<Batches> runs;
  for (const int workers : {0, 1, 3}) {
    manual_seed(11);
    const DataLoader loader{Numbers{301}, {.batch_size = 3, .shuffle = true, .num_workers = workers}};
    Batches all = batches(loader);
    for (auto& batch : batches(loader)) all.push_back(batch);
    runs.push_back(std::move(all));
  }
  EXPECT_EQ(runs[0].size(), 202u);
  expect_equal(runs[0], runs[1]);
  expect_equal(runs[0], runs[2]);
  EXPECT_FALSE(runs[0][0].second.equal(runs[0][101].second));
}

TEST(DataLoader, TakesASeedFromTheDefaultGeneratorOrItsOwn) {
  const auto order = [](std::optional<Generator> generator) {
    return numbers(DataLoader{Numbers{50}, {.batch_size = 50, .shuffle = true, .generator = generator}})[0];
  };
  manual_seed(1);
  const auto a = order({});
  const auto b = order({});
  manual_seed(1);
  EXPECT_EQ(order({}), a);
  EXPECT_NE(a, b);
  EXPECT_EQ(order(Generator(5)), order(Generator(5)));
  EXPECT_NE(order(Generator(5)), order(Generator(6)));
}

TEST(DataLoader, DrawsBySampleNotByPlace) {
  // The same seed in another order and other batches: each sample draws the same.
  const auto drawn_of = [](DataLoaderOptions options) {
    std::vector<Tensor> drawn(20);
    options.generator = Generator(9);
    for (auto [number, x] : DataLoader{Numbers{20}, options})
      for (std::int64_t i = 0; i < number.size(0); ++i)
        drawn[static_cast<std::size_t>(number.data_ptr<std::int64_t>()[i])] = x[i];
    return drawn;
  };
  const auto a = drawn_of({.batch_size = 3}), b = drawn_of({.batch_size = 7, .shuffle = true, .num_workers = 2});
  for (std::size_t i = 0; i < 20; ++i) EXPECT_TRUE(a[i].equal(b[i])) << i;
  EXPECT_FALSE(a[0].equal(a[1]));
}

TEST(DataLoader, LeavesTheLoopsGeneratorAlone) {
  const auto after = [](int workers) {
    manual_seed(4);
    for (auto [number, x] : DataLoader{Numbers{9}, {.num_workers = workers, .generator = Generator(1)}}) (void)number;
    return rand({3});
  };
  manual_seed(4);
  const Tensor expected = rand({3});
  EXPECT_TRUE(after(0).equal(expected));
  EXPECT_TRUE(after(2).equal(expected));
}

TEST(DataLoader, KeepsTemporaries) {
  struct Text {
    std::shared_ptr<std::string> text = std::make_shared<std::string>("kept");
    int size() const { return 2; }
    std::string get(std::int64_t i) const { return *text + std::to_string(i); }
  };
  std::vector<std::string> seen;
  for (auto& batch : DataLoader{Text{}, {.batch_size = 2, .num_workers = 1}}) seen = batch;
  EXPECT_THAT(seen, ElementsAre("kept0", "kept1"));
  auto it = DataLoader{Text{}, {.batch_size = 2, .num_workers = 1}}.begin();
  EXPECT_THAT(*it, ElementsAre("kept0", "kept1"));
  for (auto [i, batch] : enumerate(DataLoader{Text{}})) EXPECT_EQ(batch[0], "kept" + std::to_string(i));
}

TEST(DataLoader, MayBeLeftEarly) {
  for (const int workers : {0, 1, 3})
    for (int stop = 0; stop < 6; ++stop) {
      const DataLoader loader{Numbers{100}, {.batch_size = 2, .num_workers = workers}};
      int count = 0;
      for (auto [number, x] : loader) {
        if (count++ == stop) break;
        EXPECT_EQ(number.size(0), 2);
      }
      EXPECT_EQ(numbers(loader).size(), 50u);
    }
  // Not even one batch.
  const DataLoader loader{Numbers{100}, {.num_workers = 2}};
  const auto unused = loader.begin();
  EXPECT_FALSE(unused == loader.end());
}

TEST(DataLoader, HasTwoPassesOpen) {
  for (const int workers : {0, 2}) {
    const DataLoader loader{Numbers{8}, {.batch_size = 2, .num_workers = workers}};
    auto a = loader.begin();
    ++a;
    auto b = loader.begin();
    EXPECT_THAT(ints(std::get<0>(*a)), ElementsAre(2, 3));
    EXPECT_THAT(ints(std::get<0>(*b)), ElementsAre(0, 1));
    ++b;
    ++a;
    EXPECT_THAT(ints(std::get<0>(*a)), ElementsAre(4, 5));
    EXPECT_THAT(ints(std::get<0>(*b)), ElementsAre(2, 3));
    // Another order and other draws: the passes have seeds of their own.
    EXPECT_EQ(loader.state().epoch, 1u);
  }
}

TEST(DataLoader, TakesASharedDataSet) {
  const auto set = std::make_shared<Numbers>();
  const DataLoader loader{set, {.batch_size = 10}};
  EXPECT_EQ(&loader.dataset(), set.get());
  EXPECT_EQ(numbers(loader)[0].size(), 10u);
}

TEST(DataLoader, TakesACollateFunction) {
  int factor = 3;
  const DataLoader loader{
      Numbers{4}, {.batch_size = 2, .num_workers = 1}, [factor](std::vector<Numbers::Sample>&& samples) {
        std::int64_t sum = 0;
        for (const auto& sample : samples) sum += sample.number;
        return sum * factor;
      }};
  std::vector<std::int64_t> sums;
  for (const std::int64_t sum : loader) sums.push_back(sum);
  EXPECT_THAT(sums, ElementsAre(3, 15));
}

TEST(DataLoader, Enumerates) {
  const DataLoader loader{Numbers{6}, {.batch_size = 2}};
  std::vector<std::int64_t> seen;
  for (auto [i, batch] : enumerate(loader, 1)) {
    auto [number, drawn] = batch;
    seen.push_back(i);
    EXPECT_EQ(number.data_ptr<std::int64_t>()[0], 2 * (i - 1));
  }
  EXPECT_THAT(seen, ElementsAre(1, 2, 3));
}

TEST(DataLoader, ChecksItsOptions) {
  const auto message = [](const DataLoaderOptions& options) {
    return message_of<ValueError>([&] { DataLoader(Numbers{}, options); });
  };
  EXPECT_EQ(message({.batch_size = 0}), "DataLoader: batch_size must be positive, got 0");
  EXPECT_EQ(message({.num_workers = -1}), "DataLoader: num_workers must not be negative, got -1");
  EXPECT_EQ(message({.prefetch_factor = 0}), "DataLoader: prefetch_factor must be positive, got 0");
  EXPECT_EQ(message({.shuffle = true, .sampler = std::vector<std::int64_t>{1}}),
            "DataLoader: sampler and shuffle must not both be given");
  struct Negative {
    int size() const { return -1; }
    Tensor get(std::int64_t) const { return {}; }
  };
  EXPECT_EQ(message_of<ValueError>([] { DataLoader(Negative{}); }),
            "DataLoader: the data set's size must not be negative, got -1");
}

// More than there are samples is all of them, however much more.
TEST(DataLoader, TakesTheLargestNumbers) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (const int workers : {0, 2})
    for (const std::int64_t batch_size : {std::int64_t{3}, std::int64_t{10}, std::int64_t{11}, kMost - 1, kMost})
      for (const std::int64_t prefetch : {std::int64_t{1}, kMost / 2, kMost}) {
        const DataLoaderOptions options{.batch_size = batch_size, .num_workers = workers, .prefetch_factor = prefetch};
        const DataLoader loader{Numbers{}, options};
        const auto all = numbers(loader);
        ASSERT_EQ(static_cast<std::int64_t>(all.size()), loader.size());
        std::vector<std::int64_t> joined;
        for (const auto& batch : all) joined.insert(joined.end(), batch.begin(), batch.end());
        EXPECT_THAT(joined, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
        DataLoaderOptions dropping = options;
        dropping.drop_last = true;
        const DataLoader full{Numbers{}, dropping};
        EXPECT_EQ(full.size(), batch_size > 10 ? 0 : 10 / batch_size);
        EXPECT_EQ(static_cast<std::int64_t>(numbers(full).size()), full.size());
      }
}

TEST(DataLoader, RefusesTheEnd) {
  const DataLoader loader{Numbers{1}};
  auto it = loader.begin();
  ++it;
  EXPECT_TRUE(it == loader.end());
  EXPECT_EQ(message_of<IndexError>([&] { *it; }), "DataLoader: the iterator must not be used past the end");
  EXPECT_THROW(++it, IndexError);
}

TEST(DataLoader, RefusesSamplesOfDifferentShapes) {
  struct Ragged {
    int size() const { return 2; }
    Tensor get(std::int64_t i) const { return zeros({i + 1}); }
  };
  EXPECT_THAT(message_of<ShapeError>([] { *DataLoader(Ragged{}, {.batch_size = 2}).begin(); }),
              HasSubstr("in DataLoader, batch 0 of 1"));
}

}  // namespace
}  // namespace cresset::data
