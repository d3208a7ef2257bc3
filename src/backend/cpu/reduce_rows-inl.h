// The two inner loops of reductions: over a dense row to one value, and of a dense row into accumulators. Compiled once
// for each target.
#include <hwy/highway.h>

#include <algorithm>
#include <limits>

#include "backend/cpu/convert.h"
#include "backend/cpu/half_convert-inl.h"
#include "backend/cpu/map-inl.h"

// clang-format off
#if defined(CRESSET_REDUCE_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_REDUCE_ROWS_INL_H
#undef CRESSET_REDUCE_ROWS_INL_H
#else
#define CRESSET_REDUCE_ROWS_INL_H
#endif
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

enum class Fold : std::uint8_t { sum, max, min, all, any };

template <Fold kFold>
struct FoldVectors {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    if constexpr (kFold == Fold::sum) return hn::Add(a, b);
    if constexpr (kFold == Fold::max) return hn::IfThenElse(hn::Or(hn::IsNaN(a), hn::Gt(a, b)), a, b);
    if constexpr (kFold == Fold::min) return hn::IfThenElse(hn::Or(hn::IsNaN(a), hn::Lt(a, b)), a, b);
  }
};

// One value into another.
template <Fold kFold, class T>
HWY_INLINE T fold(T a, T b) {
  if constexpr (kFold == Fold::sum) {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
    else
      return a + b;
  } else if constexpr (kFold == Fold::max || kFold == Fold::any) {
    return a != a || a > b ? a : b;
  } else {
    return a != a || a < b ? a : b;
  }
}

template <Fold kFold, class T>
constexpr T identity() {
  using L = std::numeric_limits<T>;
  if constexpr (kFold == Fold::max) return L::has_infinity ? -L::infinity() : L::lowest();
  if constexpr (kFold == Fold::min) return L::has_infinity ? L::infinity() : L::max();
  return kFold == Fold::all ? T(1) : T(0);
}

// Part: in what a block of elements is folded. Total: in what blocks are folded, wider, so that the error does not grow
// with the length.
template <class T>
struct Types {  // integers and bool; all and any of everything
  using Part = std::int64_t;
  using Total = std::int64_t;
};
template <>
struct Types<float> {
  using Part = float;
  using Total = double;
};
template <>
struct Types<double> {
  using Part = double;
  using Total = double;
};
template <>
struct Types<Half> : Types<float> {};
template <>
struct Types<BFloat16> : Types<float> {};

template <Fold kFold, class T>
using FoldTypes = Types<std::conditional_t<kFold == Fold::all || kFold == Fold::any, bool, T>>;
template <Fold kFold, class T>
using PartOf = typename FoldTypes<kFold, T>::Part;
template <Fold kFold, class T>
using TotalOf = typename FoldTypes<kFold, T>::Total;

// Of at most a few thousand dense elements.
template <Fold kFold, class T>
PartOf<kFold, T> fold_row(const T* x, std::int64_t count) {
  using Part = PartOf<kFold, T>;
  if constexpr (kFold == Fold::all || kFold == Fold::any) {
    Part result = identity<kFold, Part>();
    for (std::int64_t i = 0; i < count; ++i) {
      const Part value = convert<bool>(x[i]);
      result = kFold == Fold::all ? result & value : result | value;
    }
    return result;
  } else if constexpr (sizeof(T) == 2) {
    HWY_ALIGN float wide[256];
    float result = identity<kFold, float>();
    for (std::int64_t i = 0; i < count; i += 256) {
      const std::int64_t n = std::min<std::int64_t>(256, count - i);
      to_float(x + i, wide, n);
      result = fold<kFold>(result, fold_row<kFold>(static_cast<const float*>(wide), n));
    }
    return result;
  } else if constexpr (std::is_floating_point_v<T>) {
    const hn::ScalableTag<T> d;
    const FoldVectors<kFold> op;
    const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
    const auto start = hn::Set(d, identity<kFold, T>());
    auto a0 = start, a1 = start, a2 = start, a3 = start;
    std::int64_t i = 0;
    for (; i + 4 * lanes <= count; i += 4 * lanes) {
      a0 = op(d, a0, hn::LoadU(d, x + i));
      a1 = op(d, a1, hn::LoadU(d, x + i + lanes));
      a2 = op(d, a2, hn::LoadU(d, x + i + 2 * lanes));
      a3 = op(d, a3, hn::LoadU(d, x + i + 3 * lanes));
    }
    for (; i + lanes <= count; i += lanes) a0 = op(d, a0, hn::LoadU(d, x + i));
    HWY_ALIGN T part[hn::MaxLanes(d)];
    hn::Store(op(d, op(d, a0, a1), op(d, a2, a3)), d, part);
    for (std::int64_t k = 0; i < count; ++i, ++k) part[k] = fold<kFold>(part[k], x[i]);
    for (std::int64_t half = lanes / 2; half > 0; half /= 2)
      for (std::int64_t k = 0; k < half; ++k) part[k] = fold<kFold>(part[k], part[k + half]);
    return part[0];
  } else {
    Part result = identity<kFold, Part>();
    for (std::int64_t i = 0; i < count; ++i) result = fold<kFold>(result, static_cast<Part>(x[i]));
    return result;
  }
}

// parts[i] = fold(parts[i], x[i])
template <Fold kFold, class T>
void fold_into(const T* x, PartOf<kFold, T>* parts, std::int64_t count) {
  using Part = PartOf<kFold, T>;
  if constexpr (kFold == Fold::all || kFold == Fold::any) {
    for (std::int64_t i = 0; i < count; ++i) {
      const Part value = convert<bool>(x[i]);
      parts[i] = static_cast<Part>(kFold == Fold::all ? (parts[i] != 0 && value != 0) : (parts[i] != 0 || value != 0));
    }
  } else if constexpr (sizeof(T) == 2) {
    HWY_ALIGN float wide[256];
    for (std::int64_t i = 0; i < count; i += 256) {
      const std::int64_t n = std::min<std::int64_t>(256, count - i);
      to_float(x + i, wide, n);
      map(FoldVectors<kFold>(), parts + i, static_cast<const float*>(wide), parts + i, n);
    }
  } else if constexpr (std::is_floating_point_v<T>) {
    map(FoldVectors<kFold>(), static_cast<const T*>(parts), x, parts, count);
  } else {
    for (std::int64_t i = 0; i < count; ++i) parts[i] = fold<kFold>(parts[i], static_cast<Part>(x[i]));
  }
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
