// Element-wise kernels: the vector code against the plain kernels, at every target that this machine can run.
#include <cresset/threads.h>

#include "backend/cpu/binary_kernels.h"
#include "backend/cpu/copy_kernels.h"
#include "backend/cpu/unary_kernels.h"
#include "backend/cpu/where_kernels.h"
#include "kernel_testing.h"

namespace cresset::cpu {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void fill(Operand& x, std::mt19937& random) {
  std::uniform_real_distribution<double> values(-4, 4);
  constexpr double kSpecial[] = {0.0,   -0.0,   1,   -1,   kInfinity, -kInfinity, kNaN,
                                 1e-30, -1e-30, 100, -100, 1.6e38,    1e-42,      40000};
  for (std::int64_t i = 0; i < x.n(); ++i) {
    if (is_floating_point(x.dtype()))
      x.set(i, random() % 8 == 0 ? kSpecial[random() % std::size(kSpecial)] : values(random));
    else
      x.set(i, random() % 3 == 0 ? 0 : static_cast<double>(static_cast<int>(random() % 400) - 200));
  }
  if (x.dtype() == kInt64 && x.n() > 2) x.as<std::int64_t>()[1] = std::numeric_limits<std::int64_t>::min();
  if (x.dtype() == kInt32 && x.n() > 2) x.as<std::int32_t>()[1] = std::numeric_limits<std::int32_t>::min();
}

// Every byte of the output, those between strided elements included, is what the plain kernel leaves, up to `ulps`.
void expect_same(Operand& got, Operand& want, double ulps, double absolute) {
  ASSERT_TRUE(got.guards_hold());
  ASSERT_TRUE(want.guards_hold());
  for (std::int64_t i = 0; i < got.n(); ++i) {
    const double a = got.at(i), b = want.at(i);
    ASSERT_TRUE(ulps_apart(got.dtype(), a, b) <= ulps || std::fabs(a - b) <= absolute)
        << "element " << i << ": got " << a << ", must be " << b;
    ASSERT_TRUE(a != 0 || b != 0 || ulps != 0 || std::signbit(a) == std::signbit(b)) << "element " << i;
  }
}

double tolerance(UnaryOp op, DType dtype) {
  if (!is_floating_point(dtype)) return 0;
  const bool half = dtype == kFloat16 || dtype == kBFloat16;
  switch (op) {
    case UnaryOp::exp: return half ? 1 : 2;
    case UnaryOp::log:
    case UnaryOp::sigmoid:
    case UnaryOp::tanh: return half ? 1 : 5;
    case UnaryOp::gelu:
    case UnaryOp::gelu_tanh: return half ? 1 : 8;
    case UnaryOp::pow:
    case UnaryOp::rsqrt:
    case UnaryOp::clamp: return 1;  // the bound itself is rounded to the dtype
    case UnaryOp::square:
    case UnaryOp::reciprocal: return half ? 1 : 0;
    default: return 0;
  }
}

// GELU's tails are a test of their own; sigmoid is 0 where exp overflows, as PyTorch's is.
double absolute(UnaryOp op, DType dtype) {
  if (op == UnaryOp::sigmoid) return dtype == kFloat64 ? 1e-307 : 1e-38;
  if (op == UnaryOp::gelu || op == UnaryOp::gelu_tanh) return dtype == kFloat64 ? 1e-15 : 1e-7;
  return 0;
}

class UnaryKernels : public testing::TestWithParam<UnaryOp> {};

TEST_P(UnaryKernels, VectorCodeAgreesWithThePlainKernel) {
  const UnaryOp op = GetParam();
  for_each_target([&] {
    std::mt19937 random(static_cast<unsigned>(op));
    for (int t = 0; t < kDTypes; ++t) {
      const auto dtype = static_cast<DType>(t);
      SCOPED_TRACE(name(dtype));
      for (int repeat = 0; repeat < 12; ++repeat) {
        const RandomLoop<2> r(random);
        constexpr double kExponents[] = {1, 3, -2, 0.5, -1, 1.7, 0};
        UnaryProblem p{op, dtype, {-1.5, 2}, r.loop};
        if (op == UnaryOp::pow)
          p.params[0] = is_floating_point(dtype) ? kExponents[random() % 7] : static_cast<double>(random() % 5);
        if (kUnaryHighway.refuses(p, {})) {
          ASSERT_TRUE(kUnaryReference.refuses(p, {}));
          continue;
        }
        const DType to = op == UnaryOp::logical_not ? kBool : dtype;
        Operand x(dtype, r.spans[1]), got(to, r.spans[0]), want(to, r.spans[0]);
        fill(x, random);
        if (to == kBool) std::memset(got.data(), 1, got.size()), std::memset(want.data(), 1, want.size());
        kUnaryHighway.run(p, {}, x.data(), got.data());
        kUnaryReference.run(p, {}, x.data(), want.data());
        expect_same(got, want, tolerance(op, dtype), absolute(op, dtype));
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Ops, UnaryKernels,
                         testing::Values(UnaryOp::neg, UnaryOp::abs, UnaryOp::sign, UnaryOp::exp, UnaryOp::log,
                                         UnaryOp::sqrt, UnaryOp::rsqrt, UnaryOp::square, UnaryOp::reciprocal,
                                         UnaryOp::sigmoid, UnaryOp::tanh, UnaryOp::relu, UnaryOp::gelu,
                                         UnaryOp::gelu_tanh, UnaryOp::logical_not, UnaryOp::clamp, UnaryOp::pow));

template <class T>
double worst_ulps(UnaryOp op, double from, double to) {
  constexpr std::int64_t n = 20000;
  const DType dtype = dtype_of<T>;
  UnaryProblem p{op, dtype, {0, 0}, {1, {n}, {{1}, {1}}}};
  Operand x(dtype, n), got(dtype, n), want(dtype, n);
  for (std::int64_t i = 0; i < n; ++i) x.set(i, from + (to - from) * static_cast<double>(i) / n);
  kUnaryHighway.run(p, {}, x.data(), got.data());
  kUnaryReference.run(p, {}, x.data(), want.data());
  double worst = 0;
  for (std::int64_t i = 0; i < n; ++i) worst = std::max(worst, ulps_apart(dtype, got.at(i), want.at(i)));
  return worst;
}

TEST(UnaryKernels, MathIsAccurateOverTheWholeRange) {
  for_each_target([] {
    const bool fused = hwy::SupportedTargets() < HWY_SSE4;
    EXPECT_LE(worst_ulps<float>(UnaryOp::exp, -110, 90), 2);
    EXPECT_LE(worst_ulps<double>(UnaryOp::exp, -760, 720), 2);
    EXPECT_LE(worst_ulps<float>(UnaryOp::log, 0, 3), 4);
    EXPECT_LE(worst_ulps<double>(UnaryOp::log, 0, 3), 4);
    EXPECT_LE(worst_ulps<float>(UnaryOp::tanh, -12, 12), 4);
    EXPECT_LE(worst_ulps<double>(UnaryOp::tanh, -22, 22), 4);
    EXPECT_LE(worst_ulps<float>(UnaryOp::sigmoid, -80, 30), 4);
    EXPECT_LE(worst_ulps<double>(UnaryOp::sigmoid, -600, 40), 4);
    // Without the fused instruction the square's rounding is magnified in the tail.
    EXPECT_LE(worst_ulps<float>(UnaryOp::gelu, -3, 20), fused ? 6 : 12);
    EXPECT_LE(worst_ulps<float>(UnaryOp::gelu, -12, -3), fused ? 8 : 80);
    EXPECT_LE(worst_ulps<double>(UnaryOp::gelu, -3, 40), fused ? 6 : 12);
    EXPECT_LE(worst_ulps<double>(UnaryOp::gelu, -35, -3), fused ? 8 : 600);
  });
}

class BinaryKernels : public testing::TestWithParam<BinaryOp> {};

TEST_P(BinaryKernels, VectorCodeAgreesWithThePlainKernel) {
  const BinaryOp op = GetParam();
  for_each_target([&] {
    std::mt19937 random(100 + static_cast<unsigned>(op));
    for (int t = 0; t < kDTypes; ++t) {
      const auto dtype = static_cast<DType>(t);
      SCOPED_TRACE(name(dtype));
      for (int repeat = 0; repeat < 12; ++repeat) {
        const RandomLoop<3> r(random);
        const BinaryProblem p{op, dtype, repeat % 3 == 0 ? 1.0 : repeat % 3 == 1 ? -1.0 : 2.0, r.loop};
        if (kBinaryHighway.refuses(p, {})) {
          ASSERT_TRUE(kBinaryReference.refuses(p, {}));
          continue;
        }
        const DType to = is_comparison(op) ? kBool : dtype;
        Operand a(dtype, r.spans[1]), b(dtype, r.spans[2]), got(to, r.spans[0]), want(to, r.spans[0]);
        fill(a, random);
        fill(b, random);
        if (op >= BinaryOp::sigmoid_backward)  // saved values are finite; the gradient is of moderate size
          for (Operand* x : {&a, &b})
            for (std::int64_t i = 0; i < x->n(); ++i)
              if (!(std::fabs(x->at(i)) < 5)) x->set(i, 0.5);
        if (to == kBool) std::memset(got.data(), 1, got.size()), std::memset(want.data(), 1, want.size());
        kBinaryHighway.run(p, {}, a.data(), b.data(), got.data());
        kBinaryReference.run(p, {}, a.data(), b.data(), want.data());
        const double epsilon = dtype == kFloat64    ? 2.3e-16
                               : dtype == kFloat16  ? 1e-3
                               : dtype == kBFloat16 ? 8e-3
                                                    : 1.2e-7;
        const bool backward = op >= BinaryOp::sigmoid_backward && op != BinaryOp::relu_backward;
        expect_same(got, want, is_floating_point(dtype) && op != BinaryOp::relu_backward && to != kBool ? 1 : 0,
                    backward ? 100 * epsilon : 0);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Ops, BinaryKernels,
                         testing::Values(BinaryOp::add, BinaryOp::sub, BinaryOp::mul, BinaryOp::div, BinaryOp::pow,
                                         BinaryOp::maximum, BinaryOp::minimum, BinaryOp::eq, BinaryOp::ne, BinaryOp::lt,
                                         BinaryOp::le, BinaryOp::gt, BinaryOp::ge, BinaryOp::logical_and,
                                         BinaryOp::logical_or, BinaryOp::sigmoid_backward, BinaryOp::tanh_backward,
                                         BinaryOp::relu_backward, BinaryOp::gelu_backward,
                                         BinaryOp::gelu_tanh_backward));

TEST(BinaryKernels, MayWorkInPlace) {
  for_each_target([] {
    for (const DType dtype : {kFloat32, kInt32, kBFloat16, kUInt8}) {
      const std::int64_t n = 1003;
      Operand a(dtype, n), b(dtype, n), want(dtype, n);
      for (std::int64_t i = 0; i < n; ++i) a.set(i, static_cast<double>(i % 50)), b.set(i, static_cast<double>(i % 7));
      const BinaryProblem p{BinaryOp::add, dtype, 1, {1, {n}, {{1}, {1}, {1}}}};
      kBinaryReference.run(p, {}, a.data(), b.data(), want.data());
      kBinaryHighway.run(p, {}, a.data(), b.data(), a.data());
      EXPECT_EQ(std::memcmp(a.data(), want.data(), want.size()), 0) << name(dtype);
    }
  });
}

TEST(WhereKernels, VectorCodeAgreesWithThePlainKernel) {
  for_each_target([] {
    std::mt19937 random(3);
    for (int repeat = 0; repeat < 100; ++repeat) {
      const RandomLoop<4> r(random);
      const auto dtype = static_cast<DType>(random() % kDTypes);
      const WhereProblem p{dtype, r.loop};
      Operand condition(kBool, r.spans[1]), a(dtype, r.spans[2]), b(dtype, r.spans[3]), got(dtype, r.spans[0]),
          want(dtype, r.spans[0]);
      fill(condition, random);
      fill(a, random);
      fill(b, random);
      kWhereHighway.run(p, {}, condition.as<bool>(), a.data(), b.data(), got.data());
      kWhereReference.run(p, {}, condition.as<bool>(), a.data(), b.data(), want.data());
      ASSERT_EQ(std::memcmp(got.data(), want.data(), got.size()), 0);
      ASSERT_TRUE(got.guards_hold());
    }
  });
}

TEST(CopyKernels, EveryPairOfDtypesAgreesWithThePlainKernel) {
  for_each_target([] {
    std::mt19937 random(4);
    for (int from = 0; from < kDTypes; ++from) {
      for (int to = 0; to < kDTypes; ++to) {
        for (int repeat = 0; repeat < 6; ++repeat) {
          const RandomLoop<2> r(random);
          const CopyProblem p{static_cast<DType>(from), static_cast<DType>(to), r.loop};
          Operand x(p.from, r.spans[1]), got(p.to, r.spans[0]), want(p.to, r.spans[0]);
          fill(x, random);
          std::memset(got.data(), 1, got.size());
          std::memset(want.data(), 1, want.size());
          kCopyHighway.run(p, {}, x.data(), got.data());
          kCopyReference.run(p, {}, x.data(), want.data());
          SCOPED_TRACE(std::string(name(p.from)) + " to " + std::string(name(p.to)));
          expect_same(got, want, 0, 0);
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  });
}

TEST(CopyKernels, TransposesOfAnySize) {
  std::mt19937 random(5);
  for (const DType dtype : {kUInt8, kFloat16, kFloat32, kFloat64}) {
    for (int repeat = 0; repeat < 30; ++repeat) {
      const std::int64_t n = 1 + static_cast<std::int64_t>(random() % 5),
                         c = 4 + static_cast<std::int64_t>(random() % 60),
                         s = 4 + static_cast<std::int64_t>(random() % 1500);
      const CopyProblem p{dtype, dtype, {3, {n, s, c}, {{s * c, c, 1}, {s * c, 1, s}}}};
      Operand x(dtype, n * s * c), got(dtype, n * s * c), want(dtype, n * s * c);
      fill(x, random);
      kCopyHighway.run(p, {}, x.data(), got.data());
      kCopyReference.run(p, {}, x.data(), want.data());
      ASSERT_EQ(std::memcmp(got.data(), want.data(), got.size()), 0);
      ASSERT_TRUE(got.guards_hold());
    }
  }
}

// Every one of the 65536 numbers, and every float near a border between two of them.
TEST(CopyKernels, SixteenBitFloatsConvertExactly) {
  for_each_target([] {
    for (const DType half : {kFloat16, kBFloat16}) {
      const std::int64_t n = 65536;
      Operand all(half, n), wide(kFloat32, n), back(half, n), near(kFloat32, 3 * n), got(half, 3 * n),
          want(half, 3 * n);
      for (std::int64_t i = 0; i < n; ++i) all.as<std::uint16_t>()[i] = static_cast<std::uint16_t>(i);
      const StridedLoop<2> loop{1, {n}, {{1}, {1}}}, triple{1, {3 * n}, {{1}, {1}}};
      kCopyHighway.run({half, kFloat32, loop}, {}, all.data(), wide.data());
      kCopyHighway.run({kFloat32, half, loop}, {}, wide.data(), back.data());
      for (std::int64_t i = 0; i < n; ++i) {
        ASSERT_TRUE(ulps_apart(kFloat32, wide.at(i), all.at(i)) == 0) << i;
        ASSERT_TRUE(std::isnan(wide.at(i)) || back.as<std::uint16_t>()[i] == i) << i;
        const float middle = static_cast<float>((all.at(i) + all.at((i + 1) % n)) / 2);
        near.as<float>()[3 * i] = middle;
        near.as<float>()[3 * i + 1] = std::nextafter(middle, -1e38f);
        near.as<float>()[3 * i + 2] = std::nextafter(middle, 1e38f);
      }
      kCopyHighway.run({kFloat32, half, triple}, {}, near.data(), got.data());
      kCopyReference.run({kFloat32, half, triple}, {}, near.data(), want.data());
      for (std::int64_t i = 0; i < 3 * n; ++i) ASSERT_EQ(ulps_apart(half, got.at(i), want.at(i)), 0) << near.at(i);
    }
  });
}

TEST(PointwiseKernels, DoNotDependOnTheNumberOfThreads) {
  const std::int64_t n = 300001;
  Operand x(kFloat32, n), one(kFloat32, n), four(kFloat32, n);
  std::mt19937 random(6);
  fill(x, random);
  const UnaryProblem p{UnaryOp::gelu, kFloat32, {0, 0}, {1, {n}, {{1}, {1}}}};
  set_num_threads(1);
  kUnaryHighway.run(p, {}, x.data(), one.data());
  set_num_threads(4);
  kUnaryHighway.run(p, {}, x.data(), four.data());
  EXPECT_EQ(std::memcmp(one.data(), four.data(), one.size()), 0);
}

}  // namespace
}  // namespace cresset::cpu
