// Reductions: the vector code against the plain kernel, at every target that this machine can run.
#include "backend/cpu/reduce_kernels.h"

#include <cresset/threads.h>

#include "kernel_testing.h"

namespace cresset::cpu {
namespace {

struct Case {
  ReduceProblem p;
  std::int64_t span = 1, outputs = 1, reduced = 1;
};

// Sizes, which dimensions go, and the order in which the dimensions lie in memory (outermost first).
Case make(ReduceOp op, DType dtype, std::vector<std::int64_t> sizes, unsigned gone, std::vector<int> order = {},
          std::int64_t gap = 0, unsigned broadcast = 0) {
  Case c{};
  c.p.op = op;
  c.p.dtype = dtype;
  c.p.dims = static_cast<int>(sizes.size());
  const bool logic = op == ReduceOp::all || op == ReduceOp::any;
  const bool sums = op == ReduceOp::sum || op == ReduceOp::mean;
  c.p.out_dtype = logic ? kBool : sums && !is_floating_point(dtype) ? (op == ReduceOp::sum ? kInt64 : kFloat64) : dtype;
  if (order.empty()) {
    order.resize(sizes.size());
    std::iota(order.begin(), order.end(), 0);
  }
  std::int64_t stride = 1 + gap;
  for (int i = c.p.dims - 1; i >= 0; --i) {
    const int d = order[static_cast<std::size_t>(i)];
    const std::int64_t size = sizes[static_cast<std::size_t>(d)];
    c.p.sizes[d] = size;
    c.p.reduced[d] = gone >> d & 1;
    c.p.strides[d] = broadcast >> d & 1 ? 0 : stride;
    if (c.p.strides[d] != 0) {
      c.span += std::max<std::int64_t>(0, size - 1) * stride;
      stride *= std::max<std::int64_t>(size, 1);
    }
    (c.p.reduced[d] ? c.reduced : c.outputs) *= size;
  }
  return c;
}

void fill(Operand& x, std::mt19937& random, bool whole) {
  std::normal_distribution<double> values(0.5, 2);
  for (std::int64_t i = 0; i < x.n(); ++i)
    x.set(i, whole || !is_floating_point(x.dtype()) ? static_cast<double>(random() % 9) : values(random));
}

// Sums of whole numbers are exact in every dtype that holds them, so `exact` allows no difference at all.
void check(const Case& c, std::mt19937& random, bool exact) {
  Operand x(c.p.dtype, c.span), got(c.p.out_dtype, c.outputs), want(c.p.out_dtype, c.outputs);
  fill(x, random, exact);
  if (c.p.out_dtype == kBool) std::memset(got.data(), 1, got.size()), std::memset(want.data(), 1, want.size());
  kReduceHighway.run(c.p, {}, x.data(), got.data(), nullptr);
  kReduceReference.run(c.p, {}, x.data(), want.data(), nullptr);
  ASSERT_TRUE(got.guards_hold());
  for (std::int64_t i = 0; i < c.outputs; ++i) {
    // A block's float sum of up to 1024 terms of magnitude near 2 is off by at most a few of its roundings a lane;
    // doubles collect the blocks.
    const double magnitude = 3.0 * (c.p.op == ReduceOp::sum ? static_cast<double>(c.reduced) : 1.0);
    const double slack = exact ? 0 : magnitude * (c.p.dtype == kFloat64 ? 4e-15 : 4e-7);
    ASSERT_TRUE(ulps_apart(c.p.out_dtype, got.at(i), want.at(i)) <= (exact ? 0 : 1) ||
                std::fabs(got.at(i) - want.at(i)) <= slack)
        << "output " << i << ": got " << got.at(i) << ", must be " << want.at(i);
  }
}

constexpr ReduceOp kValueOps[] = {ReduceOp::sum, ReduceOp::mean, ReduceOp::max,
                                  ReduceOp::min, ReduceOp::all,  ReduceOp::any};

TEST(ReduceKernels, RandomLayoutsAgreeWithThePlainKernel) {
  for_each_target([] {
    std::mt19937 random(1);
    for (const ReduceOp op : kValueOps) {
      for (int t = 0; t < kDTypes; ++t) {
        SCOPED_TRACE(name(static_cast<DType>(t)));
        for (int repeat = 0; repeat < 20; ++repeat) {
          std::vector<std::int64_t> sizes(random() % 5);
          for (auto& s : sizes) s = 1 + static_cast<std::int64_t>(random() % 9);
          if (!sizes.empty() && random() % 2)
            sizes[random() % sizes.size()] = static_cast<std::int64_t>(random() % 2000) + 1;
          std::vector<int> order(sizes.size());
          std::iota(order.begin(), order.end(), 0);
          if (random() % 2) std::shuffle(order.begin(), order.end(), random);
          const Case c = make(op, static_cast<DType>(t), sizes, static_cast<unsigned>(random()), order,
                              static_cast<std::int64_t>(random() % 4 == 0),
                              random() % 4 == 0 ? static_cast<unsigned>(random()) : 0);
          if (c.outputs * c.reduced > 200000) continue;
          check(c, random, false);
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  });
}

// Large enough that the work is cut up; the shapes of bias gradients, losses and statistics.
TEST(ReduceKernels, LargeProblemsAreExactOnWholeNumbers) {
  std::mt19937 random(2);
  const std::vector<int> channels_last = {0, 2, 3, 1};
  for (const DType dtype : {kFloat32, kUInt8}) {
    for (const ReduceOp op : {ReduceOp::sum, ReduceOp::max, ReduceOp::any}) {
      for (const Case& c :
           {make(op, dtype, {700001}, 1), make(op, dtype, {3, 300007}, 2), make(op, dtype, {300007, 3}, 1),
            make(op, dtype, {300007, 40}, 1), make(op, dtype, {40, 20000}, 1), make(op, dtype, {8, 6, 70, 61}, 0b1101),
            make(op, dtype, {8, 6, 70, 61}, 0b1101, channels_last), make(op, dtype, {4, 200, 50, 10}, 0b0010),
            make(op, dtype, {5, 1100, 70}, 0b010), make(op, dtype, {900, 1300}, 2, {1, 0})}) {
        check(c, random, true);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

TEST(ReduceKernels, ErrorDoesNotGrowWithTheLength) {
  for_each_target([] {
    for (const unsigned gone : {1u, 2u}) {
      const Case c =
          gone == 1 ? make(ReduceOp::sum, kFloat32, {2000000, 1}, 1) : make(ReduceOp::sum, kFloat32, {1, 2000000}, 2);
      Operand x(kFloat32, c.span), got(kFloat32, 1);
      for (std::int64_t i = 0; i < c.span; ++i) x.set(i, 0.1);
      kReduceHighway.run(c.p, {}, x.data(), got.data(), nullptr);
      EXPECT_NEAR(got.at(0) / (static_cast<double>(0.1f) * 2e6), 1, 4e-6);
    }
    const Case columns = make(ReduceOp::sum, kFloat32, {200000, 7}, 1);
    Operand x(kFloat32, columns.span), got(kFloat32, 7);
    for (std::int64_t i = 0; i < columns.span; ++i) x.set(i, 0.1);
    kReduceHighway.run(columns.p, {}, x.data(), got.data(), nullptr);
    for (int i = 0; i < 7; ++i) EXPECT_NEAR(got.at(i) / (static_cast<double>(0.1f) * 2e5), 1, 4e-6);
  });
}

TEST(ReduceKernels, IndicesAgreeWithThePlainKernel) {
  std::mt19937 random(3);
  for (const ReduceOp op : {ReduceOp::max, ReduceOp::min, ReduceOp::argmax, ReduceOp::argmin}) {
    for (int t = 0; t < kDTypes; ++t) {
      for (int repeat = 0; repeat < 20; ++repeat) {
        const std::vector<std::int64_t> sizes = {1 + static_cast<std::int64_t>(random() % 50),
                                                 1 + static_cast<std::int64_t>(random() % 30),
                                                 1 + static_cast<std::int64_t>(random() % 40)};
        Case c = make(op, static_cast<DType>(t), sizes, 1 + static_cast<unsigned>(random() % 7));
        const bool only_indices = op == ReduceOp::argmax || op == ReduceOp::argmin;
        Operand x(c.p.dtype, c.span), got(c.p.dtype, c.outputs), want(c.p.dtype, c.outputs), got_at(kInt64, c.outputs),
            want_at(kInt64, c.outputs);
        fill(x, random, true);  // many equals: the first must win
        if (is_floating_point(c.p.dtype) && repeat % 2)
          x.set(static_cast<std::int64_t>(random()) % c.span, std::numeric_limits<double>::quiet_NaN());
        c.p.out_dtype = only_indices ? kInt64 : c.p.dtype;
        kReduceHighway.run(c.p, {}, x.data(), only_indices ? nullptr : got.data(), got_at.as<std::int64_t>());
        kReduceReference.run(c.p, {}, x.data(), only_indices ? nullptr : want.data(), want_at.as<std::int64_t>());
        ASSERT_EQ(std::memcmp(got_at.data(), want_at.data(), got_at.size()), 0);
        for (std::int64_t i = 0; i < c.outputs && !only_indices; ++i)
          ASSERT_EQ(ulps_apart(c.p.dtype, got.at(i), want.at(i)), 0);
        ASSERT_TRUE(got.guards_hold() && got_at.guards_hold());
      }
    }
  }
}

TEST(ReduceKernels, NaNWinsAndEmptyIsDefined) {
  for_each_target([] {
    for (const ReduceOp op : {ReduceOp::max, ReduceOp::min, ReduceOp::sum}) {
      for (const std::int64_t at : {0, 5, 31, 99}) {
        const Case c = make(op, kFloat32, {100}, 1);
        Operand x(kFloat32, 100), got(kFloat32, 1);
        for (int i = 0; i < 100; ++i) x.set(i, i);
        x.set(at, std::numeric_limits<double>::quiet_NaN());
        kReduceHighway.run(c.p, {}, x.data(), got.data(), nullptr);
        EXPECT_TRUE(std::isnan(got.at(0))) << at;
      }
    }
  });
  const double expected[] = {0, std::numeric_limits<double>::quiet_NaN(), 0, 0, 1, 0};
  for (const int i : {0, 1, 4, 5}) {
    const Case c = make(kValueOps[i], kFloat32, {3, 0}, 2);
    Operand x(kFloat32, 1), got(c.p.out_dtype, 3);
    if (c.p.out_dtype == kBool) std::memset(got.data(), 1, got.size());
    kReduceHighway.run(c.p, {}, x.data(), got.data(), nullptr);
    for (int k = 0; k < 3; ++k) EXPECT_EQ(ulps_apart(kFloat64, got.at(k), expected[i]), 0) << i;
  }
}

TEST(ReduceKernels, DoNotDependOnTheNumberOfThreads) {
  std::mt19937 random(4);
  for (const Case& c : {make(ReduceOp::sum, kFloat32, {1000003}, 1), make(ReduceOp::mean, kFloat32, {100003, 12}, 1),
                        make(ReduceOp::sum, kFloat32, {20, 30, 2000}, 0b101)}) {
    Operand x(kFloat32, c.span), one(kFloat32, c.outputs), four(kFloat32, c.outputs);
    fill(x, random, false);
    set_num_threads(1);
    kReduceHighway.run(c.p, {}, x.data(), one.data(), nullptr);
    set_num_threads(4);
    kReduceHighway.run(c.p, {}, x.data(), four.data(), nullptr);
    EXPECT_EQ(std::memcmp(one.data(), four.data(), one.size()), 0);
  }
}

}  // namespace
}  // namespace cresset::cpu
