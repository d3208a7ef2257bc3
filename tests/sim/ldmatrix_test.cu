// The twins of ldmatrix against the table of the PTX ISA: "each thread loads a fragment of a row", threads T0 to T3 row
// 0, T4 to T7 row 1, and so on, two elements each.
#include "ldmatrix_kernels.cuh"
#include "simulator.h"

namespace cresset::kernels {
namespace {

using LdmatrixTest = Simulator;

int value(int matrix, int row, int column) { return matrix * 1000 + row * 10 + column; }

template <int kMatrices, bool kTransposed>
void check() {
  std::vector<unsigned short> rows(32 * 8);
  for (int m = 0; m < 4; ++m) {
    for (int r = 0; r < 8; ++r) {
      for (int c = 0; c < 8; ++c)
        rows[static_cast<size_t>((m * 8 + r) * 8 + c)] = static_cast<unsigned short>(value(m, r, c));
    }
  }
  auto* device = device_array(rows);
  auto* out = device_array(std::vector<unsigned>(128));
  ASSERT_EQ((launch<load<kMatrices, kTransposed>>({.grid = 1, .block = 32}, device, out)), cudaSuccess);
  const auto fragments = host_copy(out, 128);
  // Row of the table: what thread T holds.
  const int first[32][2] = {{0, 0}, {0, 2}, {0, 4}, {0, 6}, {1, 0}, {1, 2}, {1, 4}, {1, 6}, {2, 0}, {2, 2}, {2, 4},
                            {2, 6}, {3, 0}, {3, 2}, {3, 4}, {3, 6}, {4, 0}, {4, 2}, {4, 4}, {4, 6}, {5, 0}, {5, 2},
                            {5, 4}, {5, 6}, {6, 0}, {6, 2}, {6, 4}, {6, 6}, {7, 0}, {7, 2}, {7, 4}, {7, 6}};
  for (int lane = 0; lane < 32; ++lane) {
    const int major = first[lane][0], minor = first[lane][1];
    for (int m = 0; m < kMatrices; ++m) {
      const int low = kTransposed ? value(m, minor, major) : value(m, major, minor);
      const int high = kTransposed ? value(m, minor + 1, major) : value(m, major, minor + 1);
      EXPECT_EQ(fragments[static_cast<size_t>(lane * 4 + m)], static_cast<unsigned>(low | high << 16))
          << "lane " << lane << ", matrix " << m;
    }
  }
  EXPECT_EQ(reports(), "");
}

TEST_F(LdmatrixTest, One) { check<1, false>(); }
TEST_F(LdmatrixTest, Two) { check<2, false>(); }
TEST_F(LdmatrixTest, Four) { check<4, false>(); }
TEST_F(LdmatrixTest, OneTransposed) { check<1, true>(); }
TEST_F(LdmatrixTest, TwoTransposed) { check<2, true>(); }
TEST_F(LdmatrixTest, FourTransposed) { check<4, true>(); }

__global__ void load_misaligned(unsigned* out) {
  auto& rows = shared<unsigned short[32][12]>();  // 24 bytes a row
  for (auto& element : rows[threadIdx.x]) element = 1;
  __syncwarp();
  unsigned fragment[1];
  ldmatrix(fragment, &rows[threadIdx.x][0]);
  out[threadIdx.x] = fragment[0];
}

TEST_F(LdmatrixTest, RowsMustBeAligned) {
  start_with_seed(0);
  auto* out = device_array(std::vector<unsigned>(32));
  EXPECT_EQ(launch<load_misaligned>({.grid = 1, .block = 32}, out), cudaErrorMisalignedAddress);
  EXPECT_NE(reports().find("misaligned address: kernel load_misaligned, block (0,0,0), thread (1,0,0)"),
            std::string::npos);
}

}  // namespace
}  // namespace cresset::kernels
