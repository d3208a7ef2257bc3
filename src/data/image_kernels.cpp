#include "data/image_kernels.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "data/image_kernels.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace cresset::data {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

const hn::ScalableTag<float> df;
const hn::Rebind<std::uint8_t, hn::ScalableTag<float>> db;
const hn::Rebind<std::int32_t, hn::ScalableTag<float>> di;

// Calls body(i) for vectors that cover [0, n); the last one may cover elements again, so body must not read what it
// wrote. False where n is less than one vector.
template <class Body>
HWY_INLINE bool cover(std::int64_t n, Body body) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(df));
  if (n < lanes) return false;
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) body(i);
  if (i < n) body(n - lanes);
  return true;
}

void ScaleBytes(const std::uint8_t* HWY_RESTRICT from, float* HWY_RESTRICT to, std::int64_t n) {
  const auto divisor = hn::Set(df, 255.0f);
  const bool covered = cover(n, [&](std::int64_t i) HWY_ATTR {
    const auto x = hn::ConvertTo(df, hn::PromoteTo(di, hn::LoadU(db, from + i)));
    hn::StoreU(hn::Div(x, divisor), df, to + i);
  });
  for (std::int64_t i = 0; !covered && i < n; ++i) to[i] = static_cast<float>(from[i]) / 255.0f;
}

void NormalizeFloats(const float* HWY_RESTRICT from, float* HWY_RESTRICT to, std::int64_t n, float mean, float std) {
  const auto m = hn::Set(df, mean), s = hn::Set(df, std);
  const bool covered = cover(
      n, [&](std::int64_t i) HWY_ATTR { hn::StoreU(hn::Div(hn::Sub(hn::LoadU(df, from + i), m), s), df, to + i); });
  for (std::int64_t i = 0; !covered && i < n; ++i) to[i] = (from[i] - mean) / std;
}

void ScaleAndNormalizeBytes(const std::uint8_t* HWY_RESTRICT from, float* HWY_RESTRICT to, std::int64_t n, float mean,
                            float std) {
  const auto divisor = hn::Set(df, 255.0f), m = hn::Set(df, mean), s = hn::Set(df, std);
  const bool covered = cover(n, [&](std::int64_t i) HWY_ATTR {
    const auto x = hn::ConvertTo(df, hn::PromoteTo(di, hn::LoadU(db, from + i)));
    hn::StoreU(hn::Div(hn::Sub(hn::Div(x, divisor), m), s), df, to + i);
  });
  for (std::int64_t i = 0; !covered && i < n; ++i) to[i] = (static_cast<float>(from[i]) / 255.0f - mean) / std;
}

// Rows of at least 16 bytes.
void FlipByteRows(const std::uint8_t* HWY_RESTRICT from, std::uint8_t* HWY_RESTRICT to, std::int64_t rows,
                  std::int64_t width) {
#if HWY_TARGET == HWY_SCALAR
  for (; rows > 0; --rows, from += width, to += width) std::reverse_copy(from, from + width, to);
#else
  const hn::FixedTag<std::uint8_t, 16> d;
  const auto order = hn::Sub(hn::Set(d, 15), hn::Iota(d, 0));
  for (std::int64_t row = 0; row < rows; ++row, from += width, to += width) {
    const auto mirror = [&](std::int64_t i) HWY_ATTR {
      hn::StoreU(hn::TableLookupBytes(hn::LoadU(d, from + width - 16 - i), order), d, to + i);
    };
    std::int64_t i = 0;
    for (; i + 16 <= width; i += 16) mirror(i);
    if (i < width) mirror(width - 16);
  }
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace cresset::data
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::data {
namespace {

HWY_EXPORT(ScaleBytes);
HWY_EXPORT(NormalizeFloats);
HWY_EXPORT(ScaleAndNormalizeBytes);
HWY_EXPORT(FlipByteRows);

template <class T>
void flip_elements(const std::byte* from, std::byte* to, std::int64_t rows, std::int64_t width) {
  const T* source = reinterpret_cast<const T*>(from);
  T* target = reinterpret_cast<T*>(to);
  for (std::int64_t row = 0; row < rows; ++row, source += width, target += width)
    std::reverse_copy(source, source + width, target);
}

}  // namespace

void flip_rows(const std::byte* from, std::byte* to, std::int64_t count, Plane size, std::size_t element) {
  const std::int64_t rows = count * size.height;
  if (element == 1 && size.width >= 16)
    return HWY_DYNAMIC_DISPATCH(FlipByteRows)(reinterpret_cast<const std::uint8_t*>(from),
                                              reinterpret_cast<std::uint8_t*>(to), rows, size.width);
  switch (element) {
    case 1: return flip_elements<std::uint8_t>(from, to, rows, size.width);
    case 2: return flip_elements<std::uint16_t>(from, to, rows, size.width);
    case 4: return flip_elements<std::uint32_t>(from, to, rows, size.width);
    default: return flip_elements<std::uint64_t>(from, to, rows, size.width);
  }
}

void crop_planes(const std::byte* from, Plane from_size, std::byte* to, Plane to_size, std::int64_t count,
                 std::int64_t top, std::int64_t left, const std::byte* fill, std::size_t element) {
  const auto fill_elements = [&](std::byte* at, std::int64_t n) {
    if (element == 1) {
      if (n > 0) std::memset(at, std::to_integer<int>(*fill), static_cast<std::size_t>(n));
      return;
    }
    for (std::int64_t i = 0; i < n; ++i) std::memcpy(at + i * static_cast<std::int64_t>(element), fill, element);
  };
  const auto bytes = static_cast<std::int64_t>(element);
  // Columns [first, last) of a row lie inside of the plane.
  const std::int64_t first = std::clamp<std::int64_t>(-left, 0, to_size.width);
  const std::int64_t last = std::clamp<std::int64_t>(from_size.width - left, first, to_size.width);
  for (std::int64_t plane = 0; plane < count;
       ++plane, from += from_size.height * from_size.width * bytes, fill += bytes) {
    for (std::int64_t y = 0; y < to_size.height; ++y, to += to_size.width * bytes) {
      const std::int64_t row = y + top;
      if (row < 0 || row >= from_size.height) {
        fill_elements(to, to_size.width);
        continue;
      }
      fill_elements(to, first);
      if (last > first)
        std::memcpy(to + first * bytes, from + (row * from_size.width + left + first) * bytes,
                    static_cast<std::size_t>((last - first) * bytes));
      fill_elements(to + last * bytes, to_size.width - last);
    }
  }
}

void gather_planes(const std::byte* from, Plane from_size, std::byte* to, std::int64_t count,
                   const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& columns,
                   std::size_t element) {
  const auto bytes = static_cast<std::int64_t>(element);
  for (std::int64_t plane = 0; plane < count; ++plane, from += from_size.height * from_size.width * bytes)
    for (const std::int64_t row : rows)
      for (const std::int64_t column : columns) {
        std::memcpy(to, from + (row * from_size.width + column) * bytes, element);
        to += bytes;
      }
}

void scale_bytes(const std::uint8_t* from, float* to, std::int64_t n) { HWY_DYNAMIC_DISPATCH(ScaleBytes)(from, to, n); }

void normalize_floats(const float* from, float* to, std::int64_t n, float mean, float std) {
  HWY_DYNAMIC_DISPATCH(NormalizeFloats)(from, to, n, mean, std);
}

void scale_and_normalize_bytes(const std::uint8_t* from, float* to, std::int64_t n, float mean, float std) {
  HWY_DYNAMIC_DISPATCH(ScaleAndNormalizeBytes)(from, to, n, mean, std);
}

}  // namespace cresset::data
#endif
