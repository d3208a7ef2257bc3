// Vector code that moves elements: partial vectors, rows, transposition, padding.
#if defined(CRESSET_CONV2D_HIGHWAY_MEMORY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_CONV2D_HIGHWAY_MEMORY_INL_H_
#undef CRESSET_CONV2D_HIGHWAY_MEMORY_INL_H_
#else
#define CRESSET_CONV2D_HIGHWAY_MEMORY_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

#include "backend/cpu/conv2d_highway_plan.h"
#include "backend/cpu/highway_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

inline constexpr int kRegisters = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL ? 32 : 16;

template <class T>
HWY_INLINE void copy_row(const T* from, std::int64_t count, T* to) {
  const hn::ScalableTag<T> d;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  if (i < count) store_first(load_first(d, from + i, count - i), d, to + i, count - i);
}

// out[column * out_column + row] = in[row * in_row + column]
template <class T>
void transpose(const T* in, std::ptrdiff_t in_row, std::ptrdiff_t rows, std::ptrdiff_t columns, T* out,
               std::ptrdiff_t out_column) {
  std::ptrdiff_t done_rows = 0;
#if HWY_TARGET != HWY_SCALAR
  if constexpr (sizeof(T) == 4) {
    const hn::FixedTag<T, 4> d;
    for (; done_rows + 4 <= rows; done_rows += 4) {
      const T* block = in + done_rows * in_row;
      std::ptrdiff_t c = 0;
      for (; c + 4 <= columns; c += 4) {
        const auto r0 = hn::LoadU(d, block + c), r1 = hn::LoadU(d, block + in_row + c);
        const auto r2 = hn::LoadU(d, block + 2 * in_row + c), r3 = hn::LoadU(d, block + 3 * in_row + c);
        const auto even_low = hn::InterleaveLower(d, r0, r2), even_high = hn::InterleaveUpper(d, r0, r2);
        const auto odd_low = hn::InterleaveLower(d, r1, r3), odd_high = hn::InterleaveUpper(d, r1, r3);
        T* to = out + c * out_column + done_rows;
        hn::StoreU(hn::InterleaveLower(d, even_low, odd_low), d, to);
        hn::StoreU(hn::InterleaveUpper(d, even_low, odd_low), d, to + out_column);
        hn::StoreU(hn::InterleaveLower(d, even_high, odd_high), d, to + 2 * out_column);
        hn::StoreU(hn::InterleaveUpper(d, even_high, odd_high), d, to + 3 * out_column);
      }
      for (; c < columns; ++c)
        for (std::ptrdiff_t r = 0; r < 4; ++r) out[c * out_column + done_rows + r] = block[r * in_row + c];
    }
  }
#endif
  for (; done_rows < rows; ++done_rows)
    for (std::ptrdiff_t c = 0; c < columns; ++c) out[c * out_column + done_rows] = in[done_rows * in_row + c];
}

// Input rows [first, first + rows) of outputs with zeros where taps reach outside; `to` has the dense strides `band` of
// c.columns_in() columns.
template <class T>
void fill_band(const Correlation& c, const Strides4& band, const T* image, std::int64_t first_row, std::int64_t rows,
               T* to) {
  const std::int64_t height = c.rows_in(rows), width = c.columns_in(), channels = c.groups * c.C;
  const std::int64_t top = first_row * c.step_h + c.origin_h;
  const std::int64_t left = HWY_MAX(c.origin_w, std::int64_t{0}), right = HWY_MIN(c.origin_w + width, c.W);
  const std::int64_t begin = HWY_MAX(-top, std::int64_t{0}), end = HWY_MIN(height, c.H - top);
  const bool whole_rows = c.origin_w >= 0 && c.origin_w + width <= c.W;
  if (!whole_rows || begin > 0 || end < height)
    std::fill_n(to, c.channels_last ? height * band.h : channels * band.c, T(0));
  if (right <= left) return;
  if (c.channels_last) {
    for (std::int64_t h = begin; h < end; ++h)
      copy_row(image + (top + h) * c.in.h + left * c.in.w, (right - left) * channels,
               to + h * band.h + (left - c.origin_w) * band.w);
    return;
  }
  for (std::int64_t k = 0; k < channels; ++k)
    for (std::int64_t h = begin; h < end; ++h)
      copy_row(image + k * c.in.c + (top + h) * c.in.h + left, right - left,
               to + k * band.c + h * band.h + (left - c.origin_w));
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
