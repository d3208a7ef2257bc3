#include "core/team.h"

#include <cresset/error.h>
#include <cresset/threads.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "support/sanitizer.h"

namespace cresset {
namespace {

class TeamTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { set_num_threads(GetParam()); }
};

long count_threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

TEST_P(TeamTest, RunsEachChunkOnce) {
  for (const std::int64_t chunks : {0, 1, 2, 3, 7, 64, 1000}) {
    for (int repeat = 0; repeat < 50; ++repeat) {
      std::vector<int> runs(static_cast<std::size_t>(chunks),
                            0);  // plain ints: ThreadSanitizer sees whether the end of the call is a barrier
      parallel_for(chunks, [&](std::int64_t i) { ++runs[static_cast<std::size_t>(i)]; });
      for (const int n : runs) ASSERT_EQ(n, 1);
    }
  }
}

TEST_P(TeamTest, NestedCallsRunSeriallyOnTheSameThread) {
  std::atomic<int> inner{0}, elsewhere{0};
  parallel_for(8, [&](std::int64_t) {
    const auto self = std::this_thread::get_id();
    parallel_for(4, [&](std::int64_t) {
      ++inner;
      if (std::this_thread::get_id() != self) ++elsewhere;
    });
  });
  EXPECT_EQ(inner, 32);
  EXPECT_EQ(elsewhere, 0);
}

TEST_P(TeamTest, ThrowsTheExceptionOfTheLowestChunk) {
  for (int repeat = 0; repeat < 100; ++repeat) {
    std::atomic<int> below{0};
    try {
      parallel_for(64, [&](std::int64_t i) {
        if (i < 5) ++below;
        if (i == 5 || i == 6 || i == 40) throw ValueError("chunk " + std::to_string(i));
      });
      FAIL() << "nothing was thrown";
    } catch (const ValueError& error) {
      EXPECT_STREQ(error.what(), "chunk 5");
      EXPECT_EQ(below, 5);
    }
  }
  int sum = 0;
  parallel_for(1, [&](std::int64_t) { ++sum; });
  EXPECT_EQ(sum, 1);
}

TEST_P(TeamTest, ServesSeveralCallersAtOnce) {
  std::vector<std::thread> callers;
  std::atomic<std::int64_t> total{0};
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int repeat = 0; repeat < 200; ++repeat) {
        std::int64_t parts[16] = {};
        parallel_for(16, [&](std::int64_t i) { parts[i] = i; });
        for (const auto p : parts) total += p;
      }
    });
  }
  for (auto& c : callers) c.join();
  EXPECT_EQ(total, 4 * 200 * 120);
}

TEST_P(TeamTest, AForkedChildComputesWithATeamOfItsOwn) {
  if (test::kThreadSanitizer) GTEST_SKIP() << "ThreadSanitizer ends a forked child that makes threads";
  parallel_for(16, [](std::int64_t) {});
  const pid_t child = fork();
  if (child == 0) {
    std::atomic<int> n{0};
    for (int repeat = 0; repeat < 20; ++repeat) parallel_for(16, [&](std::int64_t) { ++n; });
    _exit(n == 320 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  std::atomic<int> n{0};
  parallel_for(16, [&](std::int64_t) { ++n; });
  EXPECT_EQ(n, 16);
}

INSTANTIATE_TEST_SUITE_P(Threads, TeamTest, testing::Values(1, 2, 5));

TEST(Team, SeveralThreadsTakePart) {
  set_num_threads(2);
  // Each chunk waits for the other: a serial run would never end, so this fails by the test's time limit.
  std::atomic<int> here{0};
  std::thread::id id[2];
  parallel_for(2, [&](std::int64_t i) {
    id[i] = std::this_thread::get_id();
    ++here;
    while (here < 2) std::this_thread::yield();
  });
  EXPECT_NE(id[0], id[1]);
}

TEST(Team, CanBeResizedWhileItWorks) {
  std::atomic<bool> stop{false};
  std::thread resizer([&] {
    for (int n = 1; !stop; n = n % 6 + 1) set_num_threads(n);
  });
  for (int repeat = 0; repeat < 300; ++repeat) {
    std::atomic<int> n{0};
    parallel_for(10, [&](std::int64_t) { ++n; });
    ASSERT_EQ(n, 10);
  }
  stop = true;
  resizer.join();
  set_num_threads(3);
  EXPECT_EQ(get_num_threads(), 3);
}

TEST(Team, RefusesFewerThanOneThread) {
  try {
    set_num_threads(0);
    FAIL() << "nothing was thrown";
  } catch (const ValueError& error) {
    EXPECT_STREQ(error.what(), "set_num_threads: count must be at least 1, got 0");
  }
}

TEST(Team, MakesNoThreadBeforeItIsNeeded) {
  if (test::kThreadSanitizer) GTEST_SKIP() << "ThreadSanitizer ends a forked child that makes threads";
  set_num_threads(7);
  const pid_t child = fork();  // a fresh process, in effect: the child has no team
  if (child == 0) {
    const long before = count_threads();
    parallel_for(1, [](std::int64_t) {});
    const bool none = count_threads() == before;
    parallel_for(2, [](std::int64_t) {});
    _exit(none && count_threads() == before + 6 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace cresset
