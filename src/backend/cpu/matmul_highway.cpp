// Matrix product in float32 and float64: chooses between reading in place and packing, and splits the work.
#include "backend/cpu/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/matmul_highway.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backend/cpu/dtype_switch.h"
#include "backend/cpu/matmul_kernels.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
#include "backend/cpu/matmul_direct-inl.h"
#include "backend/cpu/matmul_packed-inl.h"
#endif

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
// Such a machine is below what the library asks for; the result is right, no more.
void matmul_run(const MatmulProblem& p, const Context& context, const void* a, const void* b, const void* bias,
                void* c) {
  kMatmulReference.run(p, context, a, b, bias, c);
}
#else

// Sizes of a chunk of a product read in place: about 32K multiplications.
struct DirectSplit {
  std::int64_t rows, columns, products;
};
inline DirectSplit direct_split(const MatmulProblem& p) {
  constexpr std::int64_t kWork = 1 << 15;
  const auto up = [](std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; };
  const std::int64_t depth = std::max<std::int64_t>(p.K, 1);
  if (p.M * p.N * depth <= kWork) return {p.M, p.N, std::max<std::int64_t>(1, kWork / (p.M * p.N * depth))};
  if (p.M <= 16) return {p.M, std::min(p.N, std::max<std::int64_t>(64, up(kWork / (p.M * depth), 64))), 1};
  return {std::min(p.M, up(std::max<std::int64_t>(kWork / (p.N * depth), 1), 4)), p.N, 1};
}

template <class T>
void direct(const MatmulProblem& p, bool dot, const T* a, const T* b, const T* bias, T* c) {
  const DirectSplit split = direct_split(p);
  const std::int64_t down = (p.M + split.rows - 1) / split.rows, across = (p.N + split.columns - 1) / split.columns;
  const std::int64_t groups = (p.batch + split.products - 1) / split.products;
  parallel_for(groups * down * across, [&](std::int64_t chunk) HWY_ATTR {
    const std::int64_t group = chunk / (down * across), m = chunk / across % down * split.rows;
    const std::int64_t n = chunk % across * split.columns;
    for (std::int64_t i = group * split.products; i < std::min((group + 1) * split.products, p.batch); ++i) {
      const Block<T> block{a + i * p.a_batch + m * p.a_row, b + i * p.b_batch + n * p.b_col,
                           bias ? bias + n : nullptr,       c + (i * p.M + m) * p.N + n,
                           std::min(split.rows, p.M - m),   std::min(split.columns, p.N - n)};
      dot ? dot_block(p, block) : outer_block(p, block);
    }
  });
}

template <class T>
void run_typed(const MatmulProblem& p, const T* a, const T* b, const T* bias, T* c) {
  if (p.batch == 0 || p.M == 0 || p.N == 0) return;
  // Packing pays off from some reuse of what is packed.
  const bool small = p.M <= 16 || p.K <= 16 || p.M * p.N * p.K <= 64 * 64 * 64;
  if (small && (p.b_col == 1 || p.K <= 0)) return direct(p, false, a, b, bias, c);
  if (small && (p.b_row == 1 || p.K == 1) && (p.a_col == 1 || p.K == 1)) return direct(p, true, a, b, bias, c);
  if (p.M * p.N * p.K <= 64 * 64 * 64 && p.batch > 1) {
    parallel_for(p.batch, [&](std::int64_t i) {
      packed_product(p, a + i * p.a_batch, b + i * p.b_batch, bias, c + i * p.M * p.N);
    });
  } else {
    for (std::int64_t i = 0; i < p.batch; ++i)
      packed_product(p, a + i * p.a_batch, b + i * p.b_batch, bias, c + i * p.M * p.N);
  }
}

void matmul_run(const MatmulProblem& p, const Context&, const void* a, const void* b, const void* bias, void* c) {
  switch_simd(p.dtype, [&]<class T>() HWY_ATTR {
    run_typed(p, static_cast<const T*>(a), static_cast<const T*>(b), static_cast<const T*>(bias), static_cast<T*>(c));
  });
}

#endif

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::cpu {
namespace {

HWY_EXPORT(matmul_run);

Refusal refuses(const MatmulProblem& p, const Context&) { return refuse_not_simd(p.dtype); }

void run(const MatmulProblem& p, const Context& context, const void* a, const void* b, const void* bias, void* c) {
  HWY_DYNAMIC_DISPATCH(matmul_run)(p, context, a, b, bias, c);
}

}  // namespace

constinit const Kernel<Matmul> kMatmulHighway{"highway", refuses, run};

}  // namespace cresset::cpu
#endif
