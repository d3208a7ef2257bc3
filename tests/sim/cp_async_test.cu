// cp.async: sizes, zero fill, groups, and that a copy lands no sooner than it is waited for.
#include "cp_async_kernels.cuh"
#include "simulator.h"

namespace cresset::kernels {
namespace {

using CpAsyncTest = Simulator;

constexpr unsigned kPoison = 0xffffffffu;

template <int kBytes>
void check(int from_bytes) {
  std::vector<Words> host(32);
  for (unsigned i = 0; i < 32; ++i) host[i] = {{100 + i, 200 + i, 300 + i, 400 + i}};
  auto* from = device_array(host);
  auto* out = device_array(std::vector<Words>(32));
  ASSERT_EQ(launch<copy<kBytes>>({.grid = 1, .block = 32}, from, out, from_bytes), cudaSuccess);
  const auto got = host_copy(out, 32);
  for (unsigned i = 0; i < 32; ++i) {
    for (int word = 0; word < 4; ++word) {
      const unsigned expected = word * 4 >= kBytes ? 7 : word * 4 < from_bytes ? host[i].at[word] : 0;
      EXPECT_EQ(got[i].at[word], expected) << kBytes << " bytes, thread " << i << ", word " << word;
    }
  }
  EXPECT_EQ(reports(), "");
}

TEST_F(CpAsyncTest, CopiesFourEightAndSixteenBytesAndFillsWithZeros) {
  check<4>(4);
  check<4>(0);
  check<8>(8);
  check<8>(4);
  check<16>(16);
  check<16>(12);
  check<16>(0);
}

TEST_F(CpAsyncTest, AGroupLandsWhenItIsWaitedForAndNoSooner) {
  auto* from = device_array(std::vector<unsigned>{41, 42});
  auto* out = device_array(std::vector<Seen>(1));
  ASSERT_EQ(launch<groups>({.grid = 1, .block = 1}, from, out), cudaSuccess);
  const Seen seen = host_copy(out, 1)[0];
  EXPECT_EQ(seen.issued, kPoison);
  EXPECT_EQ(seen.one_left, kPoison);
  EXPECT_EQ(seen.none_left, 42u);
}

__global__ void never_waits(const unsigned* from) {
  auto& stage = shared<unsigned[1]>();
  cp_async<4>(&stage[0], from);
  cp_async_commit();
}

TEST_F(CpAsyncTest, AThreadThatEndsBeforeItsCopyIsReported) {
  auto* from = device_array(std::vector<unsigned>{41});
  ASSERT_EQ(launch<never_waits>({.grid = 1, .block = 1}, from), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchFailure);
  EXPECT_NE(reports().find("unfinished copy: kernel never_waits"), std::string::npos);
}

__global__ void misaligned(const unsigned* from) {
  auto& stage = shared<Words>();
  cp_async<16>(&stage, from + 1);
  cp_async_commit();
  cp_async_wait<0>();
}

TEST_F(CpAsyncTest, BothAddressesMustBeAlignedToTheSize) {
  auto* from = device_array(std::vector<unsigned>(8));
  ASSERT_EQ(launch<misaligned>({.grid = 1, .block = 1}, from), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorMisalignedAddress);
  EXPECT_NE(reports().find("misaligned address: kernel misaligned"), std::string::npos);
}

}  // namespace
}  // namespace cresset::kernels
