// Blocks, barriers, warps.
#include <numeric>

#include "simulator.h"

namespace cresset::kernels {
namespace {

using BlockTest = Simulator;

__global__ void positions(uint3* threads, uint3* blocks, dim3* block, dim3* grid) {
  const unsigned in_block = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  const unsigned block_index = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  const unsigned i = in_block + block_index * blockDim.x * blockDim.y * blockDim.z;
  threads[i] = threadIdx;
  blocks[i] = blockIdx;
  if (i != 0) return;
  *block = blockDim;
  *grid = gridDim;
}

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

__global__ void __launch_bounds__(256) reverse(int* values, int rounds) {
  auto& line = shared<int[256]>();
  for (int round = 0; round < rounds; ++round) {
    line[threadIdx.x] = values[threadIdx.x];
    __syncthreads();
    values[threadIdx.x] = line[blockDim.x - 1 - threadIdx.x];
    __syncthreads();
  }
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

struct Shuffled {
  int direct, broadcast, exchanged, up, down, segment_up, segment_direct;
  double wide;
};

__global__ void shuffles(Shuffled* out) {
  const int lane = static_cast<int>(threadIdx.x);
  const int value = 100 + lane;
  Shuffled s{};
  s.direct = __shfl_sync(0xffffffffu, value, (lane * 7 + 3) % 32);
  s.broadcast = __shfl_sync(0xffffffffu, value, 5);
  s.exchanged = __shfl_xor_sync(0xffffffffu, value, 9);
  s.up = __shfl_up_sync(0xffffffffu, value, 3);
  s.down = __shfl_down_sync(0xffffffffu, value, 6);
  s.segment_up = __shfl_up_sync(0xffffffffu, value, 2, 8);
  s.segment_direct = __shfl_sync(0xffffffffu, value, 11, 8);
  s.wide = __shfl_xor_sync(0xffffffffu, lane + 0.5, 1);
  out[lane] = s;
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

struct Votes {
  unsigned ballot, odd_ballot, match, match_all, sum, least;
  int any, all, all_same, most;
};

__global__ void votes(Votes* out) {
  const unsigned lane = threadIdx.x, full = 0xffffffffu;
  Votes v{};
  v.ballot = __ballot_sync(full, lane % 3 == 0);
  if (lane % 2 == 1) v.odd_ballot = __ballot_sync(0xaaaaaaaau, lane > 16);
  v.any = __any_sync(full, lane == 31);
  v.all = __all_sync(full, lane < 31);
  v.match = __match_any_sync(full, lane / 8);
  v.match_all = __match_all_sync(full, 7, &v.all_same);
  v.sum = __reduce_add_sync(full, lane);
  v.least = __reduce_min_sync(full, lane + 4);
  v.most = __reduce_max_sync(full, -1 - static_cast<int>(lane));
  out[lane] = v;
}

TEST_F(BlockTest, VotesMatchesAndReductionsSeeTheLanesOfTheirMask) {
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
    EXPECT_EQ(v.sum, 496u);
    EXPECT_EQ(v.least, 4u);
    EXPECT_EQ(v.most, -1);
  }
  EXPECT_EQ(reports(), "");
}

// Lanes that have returned need not arrive (PTX ISA, shfl.sync: "all non-exited threads").
__global__ void early_exit(int* out) {
  if (threadIdx.x >= 20) return;
  out[threadIdx.x] = static_cast<int>(__ballot_sync(0xffffffffu, threadIdx.x < 10));
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

__global__ void counted_barriers(int* out) {
  const int i = static_cast<int>(threadIdx.x);
  for (int round = 1; round <= 3; ++round) {
    const int sum = __syncthreads_count(i % (round + 1) == 0);
    if (round == 3) out[i] = sum;
  }
  out[i] += __syncthreads_or(i == 47) ? 1000 : 0;
  out[i] += __syncthreads_and(i < 47) ? 5000 : 0;
}

TEST_F(BlockTest, CountingBarriersCountEachTimeAnew) {
  for (unsigned seed = 0; seed < 8; ++seed) {
    start_with_seed(seed);
    int* device = device_array(std::vector<int>(48));
    ASSERT_EQ(launch<counted_barriers>({.grid = 1, .block = 48}, device), cudaSuccess);
    for (const int value : host_copy(device, 48)) EXPECT_EQ(value, 12 + 1000);
  }
}

__global__ void last_block_sums(const int* values, int* partial, unsigned* done, int* total) {
  atomicAdd(&partial[blockIdx.x], values[blockIdx.x * blockDim.x + threadIdx.x]);
  __threadfence();
  __syncthreads();
  if (threadIdx.x != 0 || atomicInc(done, gridDim.x - 1) != gridDim.x - 1) return;
  __threadfence();
  for (unsigned b = 0; b < gridDim.x; ++b) *total += partial[b];
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
