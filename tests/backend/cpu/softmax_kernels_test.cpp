#include "backend/cpu/softmax_kernels.h"

#include <limits>

#include "kernel_buffers.h"

namespace cresset::cpu {
namespace {

struct Want {
  Values y, grad_x, y_allowed, x_allowed;
};

// Sums over the classes of one position at a time; y is rounded before the gradient takes it.
Want expected(const SoftmaxProblem& p, const Values& x, const Values& grad_y) {
  Want want{Values(x.size()), Values(x.size()), Values(x.size()), Values(x.size())};
  const double eps = epsilon(p.dtype);
  for (std::int64_t o = 0; o < p.outer; ++o)
    for (std::int64_t i = 0; i < p.inner; ++i) {
      const auto at = [&](std::int64_t c) { return static_cast<std::size_t>((o * p.C + c) * p.inner + i); };
      double most = -std::numeric_limits<double>::infinity(), sum = 0;
      for (std::int64_t c = 0; c < p.C; ++c) most = std::max(most, x[at(c)]);
      for (std::int64_t c = 0; c < p.C; ++c) sum += std::exp(x[at(c)] - most);
      for (std::int64_t c = 0; c < p.C; ++c) {
        const double shifted = x[at(c)] - most, y = p.log ? shifted - std::log(sum) : std::exp(shifted) / sum;
        want.y[at(c)] = y;
        // exp multiplies the error of its argument; the sum has about sqrt(C) roundings.
        want.y_allowed[at(c)] =
            eps * (8 + std::sqrt(double(p.C))) * (p.log ? 1 + std::abs(shifted) : y * (1 + std::abs(shifted))) +
            smallest(p.dtype);
      }
    }
  const Values y = Buffer(p.dtype, want.y).values();
  for (std::int64_t o = 0; o < p.outer; ++o)
    for (std::int64_t i = 0; i < p.inner; ++i) {
      const auto at = [&](std::int64_t c) { return static_cast<std::size_t>((o * p.C + c) * p.inner + i); };
      double sum = 0, size = 0;
      for (std::int64_t c = 0; c < p.C; ++c) {
        const double term = grad_y[at(c)] * (p.log ? 1 : y[at(c)]);
        sum += term;
        size += std::abs(term);
      }
      for (std::int64_t c = 0; c < p.C; ++c) {
        const double factor = p.log ? std::exp(y[at(c)]) : y[at(c)];
        want.grad_x[at(c)] = p.log ? grad_y[at(c)] - factor * sum : factor * (grad_y[at(c)] - sum);
        want.x_allowed[at(c)] =
            eps * (8 + std::sqrt(double(p.C))) * (std::abs(grad_y[at(c)]) * (p.log ? 1 : factor) + factor * size) +
            smallest(p.dtype);
      }
    }
  return want;
}

void check(const SoftmaxProblem& p, const Values& x) {
  const std::string what = (p.log ? "log " : "") +
                           testing::PrintToString(std::vector<std::int64_t>{p.outer, p.C, p.inner}) + " dtype " +
                           std::to_string(static_cast<int>(p.dtype));
  const Values grad_y = random_values(p.dtype, p.outer * p.C * p.inner, false, 1, 4);
  const Want want = expected(p, x, grad_y);
  const std::int64_t size = p.outer * p.C * p.inner;
  Buffer from(p.dtype, x), grad(p.dtype, grad_y), value(p.dtype, want.y);
  for (const auto& choice : choices(kSoftmaxForwardHighway, kSoftmaxForwardReference, p))
    on_each_target(
        choice.vectorised, what,
        [&] {
          std::vector<Buffer> out{Buffer(p.dtype, size)};
          choice.kernel.run(p, {}, from.data(), out[0].data());
          return out;
        },
        [&](std::vector<Buffer>& out, const std::string& where) {
          expect_close(out[0].values(), want.y, want.y_allowed, where);
        });
  for (const auto& choice : choices(kSoftmaxBackwardHighway, kSoftmaxBackwardReference, p))
    on_each_target(
        choice.vectorised, what + " backward",
        [&] {
          std::vector<Buffer> out{Buffer(p.dtype, size)};
          choice.kernel.run(p, {}, grad.data(), value.data(), out[0].data());
          return out;
        },
        [&](std::vector<Buffer>& out, const std::string& where) {
          expect_close(out[0].values(), want.grad_x, want.x_allowed, where);
        });
}

TEST(SoftmaxKernels, Sizes) {
  struct Sizes {
    std::int64_t outer, C, inner;
  };
  const Sizes sizes[] = {{0, 10, 1}, {4, 10, 1}, {1, 1, 1},   {3, 1000, 1}, {5, 17, 1},
                         {2, 3, 5},  {2, 7, 16}, {1, 33, 41}, {300, 65, 1}, {4, 90, 70}};
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16})
    for (const bool log : {false, true})
      for (const Sizes& s : sizes) {
        // 16-bit floats by the reference only, whose cost grows with the size.
        if (element_size(dtype) == 2 && s.outer * s.C * s.inner > 4000) continue;
        check({dtype, log, s.outer, s.C, s.inner}, random_values(dtype, s.outer * s.C * s.inner, false, 5, 3));
        if (HasFatalFailure()) return;
      }
}

TEST(SoftmaxKernels, LargeLogitsKeepTheirDigits) {
  for (const std::int64_t inner : {1, 3}) {
    Values x = random_values(kFloat32, 4 * 10 * inner, true, 3, 3);
    for (double& v : x) v += 1e6;
    for (const bool log : {false, true}) check({kFloat32, log, 4, 10, inner}, x);
  }
}

TEST(SoftmaxKernels, InfinityAndNaN) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  for (const DType dtype : {kFloat32, kFloat64})
    for (const bool log : {false, true})
      for (const auto* kernel : {&kSoftmaxForwardHighway, &kSoftmaxForwardReference})
        for (const std::int64_t inner : {1, 2}) {
          const auto row = [&](double a, double b) {
            Buffer x(dtype, inner == 1 ? Values{a, b} : Values{a, a, b, b}), y(dtype, 2 * inner);
            kernel->run({dtype, log, 1, 2, inner}, {}, x.data(), y.data());
            return Values{y.values()[0], y.values()[static_cast<std::size_t>(inner)]};
          };
          expect_close(row(1, -inf), log ? Values{0, -inf} : Values{1, 0}, {0}, "-inf is no class");
          expect_close(row(-inf, -inf), {nan, nan}, {0}, "nothing but -inf");
          expect_close(row(inf, 1)[0] == row(inf, 1)[0] ? Values{0} : Values{nan}, {nan}, {0}, "+inf");
          expect_close(row(nan, 1), {nan, nan}, {0}, "NaN first");
          expect_close(row(1, nan), {nan, nan}, {0}, "NaN last");
        }
}

TEST(SoftmaxKernels, Refusals) {
  EXPECT_TRUE(kSoftmaxForwardHighway.refuses({kFloat16, false, 1, 1, 1}, {}));
  EXPECT_TRUE(kSoftmaxForwardReference.refuses({kInt64, false, 1, 1, 1}, {}));
}

}  // namespace
}  // namespace cresset::cpu
