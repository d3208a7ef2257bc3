// Prints CUTLASS's layouts of fragments as `instruction operand lane value row column`, for cutlass_test.cu: a second
// source for the twins of mma.sync and ldmatrix beside the PTX ISA. Compiled with CUTLASS's and the toolkit's headers.
#include <cstdio>
#include <cute/atom/copy_traits_sm75.hpp>
#include <cute/atom/mma_traits_sm75.hpp>
#include <cute/atom/mma_traits_sm80.hpp>

namespace {

// Lane and value to the position in a matrix of `rows` rows, counted down the columns.
template <class Layout>
void print(const char* instruction, const char* operand, const Layout& layout, int rows) {
  for (int lane = 0; lane < 32; ++lane) {
    for (int value = 0; value < static_cast<int>(cute::size<1>(layout)); ++value) {
      const int at = static_cast<int>(layout(lane, value));
      std::printf("%s %s %d %d %d %d\n", instruction, operand, lane, value, at % rows, at / rows);
    }
  }
}

template <class Operation>
void print_mma(const char* instruction) {
  using Traits = cute::MMA_Traits<Operation>;
  print(instruction, "a", typename Traits::ALayout{}, 16);
  print(instruction, "b", typename Traits::BLayout{}, 8);
  print(instruction, "c", typename Traits::CLayout{}, 16);
}

// Which 16-bit element that a lane points at comes into which half of which register: by the number of the bit.
template <class Operation>
void print_ldmatrix(const char* instruction) {
  using Traits = cute::Copy_Traits<Operation>;
  typename Traits::SrcLayout source;
  typename Traits::DstLayout destination;
  for (int lane = 0; lane < 32; ++lane) {
    for (int bit = 0; bit < static_cast<int>(cute::size<1>(destination)); bit += 16) {
      const auto wanted = destination(lane, bit);
      for (int from = 0; from < 32; ++from) {
        for (int at = 0; at < 128; at += 16) {
          if (source(from, at) != wanted) continue;
          std::printf("%s d %d %d %d %d\n", instruction, lane, bit / 16, from, at / 16);
          from = 32;
          break;
        }
      }
    }
  }
}

}  // namespace

int main() {
  print_mma<cute::SM80_16x8x16_F32BF16BF16F32_TN>("bf16");
  print_mma<cute::SM80_16x8x16_F32F16F16F32_TN>("f16");
  print_mma<cute::SM75_16x8x8_F32F16F16F32_TN>("f16_half");
  print_mma<cute::SM80_16x8x8_F32TF32TF32F32_TN>("tf32");
  print_ldmatrix<cute::SM75_U32x1_LDSM_N>("x1");
  print_ldmatrix<cute::SM75_U32x2_LDSM_N>("x2");
  print_ldmatrix<cute::SM75_U32x4_LDSM_N>("x4");
  print_ldmatrix<cute::SM75_U16x2_LDSM_T>("x1_transposed");
  print_ldmatrix<cute::SM75_U16x4_LDSM_T>("x2_transposed");
  print_ldmatrix<cute::SM75_U16x8_LDSM_T>("x4_transposed");
}
