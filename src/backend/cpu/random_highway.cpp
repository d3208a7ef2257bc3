// Random numbers: the words of several Philox blocks at a time, then the numbers; the same bits as core/philox.h gives
// one by one. Targets without fused multiply-add take the functions of core/philox.h where a number needs it.
#include "backend/cpu/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/random_highway.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.
#include <hwy/highway.h>

#include <algorithm>

#include "backend/cpu/convert.h"
#include "backend/cpu/half_convert-inl.h"
#include "backend/cpu/random_kernels.h"
#include "backend/cpu/random_parameters.h"
#include "core/random_blocks.h"
#include "core/team.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t kBatch = 256;  // blocks of words at a time: 4 KiB

// words[4 b + i] is word i of block counter + b. One block a 64-bit lane, its words in the lower halves.
void philox_words(std::uint64_t seed, std::uint64_t counter, std::uint32_t* words, std::int64_t blocks) {
  std::int64_t b = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::ScalableTag<std::uint64_t> d;
  const hn::Repartition<std::uint32_t, decltype(d)> d32;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto low_half = hn::Set(d, 0xffffffffu);
  const auto m0 = hn::Set(d32, kPhiloxMultiplier0), m1 = hn::Set(d32, kPhiloxMultiplier1);
  for (; b + lanes <= blocks; b += lanes) {
    auto x0 = hn::Add(hn::Iota(d, 0), hn::Set(d, counter + static_cast<std::uint64_t>(b)));
    auto x1 = hn::ShiftRight<32>(x0), x2 = hn::Zero(d), x3 = hn::Zero(d);
    auto k0 = static_cast<std::uint32_t>(seed), k1 = static_cast<std::uint32_t>(seed >> 32);
    for (int round = 0; round < kPhiloxRounds; ++round) {
      const auto p0 = hn::MulEven(hn::BitCast(d32, x0), m0), p1 = hn::MulEven(hn::BitCast(d32, x2), m1);
      x0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p1), x1), hn::Set(d, k0));
      x1 = p1;  // what stands in the upper halves is never read
      x2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p0), x3), hn::Set(d, k1));
      x3 = p0;
      k0 += kPhiloxWeyl0;
      k1 += kPhiloxWeyl1;
    }
    const auto first = hn::Or(hn::And(x0, low_half), hn::ShiftLeft<32>(x1)),
               second = hn::Or(hn::And(x2, low_half), hn::ShiftLeft<32>(x3));
    hn::StoreInterleaved2(first, second, d, reinterpret_cast<std::uint64_t*>(words + 4 * b));
  }
#endif
  for (; b < blocks; ++b) {
    const PhiloxBlock block = philox(seed, counter + static_cast<std::uint64_t>(b));
    std::copy_n(block.w, 4, words + 4 * b);
  }
}

struct Range {
  float factor, a, width, last;
  int shift;
};

void uniforms(const Range& r, const std::uint32_t* words, float* out, std::int64_t n) {
#if HWY_NATIVE_FMA
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  for (std::int64_t i = 0; i < n; i += static_cast<std::int64_t>(hn::Lanes(d))) {
    const auto bits =
        hn::BitCast(di, hn::ShiftRightSame(hn::LoadU(hn::RebindToUnsigned<decltype(d)>(), words + i), r.shift));
    const auto u = hn::Mul(hn::ConvertTo(d, bits), hn::Set(d, r.factor));
    hn::StoreU(hn::Min(hn::MulAdd(u, hn::Set(d, r.width), hn::Set(d, r.a)), hn::Set(d, r.last)), d, out + i);
  }
#else
  for (std::int64_t i = 0; i < n; ++i)
    out[i] = std::fmin(std::fma(static_cast<float>(words[i] >> r.shift) * r.factor, r.width, r.a), r.last);
#endif
}

// Step by step what normal_from(uint32, uint32) does.
void normals(float mean, float deviation, const std::uint32_t* words, float* out, std::int64_t n) {
  std::int64_t i = 0;
#if HWY_NATIVE_FMA
  using S = NormalSource<float>;
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const hn::RebindToSigned<decltype(d)> di;
  const auto one = hn::Set(d, 1.0f), minus_half = hn::Set(d, -0.5f);
  const auto step = 2 * static_cast<std::int64_t>(hn::Lanes(d));
  for (; i + step <= n; i += step) {
    hn::Vec<decltype(du)> first, second;
    hn::LoadInterleaved2(du, words + i, first, second);
    const auto u = hn::Mul(hn::ConvertTo(d, hn::BitCast(di, hn::Add(hn::ShiftRight<8>(first), hn::Set(du, 1u)))),
                           hn::Set(d, 0x1p-24f));
    const auto bits = hn::BitCast(di, u);
    const auto exponent = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(di, static_cast<std::int32_t>(S::kSqrtHalf))));
    const auto f = hn::Sub(hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(exponent))), one),
               e = hn::ConvertTo(d, exponent);
    const auto ff = hn::Mul(f, f);
    auto p = hn::Set(d, S::kLog[0]);
    for (int k = 1; k < 9; ++k) p = hn::MulAdd(p, f, hn::Set(d, S::kLog[k]));
    auto log = hn::Mul(hn::Mul(p, f), ff);
    log = hn::MulAdd(e, hn::Set(d, S::kLn2Low), log);
    log = hn::MulAdd(ff, minus_half, log);
    log = hn::MulAdd(e, hn::Set(d, S::kLn2High), hn::Add(f, log));
    const auto radius = hn::Sqrt(hn::Mul(log, hn::Set(d, -2.0f)));

    const auto place =
        hn::Sub(hn::BitCast(di, hn::And(hn::ShiftRight<6>(second), hn::Set(du, 0xffffffu))), hn::Set(di, 0x800000));
    const auto a = hn::Mul(hn::ConvertTo(d, place), hn::Set(d, S::kHalfPi * 0x1p-24f)), z = hn::Mul(a, a);
    const auto sine = hn::MulAdd(
        hn::Mul(hn::MulAdd(hn::MulAdd(hn::Set(d, S::kSin[0]), z, hn::Set(d, S::kSin[1])), z, hn::Set(d, S::kSin[2])),
                z),
        a, a);
    const auto cosine =
        hn::MulAdd(hn::MulAdd(hn::MulAdd(hn::Set(d, S::kCos[0]), z, hn::Set(d, S::kCos[1])), z, hn::Set(d, S::kCos[2])),
                   hn::Mul(z, z), hn::MulAdd(z, minus_half, one));
    // The quadrant's lower bit swaps; the signs are bits 1 of quadrant + 1 and of quadrant, moved to the sign's place.
    const auto quadrant = hn::ShiftRight<30>(second);
    const auto swap = hn::RebindMask(d, hn::Eq(hn::And(quadrant, hn::Set(du, 1u)), hn::Set(du, 1u)));
    const auto x_sign = hn::BitCast(d, hn::ShiftLeft<30>(hn::And(hn::Add(quadrant, hn::Set(du, 1u)), hn::Set(du, 2u))));
    const auto y_sign = hn::BitCast(d, hn::ShiftLeft<30>(hn::And(quadrant, hn::Set(du, 2u))));
    const auto x = hn::Mul(radius, hn::Xor(hn::IfThenElse(swap, sine, cosine), x_sign)),
               y = hn::Mul(radius, hn::Xor(hn::IfThenElse(swap, cosine, sine), y_sign));
    const auto scale = hn::Set(d, deviation), shift = hn::Set(d, mean);
    hn::StoreInterleaved2(hn::MulAdd(x, scale, shift), hn::MulAdd(y, scale, shift), d, out + i);
  }
#endif
  for (; i < n; i += 2) {
    const auto pair = normal_from(words[i], words[i + 1]);
    out[i] = std::fma(pair.first, deviation, mean);
    out[i + 1] = std::fma(pair.second, deviation, mean);
  }
}

std::uint64_t pair_at(const std::uint32_t* words, std::int64_t i) {
  return std::uint64_t{words[2 * i + 1]} << 32 | words[2 * i];
}

// Doubles and integers: plain loops, of which the compiler vectorises what it can.
void doubles(const RandomProblem& p, const std::uint32_t* words, double* out, std::int64_t n) {
  if (p.op == RandomOp::uniform) {
    const double width = p.b - p.a, last = last_below(p.b);
    for (std::int64_t i = 0; i < n; ++i) {
      const double y = std::fma(uniform_from(pair_at(words, i)), width, p.a);
      out[i] = y < last ? y : last;
    }
    return;
  }
  for (std::int64_t i = 0; i < n; i += 2) {
    const auto pair = normal_from(pair_at(words, i), pair_at(words, i + 1));
    out[i] = std::fma(pair.first, p.b, p.a);
    out[i + 1] = std::fma(pair.second, p.b, p.a);
  }
}

template <class T>
void integers(const RandomProblem& p, const std::uint32_t* words, T* out, std::int64_t n) {
  if (p.op == RandomOp::bernoulli) {
    const std::uint64_t threshold = bernoulli_threshold(p.a);
    for (std::int64_t i = 0; i < n; ++i) out[i] = convert<T>(static_cast<std::int64_t>(words[i] < threshold));
    return;
  }
  const std::uint64_t range = integer_range(p), low = static_cast<std::uint64_t>(p.low);
  if (range <= kNarrowRange)
    for (std::int64_t i = 0; i < n; ++i)
      out[i] = convert<T>(static_cast<std::int64_t>(low + integer_from(pair_at(words, i), range)));
  else
    for (std::int64_t i = 0; i < n; ++i)
      out[i] = convert<T>(static_cast<std::int64_t>(
          low +
          integer_from(PhiloxBlock{{words[4 * i], words[4 * i + 1], words[4 * i + 2], words[4 * i + 3]}}, range)));
}

// Fills elements [begin, end); begin is at the start of a block.
template <class T>
void fill(const RandomProblem& p, std::int64_t begin, std::int64_t end, T* y) {
  HWY_ALIGN std::uint32_t words[4 * kBatch];
  HWY_ALIGN float floats[4 * kBatch];
  const std::int64_t per_block = elements_per_block(p), batch = kBatch * per_block;
  const bool floating = p.op == RandomOp::uniform || p.op == RandomOp::normal;
  const auto a = static_cast<float>(p.a), b = static_cast<float>(p.b);
  for (std::int64_t at = begin; at < end; at += batch) {
    const std::int64_t n = std::min(batch, end - at), blocks = (n + per_block - 1) / per_block;
    philox_words(p.seed, p.offset + static_cast<std::uint64_t>(at / per_block), words, blocks);
    if (!floating) {
      integers(p, words, y + at, n);
    } else if constexpr (std::is_same_v<T, double>) {
      HWY_ALIGN double wide[2 * kBatch];
      doubles(p, words, wide, blocks * per_block);
      std::copy_n(wide, n, y + at);
    } else {
      // Whole vectors of words are read, and the buffer's end is a whole number of them: what lies behind the last
      // block is not used.
      std::fill(words + 4 * blocks, words + std::min<std::int64_t>(4 * kBatch, 4 * blocks + 64), 0u);
      if (p.op == RandomOp::uniform)
        uniforms({uniform_factor(p.dtype), a, b - a, last_below(b, p.dtype), uniform_shift(p.dtype)}, words, floats,
                 blocks * per_block);
      else
        normals(a, b, words, floats, blocks * per_block);
      if constexpr (std::is_same_v<T, float>)
        std::copy_n(floats, n, y + at);
      else if constexpr (sizeof(T) == 2 && kIsFloating<T>)
        from_float(static_cast<const float*>(floats), y + at, n);
      else
        for (std::int64_t i = 0; i < n; ++i) y[at + i] = convert<T>(floats[i]);
    }
  }
}

void random_range(const RandomProblem& p, std::int64_t begin, std::int64_t end, void* y) {
  switch_dtype(p.dtype, [&]<class T>() { fill(p, begin, end, static_cast<T*>(y)); });
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::cpu {

HWY_EXPORT(random_range);

namespace {

constexpr std::int64_t kChunk = 16384;  // a multiple of every block's elements

void run(const RandomProblem& p, const Context&, void* y) {
  const auto range = HWY_DYNAMIC_DISPATCH(random_range);
  parallel_for((p.n + kChunk - 1) / kChunk,
               [&](std::int64_t i) { range(p, i * kChunk, std::min(p.n, (i + 1) * kChunk), y); });
}

}  // namespace

constinit const Kernel<Random> kRandomHighway = {"highway", nullptr, run};

}  // namespace cresset::cpu
#endif  // HWY_ONCE
