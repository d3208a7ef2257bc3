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

#include "data/numbers.h"

namespace cresset::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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

}  // namespace
}  // namespace cresset::data
