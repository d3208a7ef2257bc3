#include "core/cpu_allocator.h"

#include <cresset/error.h>
#include <cresset/memory.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace cresset {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kCaching = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kCaching = false;
#else
constexpr bool kCaching = true;
#endif
#else
constexpr bool kCaching = true;
#endif

struct Held {
  unsigned char* block;
  std::size_t bytes;
  unsigned char mark;
};

Held hold(std::size_t bytes, unsigned char mark) {
  auto* block = static_cast<unsigned char*>(cpu_allocate(bytes));
  std::memset(block, mark, bytes);
  return {block, bytes, mark};
}

void release(const Held& h) {
  for (std::size_t i = 0; i < h.bytes; i += h.bytes < 4096 ? 1 : 997)
    ASSERT_EQ(h.block[i], h.mark) << "of " << h.bytes << " bytes";
  cpu_free(h.block, h.bytes);
}

TEST(CpuAllocator, BlocksAreAlignedAndDoNotOverlap) {
  std::mt19937 random(1);
  std::vector<Held> held;
  const auto before = cpu_memory_stats().allocated;
  for (int i = 0; i < 20000; ++i) {
    if (held.size() > 200) {
      std::swap(held[random() % held.size()], held.back());
      release(held.back());
      held.pop_back();
    }
    const std::size_t bytes = 1 + random() % (std::size_t{1} << random() % 19);
    held.push_back(hold(bytes, static_cast<unsigned char>(random())));
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(held.back().block) % 64, 0u);
  }
  for (const auto& h : held) release(h);
  EXPECT_EQ(cpu_memory_stats().allocated, before);
}

TEST(CpuAllocator, EverySizeAroundAClassBoundaryHasRoom) {
  for (std::size_t power = 64; power <= std::size_t{1} << 22; power *= 2) {
    for (const std::size_t base : {power, power + power / 4, power + power / 2, power + 3 * power / 4}) {
      const Held held[] = {hold(base - 1, 1), hold(base, 2), hold(base + 1, 3),
                           hold(base + 1, 4), hold(base, 5), hold(base - 1, 6)};
      for (const auto& h : held) release(h);
    }
  }
}

TEST(CpuAllocator, ZeroBytesAreNoBlock) {
  EXPECT_EQ(cpu_allocate(0), nullptr);
  cpu_free(nullptr, 0);
}

TEST(CpuAllocator, ASteadyLoopTakesNoFreshPage) {
  if (!kCaching) GTEST_SKIP() << "no caching under AddressSanitizer";
  const auto step = [] {
    std::vector<Held> held;
    for (const std::size_t bytes : {64, 1000, 40000, 3000000, 500, 9000000}) held.push_back(hold(bytes, 7));
    for (const auto& h : held) release(h);
  };
  step();
  const auto before = cpu_memory_stats();
  for (int i = 0; i < 100; ++i) step();
  EXPECT_EQ(cpu_memory_stats().system_calls, before.system_calls);
  EXPECT_EQ(cpu_memory_stats().reserved, before.reserved);
  cpu_empty_cache();
  EXPECT_LE(cpu_memory_stats().reserved, before.reserved - 12000000);
}

TEST(CpuAllocator, BlocksMoveBetweenThreads) {
  if (!kCaching) GTEST_SKIP() << "no caching under AddressSanitizer";
  const auto before = cpu_memory_stats().allocated;
  std::int64_t calls = 0;
  for (int round = 0; round < 30;
       ++round) {  // each round's thread makes what the main thread frees: without give-back the reserve would grow
    std::vector<Held> held;
    std::thread maker([&] {
      for (int i = 0; i < 2000; ++i) held.push_back(hold(static_cast<std::size_t>(100 + i % 1000), 9));
    });
    maker.join();
    for (const auto& h : held) release(h);
    if (round == 2) calls = cpu_memory_stats().system_calls;
  }
  EXPECT_EQ(cpu_memory_stats().allocated, before);
  EXPECT_LE(cpu_memory_stats().system_calls, calls + 2);
}

TEST(CpuAllocator, CountsPeakAndAllocated) {
  cpu_reset_peak_memory_stats();
  const auto before = cpu_memory_stats();
  EXPECT_EQ(before.peak_allocated, before.allocated);
  const Held a = hold(1000000, 1), b = hold(2000000, 2), c = hold(100, 3);
  EXPECT_EQ(cpu_memory_stats().allocated, before.allocated + 3000100);
  release(a);
  release(b);
  release(c);
  EXPECT_EQ(cpu_memory_stats().allocated, before.allocated);
  EXPECT_EQ(cpu_memory_stats().peak_allocated, before.allocated + 3000100);
  cpu_reset_peak_memory_stats();
  EXPECT_EQ(cpu_memory_stats().peak_allocated, before.allocated);
}

std::string failure(std::size_t bytes) {
  try {
    cpu_free(cpu_allocate(bytes), bytes);
  } catch (const OutOfMemoryError& error) {
    return error.what();
  }
  return "";
}

TEST(CpuAllocator, FailsBeyondTheLimitWithTheSizes) {
  cpu_empty_cache();
  const auto stats = cpu_memory_stats();
  const std::int64_t limit = stats.reserved + 1000000;
  set_cpu_memory_limit(limit);
  EXPECT_EQ(failure(500000), "");
  EXPECT_EQ(failure(900000), "") << "what is cached must make room";
  EXPECT_EQ(failure(5000000), "cpu memory: cannot allocate 5000000 bytes (" + std::to_string(stats.allocated) +
                                  " allocated, " + std::to_string(stats.reserved) + " reserved, limit " +
                                  std::to_string(limit) + ")");
  EXPECT_NE(failure(std::size_t{1} << 60), "");
  EXPECT_NE(failure(~std::size_t{0}), "");
  set_cpu_memory_limit(0);
  EXPECT_EQ(failure(5000000), "");
  EXPECT_NE(failure(~std::size_t{0}).find("no limit set"), std::string::npos);
  try {
    set_cpu_memory_limit(-1);
    ADD_FAILURE() << "no error";
  } catch (const ValueError& error) {
    EXPECT_STREQ(error.what(), "set_cpu_memory_limit: bytes must not be negative, got -1");
  }
}

TEST(CpuAllocator, WorksInAForkedChildAndInEndingThreads) {
  release(hold(100, 1));
  const pid_t child = fork();
  if (child == 0) {
    const auto before = cpu_memory_stats().allocated;
    cpu_free(cpu_allocate(100), 100);
    cpu_free(cpu_allocate(100000), 100000);
    _exit(cpu_memory_stats().allocated == before ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);

  // A thread_local made before the thread's cache is destroyed after it.
  struct Late {
    void* block = nullptr;
    ~Late() {
      cpu_free(block, 200);
      cpu_free(cpu_allocate(300), 300);
    }
  };
  const auto before = cpu_memory_stats().allocated;
  std::thread([] {
    static thread_local Late late;
    late.block = cpu_allocate(200);
  }).join();
  EXPECT_EQ(cpu_memory_stats().allocated, before);
}

}  // namespace
}  // namespace cresset
