// Loads and stores of part of a vector, and loops over dense arrays. Compiled once for each target.
#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

// clang-format off
#if defined(CRESSET_MAP_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_MAP_INL_H
#undef CRESSET_MAP_INL_H
#else
#define CRESSET_MAP_INL_H
#endif
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The first n (less than a vector) elements; the other lanes are 0. Reads nothing beyond them.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_part(D d, const T* from, std::size_t n) {
#if HWY_TARGET <= HWY_AVX3
  return hn::MaskedLoad(hn::FirstN(d, n), d, from);
#else
  HWY_ALIGN T part[hn::MaxLanes(d)] = {};
  std::memcpy(part, from, n * sizeof(T));
  return hn::Load(d, part);
#endif
}

template <class D, class T = hn::TFromD<D>>
HWY_INLINE void store_part(hn::Vec<D> v, D d, T* to, std::size_t n) {
#if HWY_TARGET <= HWY_AVX3
  hn::BlendedStore(v, hn::FirstN(d, n), d, to);
#else
  HWY_ALIGN T part[hn::MaxLanes(d)];
  hn::Store(v, d, part);
  std::memcpy(to, part, n * sizeof(T));
#endif
}

// y[i] = op(d, x[i])
template <class Op, class T>
HWY_INLINE void map(const Op& op, const T* x, T* y, std::int64_t count) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d), n = static_cast<std::size_t>(count);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(op(d, hn::LoadU(d, x + i)), d, y + i);
  if (i < n) store_part(op(d, load_part(d, x + i, n - i)), d, y + i, n - i);
}

// y[i] = op(d, a[i], b[i])
template <class Op, class T>
HWY_INLINE void map(const Op& op, const T* a, const T* b, T* y, std::int64_t count) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d), n = static_cast<std::size_t>(count);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(op(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
  if (i < n) store_part(op(d, load_part(d, a + i, n - i), load_part(d, b + i, n - i)), d, y + i, n - i);
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
