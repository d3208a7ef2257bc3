// Blocks, barriers, warps.
#include <numeric>

#include "block_kernels.cuh"
#include "reduce_kernels.cuh"
#include "simulator.h"

namespace cresset::kernels {
namespace {

using BlockTest = Simulator;

TEST_F(BlockTest, EveryThreadOfEveryBlockRunsOnceWithItsIndices) {
  const dim3 grid(3, 2, 2), block(5, 4, 3);
  const unsigned each = 60, count = 12 * each;
  for (unsigned seed = 0; seed < 8; ++seed) {
    start_with_seed(seed);
    auto* threads = device_array(std::vector<uint3>(count, uint3{99, 99, 99}));
    auto* blocks = device_array(std::vector<uint3>(count, uint3{99, 99, 99}));
    auto* sizes = device_array(std::vector<dim3>(2));
    ASSERT_EQ(launch<positions>({.grid = grid, .block = block}, threads, blocks, sizes, sizes + 1), cudaSuccess);
    const auto t = host_copy(threads, count), b = host_copy(blocks, count);
    for (unsigned i = 0; i < count; ++i) {
      const unsigned in = i % each, of = i / each;
      EXPECT_EQ(t[i].x + 5 * (t[i].y + 4 * t[i].z), in);
      EXPECT_LT(t[i].x, 5u);
      EXPECT_LT(t[i].y, 4u);
      EXPECT_EQ(b[i].x + 3 * (b[i].y + 2 * b[i].z), of);
    }
    EXPECT_EQ(host_copy(sizes, 2)[0].z, 3u);
    EXPECT_EQ(host_copy(sizes, 2)[1].x, 3u);
  }
  EXPECT_EQ(reports(), "");
}

// Instances alone: the second is only ever offered for launch.
template <int kValue>
__global__ void write_number(int* to) {
  *to = kValue;
}

TEST_F(BlockTest, KernelsAreKnownBeforeTheyAreLaunched) {
#ifdef __clang__
  GTEST_SKIP() << "clang's names of kernels lack their template arguments";
#endif
  const auto launches = [](const char* name) {
    for (const auto& kernel : cudasim::kernels())
      if (kernel.name.find(name) != std::string::npos) return static_cast<int>(kernel.launches);
    return -1;
  };
  start_with_seed(1);
  const int before = launches("write_number<1>");
  auto* to = device_array(std::vector<int>(1));
  ASSERT_EQ(launch<write_number<1>>({.grid = 1, .block = 1}, to), cudaSuccess);
  if (before < 0) {
    ASSERT_EQ(launch<write_number<2>>({.grid = 1, .block = 1}, to), cudaSuccess);
  }
  EXPECT_EQ(host_copy(to, 1)[0], 1);
  EXPECT_EQ(before, 0);
  EXPECT_EQ(launches("write_number<1>"), 1);
  EXPECT_EQ(launches("write_number<2>"), 0);
  EXPECT_EQ(launches("write_number<3>"), -1);
}

TEST_F(BlockTest, BarriersOrderSharedMemoryInEveryThreadOrder) {
  for (const unsigned threads : {1u, 31u, 32u, 33u, 96u, 256u}) {
    for (unsigned seed = 0; seed < 12; ++seed) {
      start_with_seed(seed);
      std::vector<int> values(threads);
      std::iota(values.begin(), values.end(), 0);
      int* device = device_array(values);
      ASSERT_EQ(launch<reverse>({.grid = 1, .block = threads}, device, 3), cudaSuccess);
      const auto back = host_copy(device, threads);
      for (unsigned i = 0; i < threads; ++i) EXPECT_EQ(back[i], static_cast<int>(threads - 1 - i));
    }
  }
  EXPECT_EQ(reports(), "");
}

TEST_F(BlockTest, ShufflesGiveWhatTheProgrammingGuideSays) {
  auto* device = device_array(std::vector<Shuffled>(32));
  ASSERT_EQ(launch<shuffles>({.grid = 1, .block = 32}, device), cudaSuccess);
  const auto out = host_copy(device, 32);
  for (int lane = 0; lane < 32; ++lane) {
    const Shuffled& s = out[static_cast<size_t>(lane)];
    EXPECT_EQ(s.direct, 100 + (lane * 7 + 3) % 32);
    EXPECT_EQ(s.broadcast, 105);
    EXPECT_EQ(s.exchanged, 100 + (lane ^ 9));
    EXPECT_EQ(s.up, 100 + (lane < 3 ? lane : lane - 3));
    EXPECT_EQ(s.down, 100 + (lane + 6 < 32 ? lane + 6 : lane));
    EXPECT_EQ(s.segment_up, 100 + (lane % 8 < 2 ? lane : lane - 2));
    EXPECT_EQ(s.segment_direct, 100 + lane / 8 * 8 + 11 % 8);
    EXPECT_EQ(s.wide, (lane ^ 1) + 0.5);
  }
  EXPECT_EQ(reports(), "");
}

TEST_F(BlockTest, VotesAndMatchesSeeTheLanesOfTheirMask) {
  auto* device = device_array(std::vector<Votes>(32));
  ASSERT_EQ(launch<votes>({.grid = 1, .block = 32}, device), cudaSuccess);
  const auto out = host_copy(device, 32);
  for (unsigned lane = 0; lane < 32; ++lane) {
    const Votes& v = out[lane];
    EXPECT_EQ(v.ballot, 0x49249249u);
    EXPECT_EQ(v.odd_ballot, lane % 2 ? 0xaaaa0000u : 0u);
    EXPECT_EQ(v.any, 1);
    EXPECT_EQ(v.all, 0);
    EXPECT_EQ(v.match, 0xffu << lane / 8 * 8);
    EXPECT_EQ(v.match_all, 0xffffffffu);
    EXPECT_EQ(v.all_same, 1);
  }
  EXPECT_EQ(reports(), "");
}

TEST_F(BlockTest, ReductionsSeeEveryLaneAndNeedSm80) {
  auto* device = device_array(std::vector<Reductions>(32));
  ASSERT_EQ(launch<reductions>({.grid = 1, .block = 32}, device), cudaSuccess);
  for (const Reductions& r : host_copy(device, 32)) {
    EXPECT_EQ(r.sum, 496u);
    EXPECT_EQ(r.least, 4u);
    EXPECT_EQ(r.most, -1);
    EXPECT_EQ(r.all_bits, 0x40u);
    EXPECT_EQ(r.any_bits, 31u);
  }
  cudasim::Settings settings;
  settings.sm = 75;
  start(settings);
  device = device_array(std::vector<Reductions>(32));
  ASSERT_EQ(launch<reductions>({.grid = 1, .block = 32}, device), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchFailure);
  EXPECT_NE(reports().find("unsupported instruction: kernel reductions"), std::string::npos);
}

TEST_F(BlockTest, ReturnedLanesAreNotWaitedFor) {
  for (unsigned seed = 0; seed < 8; ++seed) {
    start_with_seed(seed);
    int* device = device_array(std::vector<int>(32));
    ASSERT_EQ(launch<early_exit>({.grid = 1, .block = 32}, device), cudaSuccess);
    EXPECT_EQ(host_copy(device, 32)[7], 0x3ff);
  }
  EXPECT_EQ(reports(), "");
}

TEST_F(BlockTest, CountingBarriersCountEachTimeAnew) {
  for (unsigned seed = 0; seed < 8; ++seed) {
    start_with_seed(seed);
    int* device = device_array(std::vector<int>(48));
    ASSERT_EQ(launch<counted_barriers>({.grid = 1, .block = 48}, device), cudaSuccess);
    for (const int value : host_copy(device, 48)) EXPECT_EQ(value, 12 + 1000);
  }
}

TEST_F(BlockTest, TheLastBlockSeesWhatTheOthersWrote) {
  for (unsigned seed = 0; seed < 8; ++seed) {
    start_with_seed(seed);
    int* values = device_array(std::vector<int>(64 * 7, 3));
    int* partial = device_array(std::vector<int>(7));
    auto* done = device_array(std::vector<unsigned>(1));
    int* total = device_array(std::vector<int>(1));
    ASSERT_EQ(launch<last_block_sums>({.grid = 7, .block = 64}, values, partial, done, total), cudaSuccess);
    EXPECT_EQ(host_copy(total, 1)[0], 64 * 7 * 3);
    EXPECT_EQ(host_copy(done, 1)[0], 0u);
  }
}

}  // namespace
}  // namespace cresset::kernels
