// float16 and bfloat16 to and from float32, rounding to nearest even, the same at every target. Compiled once for each
// target.
#include <cresset/dtype.h>
#include <hwy/highway.h>

#include <algorithm>

#include "backend/cpu/map-inl.h"

// clang-format off
#if defined(CRESSET_HALF_CONVERT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_HALF_CONVERT_INL_H
#undef CRESSET_HALF_CONVERT_INL_H
#else
#define CRESSET_HALF_CONVERT_INL_H
#endif
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes32 = hn::ScalableTag<std::uint32_t>;
using Lanes16 = hn::Rebind<std::uint16_t, Lanes32>;
using LanesFloat = hn::ScalableTag<float>;

HWY_INLINE hn::Vec<LanesFloat> widen(BFloat16, hn::Vec<Lanes16> bits) {
  return hn::BitCast(LanesFloat(), hn::ShiftLeft<16>(hn::PromoteTo(Lanes32(), bits)));
}

HWY_INLINE hn::Vec<Lanes16> narrow(BFloat16, hn::Vec<LanesFloat> x) {
  const Lanes32 d;
  const auto bits = hn::BitCast(d, x);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 1u));
  const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(d, 0x7fffu))));
  const auto nan = hn::Or(hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 0x8000u)), hn::Set(d, 0x7fc0u));
  // Truncating: DemoteTo would saturate.
  const auto result = hn::IfThenElse(hn::RebindMask(d, hn::IsNaN(x)), nan, rounded);
#if HWY_TARGET <= HWY_AVX3
  return hn::TruncateTo(Lanes16(), result);
#else
  // As signed numbers of 16 bits nothing saturates.
  const hn::Rebind<std::int32_t, Lanes32> signed32;
  const hn::Rebind<std::int16_t, Lanes32> signed16;
  return hn::BitCast(Lanes16(),
                     hn::DemoteTo(signed16, hn::ShiftRight<16>(hn::ShiftLeft<16>(hn::BitCast(signed32, result)))));
#endif
}

#if HWY_TARGET <= HWY_AVX2
HWY_INLINE hn::Vec<LanesFloat> widen(Half, hn::Vec<Lanes16> bits) {
  return hn::PromoteTo(LanesFloat(), hn::BitCast(hn::Rebind<hwy::float16_t, Lanes32>(), bits));
}
HWY_INLINE hn::Vec<Lanes16> narrow(Half, hn::Vec<LanesFloat> x) {
  return hn::BitCast(Lanes16(), hn::DemoteTo(hn::Rebind<hwy::float16_t, Lanes32>(), x));
}
#else
// Without the instructions: by integers, after F. Giesen, https://gist.github.com/rygorous/2156668.
HWY_INLINE hn::Vec<LanesFloat> widen(Half, hn::Vec<Lanes16> half) {
  const Lanes32 d;
  const LanesFloat df;
  const auto bits = hn::PromoteTo(d, half);
  const auto magnitude = hn::And(bits, hn::Set(d, 0x7fffu));
  const auto scaled = hn::BitCast(d, hn::Mul(hn::BitCast(df, hn::ShiftLeft<13>(magnitude)), hn::Set(df, 0x1p112f)));
  const hn::Rebind<std::int32_t, Lanes32> di;
  const auto special = hn::RebindMask(d, hn::Gt(hn::BitCast(di, magnitude), hn::Set(di, 0x7bff)));
  return hn::BitCast(df, hn::Or(hn::Or(scaled, hn::ShiftLeft<16>(hn::Xor(bits, magnitude))),
                                hn::IfThenElseZero(special, hn::Set(d, 0x7f800000u))));
}

HWY_INLINE hn::Vec<Lanes16> narrow(Half, hn::Vec<LanesFloat> x) {
  const hn::Rebind<std::int32_t, Lanes32> d;
  const LanesFloat df;
  const auto bits = hn::BitCast(d, x);
  const auto sign = hn::And(bits, hn::Set(d, std::int32_t(0x80000000)));
  const auto magnitude = hn::Xor(bits, sign);
  const auto special =
      hn::IfThenElse(hn::Gt(magnitude, hn::Set(d, 0x7f800000)), hn::Set(d, 0x7e00), hn::Set(d, 0x7c00));
  const auto tiny_magic = hn::Set(d, 126 << 23);
  const auto tiny =
      hn::Sub(hn::BitCast(d, hn::Add(hn::BitCast(df, magnitude), hn::BitCast(df, tiny_magic))), tiny_magic);
  const auto odd = hn::And(hn::ShiftRight<13>(magnitude), hn::Set(d, 1));
  const auto regular = hn::ShiftRight<13>(hn::Add(hn::Add(magnitude, hn::Set(d, 0xfff - (112 << 23))), odd));
  auto result = hn::IfThenElse(hn::Gt(hn::Set(d, 113 << 23), magnitude), tiny, regular);
  result = hn::IfThenElse(hn::Gt(hn::Set(d, 143 << 23), magnitude), result, special);
  return hn::BitCast(Lanes16(),
                     hn::DemoteTo(hn::Rebind<std::int16_t, Lanes32>(), hn::Or(result, hn::ShiftRight<16>(sign))));
}
#endif

template <class T>
HWY_INLINE void to_float(const T* from, float* to, std::int64_t count) {
  const Lanes16 d16;
  const LanesFloat df;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(df));
  const auto* bits = reinterpret_cast<const std::uint16_t*>(from);
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(widen(T(), hn::LoadU(d16, bits + i)), df, to + i);
  if (i < count) {
    std::uint16_t part[hn::MaxLanes(d16)] = {};
    std::memcpy(part, bits + i, static_cast<std::size_t>(count - i) * 2);
    store_part(widen(T(), hn::LoadU(d16, part)), df, to + i, static_cast<std::size_t>(count - i));
  }
}

template <class T>
HWY_INLINE void from_float(const float* from, T* to, std::int64_t count) {
  const Lanes16 d16;
  const LanesFloat df;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(df));
  auto* bits = reinterpret_cast<std::uint16_t*>(to);
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(narrow(T(), hn::LoadU(df, from + i)), d16, bits + i);
  if (i < count) {
    std::uint16_t part[hn::MaxLanes(d16)];
    hn::StoreU(narrow(T(), load_part(df, from + i, static_cast<std::size_t>(count - i))), d16, part);
    std::memcpy(bits + i, part, static_cast<std::size_t>(count - i) * 2);
  }
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
