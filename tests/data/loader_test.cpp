#include <cresset/autograd.h>
#include <cresset/data.h>
#include <cresset/dispatch.h>
#include <cresset/error.h>
#include <cresset/ops.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "data/synthetic.h"

namespace cresset::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Sample i is i and a number drawn from the default generator.
struct Numbers {
  struct Sample {
    std::int64_t number;
    Tensor drawn;
  };
  std::int64_t count = 10;
  std::size_t size() const { return static_cast<std::size_t>(count); }
  Sample get(std::int64_t i) const { return {i, rand({2})}; }
};

std::vector<std::int64_t> ints(const Tensor& x) {
  return {x.data_ptr<std::int64_t>(), x.data_ptr<std::int64_t>() + x.numel()};
}

// All numbers of a pass, batch by batch.
template <class L>
std::vector<std::vector<std::int64_t>> numbers(const L& loader) {
  std::vector<std::vector<std::int64_t>> all;
  for (auto& [number, drawn] : loader) all.push_back(ints(number));
  return all;
}

using Batches = std::vector<std::pair<Tensor, Tensor>>;
template <class L>
Batches batches(const L& loader) {
  Batches all;
  for (auto [a, b] : loader) all.emplace_back(a, b);
  return all;
}

void expect_equal(const Batches& a, const Batches& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(a[i].first.equal(b[i].first)) << "batch " << i;
    EXPECT_TRUE(a[i].second.equal(b[i].second)) << "batch " << i;
  }
}

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

struct Failing : Numbers {
  std::int64_t bad = 17;
  Sample get(std::int64_t i) const {
    if (i == bad) throw ValueError("sample is broken");
    return Numbers::get(i);
  }
};

TEST(DataLoader, BringsAWorkersErrorToTheLoop) {
  for (const int workers : {0, 1, 3}) {
    const DataLoader loader{Failing{{40}}, {.batch_size = 4, .num_workers = workers}};
    std::int64_t seen = 0;
    EXPECT_EQ(message_of<ValueError>([&] {
                for (auto [number, x] : loader) ++seen;
              }),
              "sample is broken\nwhile getting sample 17\nin DataLoader, batch 4 of 10");
    EXPECT_EQ(seen, 4);
    // The pass can go on behind it.
    auto it = loader.begin();
    for (int i = 0; i < 4; ++i) ++it;
    EXPECT_THROW(*it, ValueError);
    EXPECT_THROW(*it, ValueError);
    ++it;
    EXPECT_THAT(ints(std::get<0>(*it)), ElementsAre(20, 21, 22, 23));
  }
}

TEST(DataLoader, BringsAnyExceptionToTheLoop) {
  struct Broken {
    int size() const { return 3; }
    int get(std::int64_t) const { throw std::out_of_range("not ours"); }
  };
  const DataLoader loader{Broken{}, {.num_workers = 2}};
  EXPECT_THROW(*loader.begin(), std::out_of_range);
}

TEST(DataLoader, UsesItsWorkers) {
  struct Threads {
    std::shared_ptr<std::mutex> mutex = std::make_shared<std::mutex>();
    std::shared_ptr<std::set<std::thread::id>> ids = std::make_shared<std::set<std::thread::id>>();
    int size() const { return 64; }
    int get(std::int64_t) const {
      const std::lock_guard lock(*mutex);
      ids->insert(std::this_thread::get_id());
      return 0;
    }
  };
  const Threads set;
  for (Tensor batch : DataLoader{set, {.num_workers = 3}}) (void)batch;
  EXPECT_EQ(set.ids->count(std::this_thread::get_id()), 0u);
  EXPECT_GE(set.ids->size(), 1u);
  EXPECT_LE(set.ids->size(), 3u);
  set.ids->clear();
  for (Tensor batch : DataLoader{set}) (void)batch;
  EXPECT_THAT(*set.ids, ElementsAre(std::this_thread::get_id()));
}

TEST(DataLoader, LoadsNoFurtherAheadThanAskedFor) {
  struct Counted {
    std::shared_ptr<std::atomic<int>> loaded = std::make_shared<std::atomic<int>>(0);
    int size() const { return 10000; }
    int get(std::int64_t) const { return ++*loaded; }
  };
  const Counted set;
  const DataLoader loader{set, {.batch_size = 64, .num_workers = 2, .prefetch_factor = 3}};
  auto it = loader.begin();
  for (int i = 0; i < 20; ++i, ++it) {
    (void)*it;
    EXPECT_LE(*set.loaded, 64 * (i + 1 + 6));
  }
}

TEST(DataLoader, RunsWorkersInTheLoopsGradMode) {
  struct Mode {
    int size() const { return 4; }
    bool get(std::int64_t) const { return is_grad_enabled(); }
  };
  const DataLoader loader{Mode{}, {.batch_size = 4, .num_workers = 1}};
  EXPECT_TRUE((*loader.begin()).equal(ones({4}, {.dtype = kBool})));
  const NoGradGuard guard;
  EXPECT_TRUE((*loader.begin()).equal(zeros({4}, {.dtype = kBool})));
}

TEST(DataLoader, RunsWorkersWithTheLoopsForcing) {
  struct Doubled {
    int size() const { return 1; }
    Tensor get(std::int64_t) const { return ones({2}) * 2; }
  };
  for (const int workers : {0, 1}) {
    const DataLoader loader{Doubled{}, {.num_workers = workers}};
    EXPECT_TRUE((*loader.begin()).equal(full({1, 2}, 2.0)));
    const ForceKernelGuard forced("binary=no_such_kernel");
    EXPECT_THAT(message_of<UnsupportedError>([&] { *loader.begin(); }), HasSubstr("no_such_kernel"));
  }
}

TEST(DataLoader, TakesASharedDataSet) {
  const auto set = std::make_shared<Numbers>();
  const DataLoader loader{set, {.batch_size = 10}};
  EXPECT_EQ(&loader.dataset(), set.get());
  EXPECT_EQ(numbers(loader)[0].size(), 10u);
}

TEST(DataLoader, TakesACollateFunction) {
  const int factor = 3;
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

// ---- positions

TEST(LoaderState, GoesOnWhereTheLoopWas) {
  for (const int workers : {0, 2}) {
    const DataLoaderOptions options{
        .batch_size = 3, .shuffle = true, .num_workers = workers, .generator = Generator(21)};
    DataLoaderOptions same = options, other = options;
    same.generator = Generator(21);
    other.generator = Generator(22);
    const DataLoader loader{Numbers{40}, same};
    Batches whole;
    std::vector<LoaderState> states{loader.state()};
    for (int epoch = 0; epoch < 2; ++epoch) {
      for (auto [number, drawn] : loader) {
        whole.emplace_back(number, drawn);
        states.push_back(loader.state());
      }
      states.back() = loader.state();  // behind the loop: the pass is over
    }
    EXPECT_EQ(states[5].epoch, 0u);
    EXPECT_EQ(states[5].batch, 5u);
    EXPECT_EQ(states[20].epoch, 1u);
    EXPECT_EQ(states[20].batch, 6u);
    for (const std::size_t at : {0u, 1u, 5u, 13u, 14u, 20u}) {
      const DataLoader resumed{Numbers{40}, other};
      resumed.set_state(states[at]);
      EXPECT_EQ(resumed.state(), states[at]);
      Batches rest(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(at));
      while (rest.size() < whole.size())
        for (auto [number, drawn] : resumed) rest.emplace_back(number, drawn);
      expect_equal(rest, whole);
      EXPECT_EQ(resumed.state(), states.back());
    }
  }
}

TEST(LoaderState, IsAtTheEndOfThePassInsideItsLastRound) {
  const DataLoader loader{Numbers{4}, {.batch_size = 2}};
  LoaderState last;
  for (auto [number, drawn] : loader) last = loader.state();
  EXPECT_EQ(last.batch, 2u);
  const DataLoader resumed{Numbers{4}, {.batch_size = 2}};
  resumed.set_state(last);
  EXPECT_EQ(numbers(resumed).size(), 0u);
  EXPECT_EQ(resumed.state().epoch, 1u);
  EXPECT_EQ(numbers(resumed).size(), 2u);
}

TEST(LoaderState, LoadsNothingThatIsPassedOver) {
  struct Counted {
    std::shared_ptr<std::vector<std::int64_t>> loaded = std::make_shared<std::vector<std::int64_t>>();
    int size() const { return 100; }
    std::int64_t get(std::int64_t i) const {
      loaded->push_back(i);
      return i;
    }
  };
  const Counted set;
  const DataLoader loader{set, {.batch_size = 10}};
  loader.set_state({.batch = 8, .open = true, .seed = 3});
  std::vector<std::int64_t> rounds;
  for (auto [i, batch] : enumerate(loader)) rounds.push_back(i);
  EXPECT_THAT(rounds, ElementsAre(8, 9));
  EXPECT_EQ(set.loaded->size(), 20u);
  EXPECT_EQ(set.loaded->front(), 80);
}

TEST(LoaderState, RefusesAStateOfAnotherLoader) {
  const DataLoader loader{Numbers{4}, {.batch_size = 2}};
  EXPECT_EQ(message_of<ValueError>([&] { loader.set_state({.batch = 3, .open = true}); }),
            "DataLoader: the state is at batch 3, but a pass of this loader has 2");
  EXPECT_EQ(message_of<ValueError>([&] { loader.set_state({.generator = Generator(1).state()}); }),
            "DataLoader: the state must not have a generator of the loader's own, as this loader does");
}

// ---- samplers

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
