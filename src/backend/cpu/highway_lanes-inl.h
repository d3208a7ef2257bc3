// Loads and stores of the first lanes of a vector, exp and log that keep NaN, for whichever target includes this.
#if defined(CRESSET_HIGHWAY_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_HIGHWAY_LANES_INL_H
#undef CRESSET_HIGHWAY_LANES_INL_H
#else
#define CRESSET_HIGHWAY_LANES_INL_H
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using LanesOf = hn::Vec<hn::ScalableTag<T>>;
template <class T>
inline constexpr std::int64_t kLanesOf = static_cast<std::int64_t>(hn::MaxLanes(hn::ScalableTag<T>()));

// The first `count` lanes from memory, zero elsewhere; reads nothing past them.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_first(D d, const T* from, std::int64_t count) {
#if HWY_MEM_OPS_MIGHT_FAULT && HWY_TARGET != HWY_AVX2
  HWY_ALIGN T lanes[hn::MaxLanes(d)] = {};
  for (std::int64_t i = 0; i < count; ++i) lanes[i] = from[i];
  return hn::Load(d, lanes);
#else
  return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(count)), d, from);
#endif
}

template <class D, class T = hn::TFromD<D>>
HWY_INLINE void store_first(hn::Vec<D> v, D d, T* to, std::int64_t count) {
#if HWY_MEM_OPS_MIGHT_FAULT && HWY_TARGET != HWY_AVX2
  HWY_ALIGN T lanes[hn::MaxLanes(d)];
  hn::Store(v, d, lanes);
  for (std::int64_t i = 0; i < count; ++i) to[i] = lanes[i];
#else
  hn::BlendedStore(v, hn::FirstN(d, static_cast<std::size_t>(count)), d, to);
#endif
}

// The lanes before `count` of v, zero elsewhere.
template <class D>
HWY_INLINE hn::Vec<D> keep_first(D d, hn::Vec<D> v, std::int64_t count) {
  return hn::IfThenElseZero(hn::FirstN(d, static_cast<std::size_t>(count)), v);
}

// The same where `lanes` may be all.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void store_lanes(hn::Vec<D> v, D d, T* to, std::int64_t lanes) {
  if (lanes == kLanesOf<T>)
    hn::StoreU(v, d, to);
  else
    store_first(v, d, to, lanes);
}
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_lanes(D d, const T* from, std::int64_t lanes) {
  return lanes == kLanesOf<T> ? hn::LoadU(d, from) : load_first(d, from, lanes);
}
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> keep_lanes(D d, hn::Vec<D> v, std::int64_t lanes) {
  return lanes == kLanesOf<T> ? v : keep_first(d, v, lanes);
}

// Calls f(c, vector, lanes) over a contiguous row of C elements; lanes past the end are 0.
template <class T, class F>
HWY_INLINE void each_vector(const T* x, std::int64_t C, F&& f) {
  const hn::ScalableTag<T> d;
  std::int64_t c = 0;
  for (; c + kLanesOf<T> <= C; c += kLanesOf<T>) f(c, hn::LoadU(d, x + c), kLanesOf<T>);
  if (c < C) f(c, load_first(d, x + c, C - c), C - c);
}

// Highway's exp and log (1 and 3 units in the last place) turn NaN into a number.
template <class D>
HWY_INLINE hn::Vec<D> exp_keeping_nan(D d, hn::Vec<D> x) {
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(d, x));
}
template <class D>
HWY_INLINE hn::Vec<D> log_keeping_nan(D d, hn::Vec<D> x) {
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Log(d, x));
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
