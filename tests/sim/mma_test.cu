// The twins of mma.sync, one by one, against fragments laid out by the formulas of the PTX ISA ("Matrix Fragments for
// mma.m16n8k16 with floating point type" and its neighbours), which are written out here as they stand there.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "mma_kernels.cuh"
#include "simulator.h"

namespace cresset::kernels {
namespace {

using MmaTest = Simulator;

struct Place {
  int row, column;
};

// .f16 and .bf16, m16n8k16
Place a16(int lane, int i) {
  const int group = lane >> 2, in_group = lane % 4;
  return {(0 <= i && i < 2) || (4 <= i && i < 6) ? group : group + 8, in_group * 2 + (i & 1) + (i >= 4 ? 8 : 0)};
}
Place b16(int lane, int i) { return {(lane % 4) * 2 + (i & 1) + (i >= 2 ? 8 : 0), lane >> 2}; }
// .f16, m16n8k8
Place a8(int lane, int i) { return {i < 2 ? lane >> 2 : (lane >> 2) + 8, (lane % 4) * 2 + (i & 1)}; }
Place b8(int lane, int i) { return {(lane % 4) * 2 + i, lane >> 2}; }
// .tf32, m16n8k8
Place a_tf32(int lane, int i) {
  return {i == 0 || i == 2 ? lane >> 2 : (lane >> 2) + 8, i < 2 ? lane % 4 : lane % 4 + 4};
}
Place b_tf32(int lane, int i) { return {i == 0 ? lane % 4 : lane % 4 + 4, lane >> 2}; }
// All of them
Place d32(int lane, int i) { return {i < 2 ? lane >> 2 : (lane >> 2) + 8, (lane % 4) * 2 + (i & 1)}; }

unsigned bits_of(Kind kind, float value) {
  if (kind == Kind::kTf32) return __float_as_uint(value);
  return kind == Kind::kBf16 ? __bfloat16_as_ushort(__float2bfloat16(value)) : __half_as_ushort(__float2half(value));
}

// Small integers: every product and sum is exact, so the order of the sum does not matter.
int a_value(int row, int column) { return (row * 5 + column * 11) % 17 - 8; }
int b_value(int row, int column) { return (row * 7 + column * 3) % 13 - 6; }
int c_value(int row, int column) { return row * 8 + column; }

template <Kind kKind>
void check(int k, int a_count, Place (*a)(int, int), int b_count, Place (*b)(int, int)) {
  std::vector<Fragments> host(32);
  const int per_register = kKind == Kind::kTf32 ? 1 : 2;
  for (int lane = 0; lane < 32; ++lane) {
    Fragments& f = host[static_cast<size_t>(lane)];
    for (int i = 0; i < 4; ++i) {
      const Place p = d32(lane, i);
      f.d[i] = static_cast<float>(c_value(p.row, p.column));
    }
    for (int i = 0; i < a_count; ++i) {
      const Place p = a(lane, i);
      f.a[i / per_register] |= bits_of(kKind, static_cast<float>(a_value(p.row, p.column))) << 16 * (i % per_register);
    }
    for (int i = 0; i < b_count; ++i) {
      const Place p = b(lane, i);
      f.b[i / per_register] |= bits_of(kKind, static_cast<float>(b_value(p.row, p.column))) << 16 * (i % per_register);
    }
  }
  auto* device = device_array(host);
  ASSERT_EQ(launch<multiply<kKind>>({.grid = 1, .block = 32}, device), cudaSuccess);
  host = host_copy(device, 32);
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 4; ++i) {
      const Place p = d32(lane, i);
      int sum = c_value(p.row, p.column);
      for (int j = 0; j < k; ++j) sum += a_value(p.row, j) * b_value(j, p.column);
      EXPECT_EQ(host[static_cast<size_t>(lane)].d[i], static_cast<float>(sum)) << "lane " << lane << " d" << i;
    }
  }
}

TEST_F(MmaTest, Bfloat16) { check<Kind::kBf16>(16, 8, a16, 4, b16); }
TEST_F(MmaTest, Half) { check<Kind::kF16>(16, 8, a16, 4, b16); }
TEST_F(MmaTest, HalfOfHalfTheDepth) { check<Kind::kF16Half>(8, 4, a8, 2, b8); }
TEST_F(MmaTest, Tf32) { check<Kind::kTf32>(8, 4, a_tf32, 2, b_tf32); }

TEST_F(MmaTest, Tf32IgnoresTheLowerBits) {
  auto* d = device_array(std::vector<float>(1));
  ASSERT_EQ(launch<multiply_tf32_bits>({.grid = 1, .block = 32}, __float_as_uint(1.0f) + 0x1fffu, d), cudaSuccess);
  EXPECT_EQ(host_copy(d, 1)[0], 8.0f);
}

TEST_F(MmaTest, ConversionToTf32RoundsHalvesAwayFromZero) {
  EXPECT_EQ(to_tf32(1.0f), 0x3f800000u);
  EXPECT_EQ(to_tf32(__uint_as_float(0x3f800fffu)), 0x3f800000u);
  EXPECT_EQ(to_tf32(__uint_as_float(0x3f801000u)), 0x3f802000u);
  EXPECT_EQ(to_tf32(__uint_as_float(0xbf801000u)), 0xbf802000u);
  EXPECT_EQ(to_tf32(__uint_as_float(0x7f800000u)), 0x7f800000u);
}

TEST_F(MmaTest, OlderDevicesRefuse) {
  cudasim::Settings settings;
  settings.sm = 75;
  start(settings);
  auto* device = device_array(std::vector<Fragments>(32));
  ASSERT_EQ(launch<multiply<Kind::kF16Half>>({.grid = 1, .block = 32}, device), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  ASSERT_EQ(launch<multiply<Kind::kBf16>>({.grid = 1, .block = 32}, device), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchFailure);
  EXPECT_NE(reports().find("unsupported instruction"), std::string::npos);
}

}  // namespace
}  // namespace cresset::kernels
