// half and bfloat16: every value against the format's definition, every rounding against its neighbours, arithmetic
// against exact results.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

namespace {

__half half_from(unsigned bits) { return __ushort_as_half(static_cast<unsigned short>(bits)); }
__nv_bfloat16 bfloat_from(unsigned bits) { return __ushort_as_bfloat16(static_cast<unsigned short>(bits)); }

// What the format can hold, from its definition.
double value_of(unsigned bits, int mantissa_bits, int exponent_bits) {
  const int exponent = static_cast<int>(bits >> mantissa_bits & ((1u << exponent_bits) - 1));
  const double mantissa = bits & ((1u << mantissa_bits) - 1);
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const double sign = bits >> 15 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) return mantissa != 0 ? NAN : sign * INFINITY;
  return exponent == 0 ? sign * std::ldexp(mantissa, 1 - bias - mantissa_bits)
                       : sign * std::ldexp(mantissa + (1 << mantissa_bits), exponent - bias - mantissa_bits);
}

TEST(HalfTest, EveryValueIsTheFormatsAndComesBack) {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const double half = value_of(bits, 10, 5), bfloat = value_of(bits, 7, 8);
    if (std::isnan(half)) {
      EXPECT_TRUE(std::isnan(__half2float(half_from(bits))));
    } else {
      EXPECT_EQ(__half2float(half_from(bits)), static_cast<float>(half)) << bits;
      EXPECT_EQ(__half_as_ushort(__double2half(half)), bits);
    }
    if (std::isnan(bfloat)) {
      EXPECT_TRUE(std::isnan(__bfloat162float(bfloat_from(bits))));
    } else {
      EXPECT_EQ(__bfloat162float(bfloat_from(bits)), static_cast<float>(bfloat)) << bits;
      EXPECT_EQ(__bfloat16_as_ushort(__float2bfloat16(static_cast<float>(bfloat))), bits);
    }
  }
}

// Between two neighbours: below the middle, the middle (to the even one), above it.
template <class T, class FromBits, class Round>
void check_neighbours(unsigned infinity, FromBits from_bits, Round round) {
  for (unsigned bits = 0; bits + 1 < infinity; ++bits) {
    const double low = static_cast<float>(from_bits(bits)), high = static_cast<float>(from_bits(bits + 1));
    const double middle = (low + high) / 2, little = (high - low) / 1024;
    EXPECT_EQ(round(middle - little), bits);
    EXPECT_EQ(round(middle + little), bits + 1);
    EXPECT_EQ(round(middle), bits + (bits & 1));
    EXPECT_EQ(round(-middle), 0x8000u | (bits + (bits & 1)));
  }
}

TEST(HalfTest, ConversionRoundsToNearestEven) {
  check_neighbours<__half>(0x7c00, half_from, [](double v) { return __half_as_ushort(__double2half(v)); });
  check_neighbours<__nv_bfloat16>(0x7f80, bfloat_from,
                                  [](double v) { return __bfloat16_as_ushort(__double2bfloat16(v)); });
}

TEST(HalfTest, ConversionAtTheEndsOfTheRange) {
  EXPECT_EQ(__half_as_ushort(__float2half(65519.0f)), 0x7bff);
  EXPECT_EQ(__half_as_ushort(__float2half(65520.0f)), 0x7c00);
  EXPECT_EQ(__half_as_ushort(__float2half(-1e30f)), 0xfc00);
  EXPECT_EQ(__half_as_ushort(__float2half(2.98e-8f)), 0x0000);
  EXPECT_EQ(__half_as_ushort(__float2half(2.99e-8f)), 0x0001);
  EXPECT_EQ(__half_as_ushort(__float2half(-0.0f)), 0x8000);
  EXPECT_EQ(__half_as_ushort(__float2half(NAN)), 0x7fff);
  EXPECT_EQ(__half_as_ushort(__float2half_rz(65535.0f)), 0x7bff);
  EXPECT_EQ(__half_as_ushort(__float2half_ru(1e-30f)), 0x0001);
  EXPECT_EQ(__half_as_ushort(__float2half_rd(1e-30f)), 0x0000);
  EXPECT_EQ(__half_as_ushort(__float2half_rd(-1e-30f)), 0x8001);
  EXPECT_EQ(__half_as_ushort(__float2half_ru(1.0001f)), 0x3c01);
  EXPECT_EQ(__bfloat16_as_ushort(__float2bfloat16(3.4e38f)), 0x7f80);
  EXPECT_EQ(__bfloat16_as_ushort(__float2bfloat16(INFINITY)), 0x7f80);
  EXPECT_EQ(__bfloat16_as_ushort(__float2bfloat16(NAN)), 0x7fff);
}

// The half nearest to an exact value, by comparing its neighbourhood; the even one of two.
unsigned nearest_half(long double exact) {
  const unsigned guess = __half_as_ushort(__double2half(static_cast<double>(exact)));
  unsigned best = guess;
  long double least = INFINITY;
  for (int step = -1; step <= 1; ++step) {
    const unsigned bits = guess + static_cast<unsigned>(step);
    if ((guess ^ bits) & 0x8000u || (bits & 0x7fffu) > 0x7c00u) continue;
    // Infinity stands where the next number would, if there were one (IEEE 754, 4.3.1).
    const long double value = (bits & 0x7fffu) == 0x7c00u ? (bits >> 15 ? -65536.0L : 65536.0L) : value_of(bits, 10, 5);
    const long double distance = std::fabs(exact - value);
    if (distance < least || (distance == least && bits % 2 == 0)) best = bits, least = distance;
  }
  return best;
}

// long double holds sums and products of halves exactly: 64 bits, from 2^15 down to 2^-48.
TEST(HalfTest, ArithmeticIsRoundedOnce) {
  uint32_t state = 1;
  const auto next = [&] { return (state = state * 1664525u + 1013904223u) >> 16; };
  for (int i = 0; i < 300000; ++i) {
    const unsigned p = next(), q = next(), r = next();
    const __half a = half_from(p), b = half_from(q), c = half_from(r);
    const long double x = __half2float(a), y = __half2float(b), z = __half2float(c);
    if (!std::isfinite(x) || !std::isfinite(y) || !std::isfinite(z)) continue;
    ASSERT_EQ(__half_as_ushort(a + b) & 0x7fffu, nearest_half(x + y) & 0x7fffu) << p << " + " << q;
    ASSERT_EQ(__half_as_ushort(a * b) & 0x7fffu, nearest_half(x * y) & 0x7fffu) << p << " * " << q;
    ASSERT_EQ(__half_as_ushort(__hfma(a, b, c)) & 0x7fffu, nearest_half(x * y + z) & 0x7fffu)
        << p << " * " << q << " + " << r;
  }
}

// 1 + 2^-11 + 2^-24 in half: rounding the sum to double or float first would lose the last term and round down.
TEST(HalfTest, FusedMultiplyAddSeesWhatIsFarBelow) {
  const __half one = 1.0f, low = __float2half(std::ldexp(1.0f, -12)), half_bit = __float2half(std::ldexp(1.0f, -11));
  const __half above = __hadd(one, __float2half(std::ldexp(1.0f, -10)));
  EXPECT_EQ(__half_as_ushort(__hfma(one, half_bit, one)), __half_as_ushort(one));
  EXPECT_EQ(__half_as_ushort(__hfma(__hadd(half_bit, __float2half(std::ldexp(1.0f, -21))), one, one)),
            __half_as_ushort(above));
  EXPECT_EQ(__half_as_ushort(__hfma(low, low, __half(1.0f))), __half_as_ushort(one));
  const __nv_bfloat16 big = __float2bfloat16(1.0f), tie = __float2bfloat16(std::ldexp(1.0f, -8));
  const __nv_bfloat16 tiny = __float2bfloat16(std::ldexp(1.0f, -100));
  // tie * (1 + 2^-7) is just above the middle between 1 and its neighbour.
  EXPECT_GT(__bfloat162float(__hfma(tie, __hadd(big, __float2bfloat16(std::ldexp(1.0f, -7))), big)), 1.0f);
  EXPECT_EQ(__bfloat162float(__hfma(tiny, tiny, big)), 1.0f);
}

TEST(HalfTest, ComparisonsFollowIeee) {
  const __half nan = half_from(0x7e00), zero = half_from(0), minus_zero = half_from(0x8000), one = 1.0f;
  EXPECT_TRUE(zero == minus_zero);
  EXPECT_FALSE(nan == nan);
  EXPECT_TRUE(nan != nan);
  EXPECT_FALSE(nan < one);
  EXPECT_TRUE(zero < one);
  EXPECT_EQ(__half2float(__hmax(nan, one)), 1.0f);
  EXPECT_EQ(__half2float(-one), -1.0f);
}

TEST(HalfTest, PairsKeepTheirOrderAndSize) {
  static_assert(sizeof(__half) == 2 && sizeof(__half2) == 4 && alignof(__half2) == 4);
  static_assert(sizeof(__nv_bfloat16) == 2 && sizeof(__nv_bfloat162) == 4 && alignof(__nv_bfloat162) == 4);
  const __half2 pair = __floats2half2_rn(1.0f, 2.0f);
  EXPECT_EQ(__low2float(pair), 1.0f);
  EXPECT_EQ(__high2float(pair), 2.0f);
  const float2 sums = __half22float2(__hfma2(pair, pair, pair));
  EXPECT_EQ(sums.x, 2.0f);
  EXPECT_EQ(sums.y, 6.0f);
}

}  // namespace
