#include <cresset/data.h>
#include <cresset/error.h>
#include <cresset/ops.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/numbers.h"

namespace cresset::data {
namespace {

using testing::ElementsAre;

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

}  // namespace
}  // namespace cresset::data
