// The twins of mma.sync and ldmatrix against CUTLASS's layouts, which layouts.cpp prints into the file that
// CRESSET_CUTLASS_LAYOUTS names; run.sh makes it.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "../ldmatrix_kernels.cuh"
#include "../mma_kernels.cuh"
#include "../simulator.h"

namespace cresset::kernels {
namespace {

struct Place {
  int lane, value, row, column;
};

const std::vector<Place>& layout(const std::string& instruction, const std::string& operand) {
  static const auto all = [] {
    std::map<std::string, std::vector<Place>> found;
    const char* name = std::getenv("CRESSET_CUTLASS_LAYOUTS");
    std::ifstream file(name ? name : "");
    std::string i, o;
    for (Place p{}; file >> i >> o >> p.lane >> p.value >> p.row >> p.column;) found[i + " " + o].push_back(p);
    return found;
  }();
  static const std::vector<Place> none;
  const auto place = all.find(instruction + " " + operand);
  return place == all.end() ? none : place->second;
}

class Cutlass : public Simulator {};

unsigned bits_of(Kind kind, int number) {
  const auto value = static_cast<float>(number);
  if (kind == Kind::kTf32) return __float_as_uint(value);
  if (kind == Kind::kBf16) return __bfloat16_as_ushort(__float2bfloat16(value));
  return __half_as_ushort(__float2half(value));
}

void set(unsigned* registers, Kind kind, int value, unsigned bits) {
  if (kind == Kind::kTf32)
    registers[value] = bits;
  else
    registers[value / 2] |= bits << 16 * (value % 2);
}

// A product of small whole numbers, given and read in CUTLASS's layout.
template <Kind kKind>
void check_product(const std::string& instruction, int depth) {
  const auto a_at = [](int row, int k) { return (5 * row + 3 * k) % 13 - 6; };
  const auto b_at = [](int column, int k) { return (7 * column + 2 * k + k * k) % 11 - 5; };
  const auto &a = layout(instruction, "a"), &b = layout(instruction, "b"), &c = layout(instruction, "c");
  ASSERT_EQ(a.size(), 16u * static_cast<unsigned>(depth)) << instruction;
  ASSERT_EQ(b.size(), 8u * static_cast<unsigned>(depth));
  ASSERT_EQ(c.size(), 128u);
  std::vector<Fragments> fragments(32, Fragments{});
  for (const Place& p : a) set(fragments[p.lane].a, kKind, p.value, bits_of(kKind, a_at(p.row, p.column)));
  for (const Place& p : b) set(fragments[p.lane].b, kKind, p.value, bits_of(kKind, b_at(p.row, p.column)));
  for (const Place& p : c) fragments[p.lane].d[p.value] = static_cast<float>(100 * p.row + p.column);
  auto* device = device_array(fragments);
  ASSERT_EQ((launch<multiply<kKind>>({.grid = 1, .block = 32}, device)), cudaSuccess);
  fragments = host_copy(device, 32);
  for (const Place& p : c) {
    int expected = 100 * p.row + p.column;
    for (int k = 0; k < depth; ++k) expected += a_at(p.row, k) * b_at(p.column, k);
    EXPECT_EQ(fragments[p.lane].d[p.value], static_cast<float>(expected))
        << instruction << " row " << p.row << " column " << p.column;
  }
}

template <int kMatrices, bool kTransposed>
void check_ldmatrix(const std::string& instruction) {
  const auto& places = layout(instruction, "d");
  ASSERT_EQ(places.size(), 64u * kMatrices) << instruction;
  std::vector<unsigned short> rows(32 * 8);
  for (unsigned i = 0; i < rows.size(); ++i) rows[i] = static_cast<unsigned short>(i);
  auto* out = device_array(std::vector<unsigned>(32 * 4));
  ASSERT_EQ((launch<load<kMatrices, kTransposed>>({.grid = 1, .block = 32}, device_array(rows), out)), cudaSuccess);
  const auto fragments = host_copy(out, 32 * 4);
  for (const Place& p : places) {
    EXPECT_EQ(fragments[4 * p.lane + p.value / 2] >> 16 * (p.value % 2) & 0xffffu,
              static_cast<unsigned>(8 * p.row + p.column))
        << instruction << " lane " << p.lane << " half " << p.value;
  }
}

TEST_F(Cutlass, MmaHasItsLayouts) {
  check_product<Kind::kBf16>("bf16", 16);
  check_product<Kind::kF16>("f16", 16);
  check_product<Kind::kF16Half>("f16_half", 8);
  check_product<Kind::kTf32>("tf32", 8);
}

TEST_F(Cutlass, LdmatrixHasItsLayouts) {
  check_ldmatrix<1, false>("x1");
  check_ldmatrix<2, false>("x2");
  check_ldmatrix<4, false>("x4");
  check_ldmatrix<1, true>("x1_transposed");
  check_ldmatrix<2, true>("x2_transposed");
  check_ldmatrix<4, true>("x4_transposed");
}

}  // namespace
}  // namespace cresset::kernels
