// The general product: panels of both operands are copied into the order in which the register tile reads them, block
// by block of the inner dimension.
#if defined(CRESSET_MATMUL_PACKED_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_MATMUL_PACKED_INL_H
#undef CRESSET_MATMUL_PACKED_INL_H
#else
#define CRESSET_MATMUL_PACKED_INL_H
#endif

#include <cresset/extension/matmul.h>

#include <algorithm>
#include <cstring>

#include "backend/cpu/matmul_micro-inl.h"
#include "backend/cpu/scratch.h"
#include "core/team.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

// A tile is kTileRows rows by kTileVecs vectors. One panel of b (kDepth x tile width) stays in the first-level cache
// while the panels of a run past it from the second.
inline constexpr int kTileRows = kManyRegisters ? 8 : 6;
inline constexpr int kTileVecs = kManyRegisters ? 3 : 2;
template <class T>
inline constexpr std::int64_t kTileColumns = kTileVecs* static_cast<std::int64_t>(hn::MaxLanes(hn::ScalableTag<T>()));
inline constexpr std::int64_t kDepth = 192;
inline constexpr std::int64_t kBlockRows = 1536, kBlockColumns = 3072;  // packed at a time; multiples of all tile sizes

// to[k * kWidth + i] = from[i * stride + k * k_stride] for i < count, 0 for the rest of the panel.
template <std::int64_t kWidth, class T>
void pack_panel(const T* from, std::int64_t stride, std::int64_t k_stride, std::int64_t count, std::int64_t depth,
                T* to) {
  if (count == kWidth && stride == 1) {
    for (std::int64_t k = 0; k < depth; ++k) std::memcpy(to + k * kWidth, from + k * k_stride, kWidth * sizeof(T));
  } else {
    // In steps of 16, so that what is read and written stays in the first-level cache.
    for (std::int64_t first = 0; first < depth; first += 16) {
      const std::int64_t end = std::min<std::int64_t>(first + 16, depth);
      for (std::int64_t i = 0; i < kWidth; ++i)
        for (std::int64_t k = first; k < end; ++k)
          to[k * kWidth + i] = i < count ? from[i * stride + k * k_stride] : T(0);
    }
  }
}

// What a tile adds to: nothing (bias or zero) with the first block of the inner dimension, c with the others.
template <int kVecs, class T>
HWY_NOINLINE void packed_tile(std::int64_t depth, const T* a, const T* b, const T* bias, bool add, T* c,
                              std::int64_t c_row, std::int64_t rows, std::int64_t columns) {
  const hn::ScalableTag<T> d;
  constexpr std::int64_t kLanes = static_cast<std::int64_t>(hn::MaxLanes(d));
  hn::Vec<decltype(d)> sum[kTileRows][kVecs];
  multiply_tile<kTileRows, kVecs, false>(d, depth, a, 1, kTileRows, b, kTileColumns<T>, 0, sum);
  if (rows == kTileRows && columns == kVecs * kLanes) {
    HWY_UNROLL(4) for (int v = 0; v < kVecs; ++v) {
      const auto shift = bias ? hn::LoadU(d, bias + v * kLanes) : hn::Zero(d);
      HWY_UNROLL(8) for (int r = 0; r < kTileRows; ++r) {
        T* to = c + r * c_row + v * kLanes;
        hn::StoreU(hn::Add(sum[r][v], add ? hn::LoadU(d, to) : shift), d, to);
      }
    }
    return;
  }
  HWY_ALIGN T tile[kTileRows][kVecs * kLanes];
  HWY_UNROLL(8) for (int r = 0; r < kTileRows; ++r) {
    HWY_UNROLL(4) for (int v = 0; v < kVecs; ++v) hn::Store(sum[r][v], d, tile[r] + v * kLanes);
  }
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t j = 0; j < columns; ++j) {
      T& to = c[r * c_row + j];
      to = tile[r][j] + (add ? to : bias ? bias[j] : T(0));
    }
}

// One product of the batch.
template <class T>
void packed_product(const MatmulProblem& p, const T* a, const T* b, const T* bias, T* c) {
  constexpr std::int64_t kWide = kTileColumns<T>, kLanes = kWide / kTileVecs;
  struct PackedA {};
  struct PackedB {};
  const std::int64_t depth_most = std::min(p.K, kDepth);
  const auto up = [](std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; };
  T* const packed_a = static_cast<T*>(
      scratch<PackedA>(sizeof(T) * static_cast<std::size_t>(depth_most * up(std::min(p.M, kBlockRows), kTileRows))));
  T* const packed_b = static_cast<T*>(
      scratch<PackedB>(sizeof(T) * static_cast<std::size_t>(depth_most * up(std::min(p.N, kBlockColumns), kWide))));
  for (std::int64_t n0 = 0; n0 < p.N; n0 += kBlockColumns)
    for (std::int64_t k0 = 0; k0 < p.K; k0 += kDepth)
      for (std::int64_t m0 = 0; m0 < p.M; m0 += kBlockRows) {
        const std::int64_t columns = std::min(p.N - n0, kBlockColumns), rows = std::min(p.M - m0, kBlockRows);
        const std::int64_t depth = std::min(p.K - k0, kDepth);
        const std::int64_t a_panels = (rows + kTileRows - 1) / kTileRows, b_panels = (columns + kWide - 1) / kWide;
        // 12 panels of a are as much work to pack as 2 of b.
        const std::int64_t a_chunks = (a_panels + 11) / 12, b_chunks = m0 == 0 ? (b_panels + 1) / 2 : 0;
        parallel_for(a_chunks + b_chunks, [&](std::int64_t chunk) HWY_ATTR {
          if (chunk < a_chunks) {
            for (std::int64_t i = chunk * 12; i < std::min(chunk * 12 + 12, a_panels); ++i)
              pack_panel<kTileRows>(a + (m0 + i * kTileRows) * p.a_row + k0 * p.a_col, p.a_row, p.a_col,
                                    std::min<std::int64_t>(rows - i * kTileRows, kTileRows), depth,
                                    packed_a + i * kTileRows * depth);
          } else {
            const std::int64_t first = (chunk - a_chunks) * 2;
            for (std::int64_t i = first; i < std::min(first + 2, b_panels); ++i)
              pack_panel<kWide>(b + k0 * p.b_row + (n0 + i * kWide) * p.b_col, p.b_col, p.b_row,
                                std::min(columns - i * kWide, kWide), depth, packed_b + i * kWide * depth);
          }
        });
        // A chunk multiplies up to 12 panels of a with 4 of b; fewer rows where that would leave less than 8 chunks.
        const std::int64_t groups = (b_panels + 3) / 4;
        std::int64_t height = 12;
        while (height > 2 && (a_panels + height - 1) / height * groups < 8) height /= 2;
        parallel_for((a_panels + height - 1) / height * groups, [&](std::int64_t chunk) HWY_ATTR {
          const std::int64_t first_a = chunk / groups * height, first_b = chunk % groups * 4;
          for (std::int64_t j = first_b; j < std::min(first_b + 4, b_panels); ++j)
            for (std::int64_t i = first_a; i < std::min(first_a + height, a_panels); ++i) {
              const std::int64_t m = m0 + i * kTileRows, n = n0 + j * kWide;
              const std::int64_t high = std::min<std::int64_t>(p.M - m, kTileRows);
              const std::int64_t wide = std::min(n0 + columns - n, kWide);
              const T *from_a = packed_a + i * kTileRows * depth, *from_b = packed_b + j * kWide * depth;
              const T* shift = bias ? bias + n : nullptr;
              T* to = c + m * p.N + n;
              if (wide > 2 * kLanes)
                packed_tile<kTileVecs>(depth, from_a, from_b, shift, k0 > 0, to, p.N, high, wide);
              else if (wide > kLanes)
                packed_tile<2>(depth, from_a, from_b, shift, k0 > 0, to, p.N, high, wide);
              else
                packed_tile<1>(depth, from_a, from_b, shift, k0 > 0, to, p.N, high, wide);
            }
        });
      }
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
