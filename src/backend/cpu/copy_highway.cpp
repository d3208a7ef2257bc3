// Copies and conversions: dense runs by memcpy or loops vectorised for each target, transposes in tiles, other layouts
// through blocks.
#include "backend/cpu/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/copy_highway.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "backend/cpu/blocked_loop.h"
#include "backend/cpu/convert.h"
#include "backend/cpu/copy_kernels.h"
#include "backend/cpu/half_convert-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

template <class T>
inline constexpr bool kIsHalf = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

template <class From, class To>
void convert_dense(const From* x, To* y, std::int64_t n) {
  if constexpr (kIsHalf<From> && std::is_same_v<To, float>) {
    to_float(x, y, n);
  } else if constexpr (kIsHalf<To> && std::is_same_v<From, float>) {
    from_float(x, y, n);
  } else if constexpr (kIsHalf<From> || kIsHalf<To>) {
    HWY_ALIGN float middle[256];
    for (std::int64_t i = 0; i < n; i += 256) {
      const std::int64_t length = std::min<std::int64_t>(256, n - i);
      convert_dense(x + i, middle, length);
      convert_dense(middle, y + i, length);
    }
  } else {
    for (std::int64_t i = 0; i < n; ++i) y[i] = convert<To>(x[i]);
  }
}

void copy_dense(DType from, DType to, const void* x, void* y, std::int64_t n) {
  switch_dtype(from, [&]<class From>() {
    switch_dtype(to, [&]<class To>() { convert_dense(static_cast<const From*>(x), static_cast<To*>(y), n); });
  });
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::cpu {

HWY_EXPORT(copy_dense);

namespace {

constexpr std::int64_t kTile = 32;

// y[i, j] = x[i, j], dense along j in y and along i in x: by tiles, so that each line of the cache is used whole.
template <class T>
void transpose(const T* x, std::int64_t x_stride, T* y, std::int64_t y_stride, std::int64_t rows,
               std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; i += kTile) {
    for (std::int64_t j = 0; j < columns; j += kTile) {
      const std::int64_t last_row = std::min(rows, i + kTile), last_column = std::min(columns, j + kTile);
      for (std::int64_t r = i; r < last_row; ++r)
        for (std::int64_t c = j; c < last_column; ++c) y[r * y_stride + c] = x[c * x_stride + r];
    }
  }
}

// The dimension other than the last along which x is dense; -1 where there is none, or a transpose would not pay.
int dense_dimension(const CopyProblem& p) {
  const auto& loop = p.loop;
  const int last = loop.dims - 1;
  if (p.from != p.to || last < 1 || loop.strides[0][last] != 1 || loop.strides[1][last] == 1) return -1;
  for (int d = 0; d < last; ++d)
    if (loop.strides[1][d] == 1 && loop.sizes[d] >= 4 && loop.sizes[last] >= 4) return d;
  return -1;
}

template <class T>
void run_transpose(const CopyProblem& p, int d, const T* x, T* y) {
  const auto& loop = p.loop;
  const int last = loop.dims - 1;
  const std::int64_t rows = loop.sizes[d], columns = loop.sizes[last];
  const std::int64_t band = std::max<std::int64_t>(kTile, kChunkElements / columns / kTile * kTile),
                     bands = (rows + band - 1) / band;
  const std::int64_t matrices = loop.numel() / (rows * columns);
  // Small matrices share a chunk.
  const std::int64_t group = std::max<std::int64_t>(1, kChunkElements / (rows * columns)),
                     groups = (matrices + group - 1) / group;
  parallel_for(groups * bands, [&](std::int64_t chunk) {
    const std::int64_t first = chunk / bands * group, row = chunk % bands * band;
    for (std::int64_t m = first; m < std::min(matrices, first + group); ++m) {
      std::int64_t rest = m, x_at = 0, y_at = 0;
      for (int k = last - 1; k >= 0; --k) {
        if (k == d) continue;
        x_at += rest % loop.sizes[k] * loop.strides[1][k];
        y_at += rest % loop.sizes[k] * loop.strides[0][k];
        rest /= loop.sizes[k];
      }
      transpose(x + x_at + row, loop.strides[1][last], y + y_at + row * loop.strides[0][d], loop.strides[0][d],
                std::min(band, rows - row), columns);
    }
  });
}

void run(const CopyProblem& p, const Context&, const void* x, void* y) {
  const auto convert_block = HWY_DYNAMIC_DISPATCH(copy_dense);
  const std::size_t from_size = element_size(p.from), to_size = element_size(p.to);
  if (is_dense(p.loop)) {
    const std::int64_t n = p.loop.numel();
    if (n == 0) return;
    if (p.from == p.to && n <= kChunkElements) {
      std::memmove(y, x, static_cast<std::size_t>(n) * from_size);
      return;
    }
    if (n <= kChunkElements) return convert_block(p.from, p.to, x, y, n);
  }
  if (const int d = dense_dimension(p); d >= 0 && p.loop.numel() > 0) {
    switch (from_size) {
      case 1: return run_transpose(p, d, static_cast<const std::uint8_t*>(x), static_cast<std::uint8_t*>(y));
      case 2: return run_transpose(p, d, static_cast<const std::uint16_t*>(x), static_cast<std::uint16_t*>(y));
      case 4: return run_transpose(p, d, static_cast<const std::uint32_t*>(x), static_cast<std::uint32_t*>(y));
      default: return run_transpose(p, d, static_cast<const std::uint64_t*>(x), static_cast<std::uint64_t*>(y));
    }
  }
  const LoopOperand operands[] = {{y, to_size, p.loop.strides[0]},
                                  {const_cast<void*>(x), from_size, p.loop.strides[1]}};
  for_each_block(p.loop.dims, p.loop.sizes, operands, 2, [&](void* const* at, std::int64_t n) {
    if (p.from == p.to)
      std::memmove(at[0], at[1], static_cast<std::size_t>(n) * from_size);
    else
      convert_block(p.from, p.to, at[1], at[0], n);
  });
}

}  // namespace

constinit const Kernel<Copy> kCopyHighway = {"highway", nullptr, run};

}  // namespace cresset::cpu
#endif  // HWY_ONCE
