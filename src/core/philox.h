// Philox 4x32-10 (J. K. Salmon and others, "Parallel random numbers: as easy as 1, 2, 3", SC 2011) and what is made of
// its words. docs/random.md says which counter gives which element. Plain functions of integers and of correctly
// rounded operations (+ - * / sqrt fma), so that every processor, vector width and GPU gives the same bits.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#if defined(__CUDACC__)
#define CRESSET_HOST_DEVICE __host__ __device__
#else
#define CRESSET_HOST_DEVICE
#endif

namespace cresset {

struct PhiloxBlock {
  std::uint32_t w[4];
};

inline constexpr std::uint32_t kPhiloxMultiplier0 = 0xD2511F53, kPhiloxMultiplier1 = 0xCD9E8D57;
inline constexpr std::uint32_t kPhiloxWeyl0 = 0x9E3779B9, kPhiloxWeyl1 = 0xBB67AE85;
inline constexpr int kPhiloxRounds = 10;

// The block at a 128-bit counter given as its lower and upper half.
CRESSET_HOST_DEVICE constexpr PhiloxBlock philox(std::uint64_t seed, std::uint64_t counter,
                                                 std::uint64_t counter_high = 0) {
  std::uint32_t x0 = static_cast<std::uint32_t>(counter), x1 = static_cast<std::uint32_t>(counter >> 32);
  std::uint32_t x2 = static_cast<std::uint32_t>(counter_high), x3 = static_cast<std::uint32_t>(counter_high >> 32);
  std::uint32_t k0 = static_cast<std::uint32_t>(seed), k1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < kPhiloxRounds; ++round) {
    const std::uint64_t p0 = std::uint64_t{kPhiloxMultiplier0} * x0, p1 = std::uint64_t{kPhiloxMultiplier1} * x2;
    x0 = static_cast<std::uint32_t>(p1 >> 32) ^ x1 ^ k0;
    x1 = static_cast<std::uint32_t>(p1);
    x2 = static_cast<std::uint32_t>(p0 >> 32) ^ x3 ^ k1;
    x3 = static_cast<std::uint32_t>(p0);
    k0 += kPhiloxWeyl0;
    k1 += kPhiloxWeyl1;
  }
  return {{x0, x1, x2, x3}};
}

// Words 2 i and 2 i + 1 of a block as one 64-bit number.
CRESSET_HOST_DEVICE constexpr std::uint64_t philox_pair(const PhiloxBlock& block, int i) {
  return std::uint64_t{block.w[2 * i + 1]} << 32 | block.w[2 * i];
}

// [0, 1) with 24 and with 53 bits.
CRESSET_HOST_DEVICE constexpr float uniform_from(std::uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24f;
}
CRESSET_HOST_DEVICE constexpr double uniform_from(std::uint64_t pair) {
  return static_cast<double>(pair >> 11) * 0x1p-53;
}

// [0, range) by the upper part of a product: with 64 random bits for ranges up to 2^32, with 128 above; no value's
// probability is off by more than 2^-32 of itself.
CRESSET_HOST_DEVICE constexpr std::uint64_t integer_from(std::uint64_t pair, std::uint64_t range) {
  return ((pair >> 32) * range + ((pair & 0xffffffff) * range >> 32)) >> 32;
}
inline constexpr std::uint64_t kNarrowRange = std::uint64_t{1} << 32;
CRESSET_HOST_DEVICE constexpr std::uint64_t integer_from(const PhiloxBlock& block, std::uint64_t range) {
  __extension__ using Wide = unsigned __int128;
  const Wide low = Wide{philox_pair(block, 0)} * range;
  return static_cast<std::uint64_t>((Wide{philox_pair(block, 1)} * range + (low >> 64)) >> 64);
}

// A word is a success where it is below this; probability in [0, 1].
CRESSET_HOST_DEVICE constexpr std::uint64_t bernoulli_threshold(double probability) {
  return static_cast<std::uint64_t>(probability * 0x1p32 + 0.5);
}

// Two independent normal numbers by the method of Box and Muller: r = sqrt(-2 ln u), times cosine and sine of an angle.
template <class T>
struct NormalPair {
  T first, second;
};

// Polynomials of ln, sine and cosine: S. L. Moshier, Cephes (float), and Sun's fdlibm (double).
template <class T>
struct NormalSource;

template <>
struct NormalSource<float> {
  static constexpr std::uint32_t kSqrtHalf = 0x3f3504f3;
  static constexpr float kLog[9] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                                    -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                                    2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
  static constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  static constexpr float kSin[3] = {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f};
  static constexpr float kCos[3] = {2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f};
  static constexpr float kHalfPi = 1.57079632679489662f;
};

template <>
struct NormalSource<double> {
  static constexpr std::uint64_t kSqrtHalf = 0x3fe6a09e667f3bcd;
  static constexpr double kLog[7] = {1.479819860511658591e-1, 1.531383769920937332e-1, 1.818357216161805012e-1,
                                     2.222219843214978396e-1, 2.857142874366239149e-1, 3.999999999940941908e-1,
                                     6.666666666666735130e-1};
  static constexpr double kLn2High = 6.93147180369123816490e-1, kLn2Low = 1.90821492927058770002e-10;
  static constexpr double kSin[6] = {1.58969099521155010221e-10, -2.50507602534068634195e-8,
                                     2.75573137070700676789e-6,  -1.98412698298579493134e-4,
                                     8.33333333332248946124e-3,  -1.66666666666666324348e-1};
  static constexpr double kCos[6] = {-1.13596475577881948265e-11, 2.08757232129817482790e-9,
                                     -2.75573143513906633035e-7,  2.48015872894767294178e-5,
                                     -1.38888888888741095749e-3,  4.16666666666666019037e-2};
  static constexpr double kHalfPi = 1.57079632679489661923;
};

// The angle's quadrant comes from the two highest bits of a word, its place in the quadrant from the bits below.
template <class T>
CRESSET_HOST_DEVICE inline NormalPair<T> turn(T radius, T cosine, T sine, unsigned quadrant) {
  const T x = quadrant & 1 ? sine : cosine, y = quadrant & 1 ? cosine : sine;
  return {radius * ((quadrant + 1) & 2 ? -x : x), radius * (quadrant & 2 ? -y : y)};
}

CRESSET_HOST_DEVICE inline NormalPair<float> normal_from(std::uint32_t first, std::uint32_t second) {
  using S = NormalSource<float>;
  constexpr auto kLog = std::to_array(S::kLog);                     // an object of its own: GPU code cannot address S's
  const float u = static_cast<float>((first >> 8) + 1) * 0x1p-24f;  // (0, 1]
  const auto bits = std::bit_cast<std::uint32_t>(u);
  const std::int32_t exponent = static_cast<std::int32_t>(bits - S::kSqrtHalf) >> 23;
  const float f = std::bit_cast<float>(bits - (static_cast<std::uint32_t>(exponent) << 23)) - 1.0f,
              e = static_cast<float>(exponent);
  const float ff = f * f;
  float p = kLog[0];
  for (std::size_t i = 1; i < 9; ++i) p = std::fma(p, f, kLog[i]);
  float log = (p * f) * ff;
  log = std::fma(e, S::kLn2Low, log);
  log = std::fma(ff, -0.5f, log);
  log = std::fma(e, S::kLn2High, f + log);
  const float radius = std::sqrt(log * -2.0f);

  const auto place = static_cast<std::int32_t>(second >> 6 & 0xffffff) - 0x800000;
  const float a = static_cast<float>(place) * (S::kHalfPi * 0x1p-24f), z = a * a;
  const float sine = std::fma(std::fma(std::fma(S::kSin[0], z, S::kSin[1]), z, S::kSin[2]) * z, a, a);
  const float cosine =
      std::fma(std::fma(std::fma(S::kCos[0], z, S::kCos[1]), z, S::kCos[2]), z * z, std::fma(z, -0.5f, 1.0f));
  return turn(radius, cosine, sine, second >> 30);
}

CRESSET_HOST_DEVICE inline NormalPair<double> normal_from(std::uint64_t first, std::uint64_t second) {
  using S = NormalSource<double>;
  constexpr auto kLog = std::to_array(S::kLog);
  constexpr auto kSin = std::to_array(S::kSin), kCos = std::to_array(S::kCos);
  const double u = static_cast<double>((first >> 11) + 1) * 0x1p-53;
  const auto bits = std::bit_cast<std::uint64_t>(u);
  const std::int64_t exponent = static_cast<std::int64_t>(bits - S::kSqrtHalf) >> 52;
  const double f = std::bit_cast<double>(bits - (static_cast<std::uint64_t>(exponent) << 52)) - 1.0,
               e = static_cast<double>(exponent);
  const double s = f / (f + 2.0), z = s * s, half = (f * f) * 0.5;
  double p = kLog[0];
  for (std::size_t i = 1; i < 7; ++i) p = std::fma(p, z, kLog[i]);
  const double low = std::fma(s, std::fma(p, z, half), e * S::kLn2Low);
  const double log = std::fma(e, S::kLn2High, f - (half - low));
  const double radius = std::sqrt(log * -2.0);

  const auto place = static_cast<std::int64_t>(second >> 9 & ((std::uint64_t{1} << 53) - 1)) - (std::int64_t{1} << 52);
  const double a = static_cast<double>(place) * (S::kHalfPi * 0x1p-53), aa = a * a;
  double sine = kSin[0], cosine = kCos[0];
  for (std::size_t i = 1; i < 6; ++i) {
    sine = std::fma(sine, aa, kSin[i]);
    cosine = std::fma(cosine, aa, kCos[i]);
  }
  sine = std::fma(sine * aa, a, a);
  cosine = std::fma(cosine, aa * aa, std::fma(aa, -0.5, 1.0));
  return turn(radius, cosine, sine, static_cast<unsigned>(second >> 62));
}

// A random order of 0 … n - 1 (R. Durstenfeld, CACM 7, 1964): draw k swaps element n - 1 - k with one of the first n -
// k. n is at most 2^32; it takes (n + 1) / 2 blocks.
inline void random_permutation(std::int64_t* out, std::int64_t n, std::uint64_t seed, std::uint64_t offset) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = i;
  PhiloxBlock block{};
  for (std::int64_t k = 0; k + 1 < n; ++k) {
    if (k % 2 == 0) block = philox(seed, offset + static_cast<std::uint64_t>(k / 2));
    const auto j = static_cast<std::int64_t>(
        integer_from(philox_pair(block, static_cast<int>(k % 2)), static_cast<std::uint64_t>(n - k)));
    const std::int64_t last = out[n - 1 - k];
    out[n - 1 - k] = out[j];
    out[j] = last;
  }
}

}  // namespace cresset
