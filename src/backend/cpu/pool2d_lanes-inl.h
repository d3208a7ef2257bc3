// Loads of every second element, and index vectors, for the pooling kernels.
#if defined(CRESSET_POOL2D_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_POOL2D_LANES_INL_H
#undef CRESSET_POOL2D_LANES_INL_H
#else
#define CRESSET_POOL2D_LANES_INL_H
#endif

#include <algorithm>

#include "backend/cpu/highway_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

// The first `count` elements from memory in two vectors; count is at most twice the lanes.
template <class T>
struct Pair {
  LanesOf<T> low, high;
};
template <class T>
HWY_INLINE Pair<T> load_pair(const T* from, std::int64_t count) {
  const hn::ScalableTag<T> d;
  if (count == 2 * kLanesOf<T>) return {hn::LoadU(d, from), hn::LoadU(d, from + kLanesOf<T>)};
  if (count <= kLanesOf<T>) return {load_lanes(d, from, count), hn::Zero(d)};
  return {hn::LoadU(d, from), load_first(d, from + kLanesOf<T>, count - kLanesOf<T>)};
}
// from[0], from[2], … for `lanes` lanes; reads nothing past the last of them.
template <class T>
HWY_INLINE LanesOf<T> load_every_second(const T* from, std::int64_t lanes) {
  const Pair<T> pair = load_pair(from, 2 * lanes - 1);
  return hn::ConcatEven(hn::ScalableTag<T>(), pair.high, pair.low);
}

// to[2 * i] = even[i] and to[2 * i + 1] = odd[i] for `lanes` lanes.
template <class T>
HWY_INLINE void store_interleaved(LanesOf<T> even, LanesOf<T> odd, T* to, std::int64_t lanes) {
  const hn::ScalableTag<T> d;
  if (lanes == kLanesOf<T>) return hn::StoreInterleaved2(even, odd, d, to);
  HWY_ALIGN T both[2 * kLanesOf<T>];
  hn::StoreInterleaved2(even, odd, d, both);
  store_lanes(hn::Load(d, both), d, to, std::min(2 * lanes, kLanesOf<T>));
  if (2 * lanes > kLanesOf<T>)
    store_first(hn::Load(d, both + kLanesOf<T>), d, to + kLanesOf<T>, 2 * lanes - kLanesOf<T>);
}

// Indices travel in integers of the elements' width.
template <class T>
using IndexOf = hwy::MakeSigned<T>;

template <class T>
HWY_INLINE LanesOf<IndexOf<T>> load_indices(const std::int64_t* from, std::int64_t lanes) {
  const hn::ScalableTag<IndexOf<T>> d;
  if constexpr (sizeof(T) == 8) {
    return load_lanes(d, from, lanes);
  } else {
    // The lower halves of the 64-bit integers.
    const Pair<std::int32_t> pair = load_pair(reinterpret_cast<const std::int32_t*>(from), 2 * lanes);
    return hn::ConcatEven(d, pair.high, pair.low);
  }
}
template <class T>
HWY_INLINE void store_indices(LanesOf<IndexOf<T>> v, std::int64_t* to, std::int64_t lanes) {
  const hn::ScalableTag<IndexOf<T>> d;
  if constexpr (sizeof(T) == 8) {
    store_lanes(v, d, to, lanes);
  } else {
    const hn::ScalableTag<std::int64_t> wide;
    constexpr std::int64_t kHalf = kLanesOf<std::int64_t>;
    store_lanes(hn::PromoteTo(wide, hn::LowerHalf(v)), wide, to, std::min(lanes, kHalf));
    if (lanes > kHalf)
      store_lanes(hn::PromoteTo(wide, hn::UpperHalf(hn::Half<decltype(d)>(), v)), wide, to + kHalf, lanes - kHalf);
  }
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
