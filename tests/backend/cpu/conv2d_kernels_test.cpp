// Every kernel of conv2d against sums in double that follow the definition from the outputs' side.
#include "backend/cpu/conv2d_kernels.h"

#include <cresset/threads.h>
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "backend/cpu/conv2d_layout.h"
#include "backend/cpu/conv2d_test_problems.h"
#include "backend/cpu/dtype_switch.h"
#include "backend/cpu/guarded_buffer.h"
#include "core/cpu_info.h"

namespace cresset::cpu {
namespace {

struct Kernels {
  const Kernel<Conv2dForward>& forward;
  const Kernel<Conv2dGradInput>& grad_input;
  const Kernel<Conv2dGradWeight>& grad_weight;
};
Kernels vector_kernels() { return {kConv2dForwardHighwayAny, kConv2dGradInputHighwayAny, kConv2dGradWeightHighwayAny}; }
std::vector<Kernels> all_kernels() {
  return {
    {kConv2dForwardReference, kConv2dGradInputReference, kConv2dGradWeightReference},
        {kConv2dForwardHighway, kConv2dGradInputHighway, kConv2dGradWeightHighway},
#if CRESSET_HAS_ONEDNN
    {
      kConv2dForwardOnednn, kConv2dGradInputOnednn, kConv2dGradWeightOnednn
    }
#endif
  };
}

Context context() {
  Context made;
  made.isa = cpu_isa();
  return made;
}

std::string describe(const Conv2dProblem& p, std::string_view kernel) {
  std::string text(kernel);
  for (const auto& [letter, value] : {std::pair<const char*, std::int64_t>{"N", p.N},
                                      {"C", p.C},
                                      {"H", p.H},
                                      {"W", p.W},
                                      {"K", p.K},
                                      {"R", p.R},
                                      {"S", p.S},
                                      {"P", p.P},
                                      {"Q", p.Q},
                                      {"stride_h", p.stride_h},
                                      {"stride_w", p.stride_w},
                                      {"pad_top", p.pad_top},
                                      {"pad_left", p.pad_left},
                                      {"dilation_h", p.dilation_h},
                                      {"dilation_w", p.dilation_w},
                                      {"groups", p.groups},
                                      {"bias", p.bias}})
    text += std::string(" ") + letter + "=" + std::to_string(value);
  return text + " " + std::string(name(p.dtype)) + (p.format == kChannelsLast ? " channels_last" : " contiguous");
}

struct Sums {
  std::vector<double> y, grad_x, grad_w;
};

// Every product of the definition, once, added to the three sums that it belongs to.
Sums sums_of(const Conv2dProblem& p, const std::vector<double>& x, const std::vector<double>& w,
             const std::vector<double>& bias, const std::vector<double>& grad_y) {
  const auto xs = strides4(p.format, p.C, p.H, p.W), ws = strides4(p.format, p.C / p.groups, p.R, p.S),
             ys = strides4(p.format, p.K, p.P, p.Q);
  Sums sums{std::vector<double>(grad_y.size()), std::vector<double>(x.size()), std::vector<double>(w.size())};
  for (std::int64_t n = 0; n < p.N; ++n)
    for (std::int64_t k = 0; k < p.K; ++k)
      for (std::int64_t i = 0; i < p.P; ++i)
        for (std::int64_t j = 0; j < p.Q; ++j) {
          const auto at_y = static_cast<std::size_t>(ys.at(n, k, i, j));
          if (p.bias) sums.y[at_y] = bias[static_cast<std::size_t>(k)];
          for (std::int64_t c = 0; c < p.C / p.groups; ++c)
            for (std::int64_t r = 0; r < p.R; ++r)
              for (std::int64_t s = 0; s < p.S; ++s) {
                const std::int64_t h = i * p.stride_h - p.pad_top + r * p.dilation_h,
                                   v = j * p.stride_w - p.pad_left + s * p.dilation_w;
                if (h < 0 || h >= p.H || v < 0 || v >= p.W) continue;
                const auto at_x = static_cast<std::size_t>(xs.at(n, k / (p.K / p.groups) * (p.C / p.groups) + c, h, v)),
                           at_w = static_cast<std::size_t>(ws.at(k, c, r, s));
                sums.y[at_y] += x[at_x] * w[at_w];
                sums.grad_x[at_x] += grad_y[at_y] * w[at_w];
                sums.grad_w[at_w] += grad_y[at_y] * x[at_x];
              }
        }
  return sums;
}

// The operands of one problem, with nothing behind them, so that AddressSanitizer sees a read past their end: small
// whole numbers, whose sums are exact in every type, or numbers from the unit interval around zero.
struct Operands {
  Operands(const Conv2dProblem& problem, bool whole)
      : p(problem),
        x(p.dtype, count_x(), 0),
        w(p.dtype, count_w(), 0),
        bias(p.dtype, p.K, 0),
        grad_y(p.dtype, count_y(), 0) {
    std::mt19937 bits(7);
    switch_numeric(p.dtype, [&]<class T>() {
      const auto fill = [&](Guarded& to, std::int64_t count, std::vector<double>& values) {
        for (std::int64_t i = 0; i < count; ++i) {
          const int low = std::is_unsigned_v<T> ? 0 : -3;
          const T value = whole ? round_to<T>(static_cast<int>(bits() % 4) + low + (low != 0 ? 2 : 0))
                                : round_to<T>(static_cast<double>(bits()) / 2147483648.0 - 1.0);
          to.as<T>()[i] = value;
          values.push_back(static_cast<double>(value));
        }
      };
      fill(x, count_x(), x_values);
      fill(w, count_w(), w_values);
      fill(bias, p.K, bias_values);
      fill(grad_y, count_y(), grad_values);
    });
  }
  std::int64_t count_x() const { return p.N * p.C * p.H * p.W; }
  std::int64_t count_w() const { return p.K * (p.C / p.groups) * p.R * p.S; }
  std::int64_t count_y() const { return p.N * p.K * p.P * p.Q; }
  Sums sums() const { return sums_of(p, x_values, w_values, bias_values, grad_values); }
  // The same sums of absolute values: what rounding errors are measured by.
  Sums magnitudes() const {
    const auto abs = [](std::vector<double> values) {
      for (double& v : values) v = std::fabs(v);
      return values;
    };
    return sums_of(p, abs(x_values), abs(w_values), abs(bias_values), abs(grad_values));
  }

  Conv2dProblem p;
  Guarded x, w, bias, grad_y;
  std::vector<double> x_values, w_values, bias_values, grad_values;
};

struct Results {
  Guarded y, grad_x, grad_w;
  friend bool operator==(const Results&, const Results&) = default;
};

Results run(const Kernels& kernels, Operands& o) {
  const Conv2dProblem& p = o.p;
  Results r{{p.dtype, o.count_y()}, {p.dtype, o.count_x()}, {p.dtype, o.count_w()}};
  const Guarded x = o.x, w = o.w, bias = o.bias, grad_y = o.grad_y;
  r.y.poison();
  r.grad_x.poison();
  r.grad_w.poison();
  kernels.forward.run(p, context(), o.x.data(), o.w.data(), p.bias ? o.bias.data() : nullptr, r.y.data());
  kernels.grad_input.run(p, context(), o.grad_y.data(), o.w.data(), r.grad_x.data());
  kernels.grad_weight.run(p, context(), o.grad_y.data(), o.x.data(), r.grad_w.data());
  EXPECT_TRUE(r.y.guards_hold()) << "forward wrote outside its output";
  EXPECT_TRUE(r.grad_x.guards_hold()) << "grad_input wrote outside its output";
  EXPECT_TRUE(r.grad_w.guards_hold()) << "grad_weight wrote outside its output";
  EXPECT_TRUE(x == o.x && w == o.w && bias == o.bias && grad_y == o.grad_y) << "an input was changed";
  return r;
}

template <class T>
void expect_equal(const char* what, Guarded& got, const std::vector<double>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    T rounded;
    if constexpr (std::is_integral_v<T>)
      rounded = static_cast<T>(static_cast<std::int64_t>(expected[i]));
    else
      rounded = round_to<T>(expected[i]);
    ASSERT_EQ(static_cast<double>(got.as<T>()[i]), static_cast<double>(rounded)) << what << "[" << i << "]";
  }
}

template <class T>
void expect_near(const char* what, Guarded& got, const std::vector<double>& expected,
                 const std::vector<double>& magnitude, std::int64_t length) {
  // Sums in float32 (double for float64) of `length` terms in any order, their errors as a random walk with much room,
  // then one rounding to T.
  const double sum_eps = std::is_same_v<T, double> ? 0x1p-53 : 0x1p-24;
  const double out_eps = std::is_same_v<T, double>  ? 0x1p-53
                         : std::is_same_v<T, float> ? 0x1p-24
                         : std::is_same_v<T, Half>  ? 0x1p-11
                                                    : 0x1p-8;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double allowed = magnitude[i] * sum_eps * (4 + 2 * std::sqrt(static_cast<double>(length))) +
                           std::fabs(expected[i]) * out_eps + (sizeof(T) == 2 ? 1e-7 : 0.0);
    ASSERT_NEAR(static_cast<double>(got.as<T>()[i]), expected[i], allowed) << what << "[" << i << "]";
  }
}

// Whether one of the three directions is refused.
bool refuses(const Kernels& kernels, const Conv2dProblem& p) {
  const auto refused = [&](const auto& kernel) {
    return kernel.refuses != nullptr && static_cast<bool>(kernel.refuses(p, context()));
  };
  return refused(kernels.forward) || refused(kernels.grad_input) || refused(kernels.grad_weight);
}

// Calls check(kernels, problem) for each kernel that takes the problem, in both formats; returns how often.
template <class F>
int for_each_kernel(const std::vector<Kernels>& list, const std::vector<DType>& dtypes, F&& check) {
  int checks = 0;
  for (const Kernels& kernels : list)
    for (Conv2dProblem p : cases())
      for (const DType dtype : dtypes)
        for (const MemoryFormat format : {kContiguous, kChannelsLast}) {
          p.dtype = dtype;
          p.format = format;
          p.bias = !p.bias;  // both, in turn
          if (refuses(kernels, p)) continue;
          SCOPED_TRACE(describe(p, kernels.forward.name));
          check(kernels, p);
          ++checks;
          if (::testing::Test::HasFailure()) return checks;
        }
  return checks;
}

int check_whole_numbers(const std::vector<Kernels>& list, const std::vector<DType>& dtypes) {
  return for_each_kernel(list, dtypes, [](const Kernels& kernels, const Conv2dProblem& p) {
    Operands operands(p, true);
    const Sums sums = operands.sums();
    Results got = run(kernels, operands);
    switch_numeric(p.dtype, [&]<class T>() {
      expect_equal<T>("y", got.y, sums.y);
      expect_equal<T>("grad_x", got.grad_x, sums.grad_x);
      expect_equal<T>("grad_w", got.grad_w, sums.grad_w);
    });
  });
}

TEST(Conv2dKernels, WholeNumbersAreExactInFloat32) {
  EXPECT_GE(check_whole_numbers(all_kernels(), {kFloat32}), static_cast<int>(2 * 2 * cases().size()));
}
TEST(Conv2dKernels, WholeNumbersAreExactInFloat64) {
  EXPECT_GE(check_whole_numbers(all_kernels(), {kFloat64}), static_cast<int>(2 * 2 * cases().size()));
}
TEST(Conv2dKernels, WholeNumbersAreExactInHalfTypes) {
  EXPECT_GE(check_whole_numbers(all_kernels(), {kFloat16, kBFloat16}), static_cast<int>(2 * 2 * cases().size()));
}
TEST(Conv2dKernels, WholeNumbersAreExactInIntegerTypes) {
  EXPECT_GE(check_whole_numbers(all_kernels(), {kInt64, kInt32, kUInt8}), static_cast<int>(3 * 2 * cases().size()));
}

TEST(Conv2dKernels, RealNumbersAreWithinRounding) {
  for_each_kernel(all_kernels(), {kFloat32, kFloat64, kFloat16, kBFloat16},
                  [](const Kernels& kernels, const Conv2dProblem& p) {
                    Operands operands(p, false);
                    const Sums sums = operands.sums(), magnitudes = operands.magnitudes();
                    Results got = run(kernels, operands);
                    const std::int64_t taps = p.R * p.S;
                    switch_floating(p.dtype, [&]<class T>() {
                      expect_near<T>("y", got.y, sums.y, magnitudes.y, p.C / p.groups * taps);
                      expect_near<T>("grad_x", got.grad_x, sums.grad_x, magnitudes.grad_x, p.K / p.groups * taps);
                      expect_near<T>("grad_w", got.grad_w, sums.grad_w, magnitudes.grad_w, p.N * p.P * p.Q);
                    });
                  });
}

TEST(Conv2dKernels, BitsDoNotDependOnTheNumberOfThreads) {
  const int before = get_num_threads();
  for_each_kernel(all_kernels(), {kFloat32, kFloat64}, [](const Kernels& kernels, const Conv2dProblem& p) {
    Operands operands(p, false);
    set_num_threads(1);
    const Results one = run(kernels, operands);
    for (const int threads : {2, 3}) {
      set_num_threads(threads);
      EXPECT_TRUE(run(kernels, operands) == one) << threads << " threads";
    }
  });
  set_num_threads(before);
}

// The cases again with the vector code of each older instruction set.
TEST(Conv2dKernels, EveryInstructionSetIsExact) {
  int sets = 0;
  context();  // the first look at the processor sets its cap
  const std::int64_t before = hwy::SupportedTargets();
  for (const std::int64_t target : {std::int64_t{HWY_SSE4}, std::int64_t{HWY_AVX2}, std::int64_t{HWY_AVX3}}) {
    if ((before & target) == 0) continue;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();
    SCOPED_TRACE(hwy::TargetName(target));
    check_whole_numbers({vector_kernels()}, {kFloat32, kFloat64});
    hwy::SetSupportedTargetsForTest(before);
    hwy::GetChosenTarget().DeInit();
    ++sets;
  }
  if (sets == 0) GTEST_SKIP() << "this processor has none of SSE4, AVX2 and AVX-512";
}

// What lies beside a row must not leak into it: positions outside a vector's share are infinite here.
TEST(Conv2dKernels, InfinityStaysInItsColumn) {
  for (const Kernels& kernels : all_kernels())
    for (const MemoryFormat format : {kContiguous, kChannelsLast}) {
      Conv2dProblem p = problem(1, 2, 9, 21, 3, 3, 3);
      p.format = format;
      SCOPED_TRACE(describe(p, kernels.forward.name));
      Operands operands(p, true);
      const auto xs = strides_x(p);
      for (std::int64_t h = 0; h < p.H; ++h)
        operands.x.as<float>()[xs.at(0, 1, h, 20)] = std::numeric_limits<float>::infinity();
      const Results got = run(kernels, operands);
      const auto ws = strides_w(p);
      for (std::int64_t k = 0; k < p.K; ++k)
        for (std::int64_t s = 0; s < 2; ++s)
          EXPECT_TRUE(
              std::isfinite(reinterpret_cast<const float*>(const_cast<Results&>(got).grad_w.data())[ws.at(k, 1, 1, s)]))
              << k << " " << s;
    }
}

TEST(Conv2dKernels, RefusalsSayWhy) {
  Conv2dProblem p = problem(1, 1, 4, 4, 1, 3, 3);
  p.dtype = kBool;
  for (const Kernels& kernels : all_kernels()) {
    EXPECT_TRUE(refuses(kernels, p)) << kernels.forward.name;
    EXPECT_NE(kernels.forward.refuses(p, context()).str(), "") << kernels.forward.name;
  }
  p.dtype = kInt32;
  EXPECT_EQ(kConv2dForwardHighway.refuses(p, context()).str(), "dtype must be float32 or float64, is 5");

  Conv2dProblem depthwise = problem(2, 6, 20, 18, 6, 3, 3, with_groups(padded(1), 6));
  EXPECT_EQ(kConv2dForwardHighway.refuses(depthwise, context()).str(),
            "oneDNN is faster where each group has one input channel, here 6 groups");
  depthwise.dtype = kFloat64;  // which oneDNN does not take
  EXPECT_FALSE(kConv2dForwardHighway.refuses(depthwise, context()));
  Conv2dProblem first = problem(4, 3, 32, 32, 6, 5, 5);
  EXPECT_FALSE(kConv2dForwardHighway.refuses(first, context()));
  EXPECT_FALSE(kConv2dGradInputHighway.refuses(first, context()));
  EXPECT_FALSE(kConv2dGradWeightHighway.refuses(first, context()));
}

}  // namespace
}  // namespace cresset::cpu
