#include "backend/cpu/adaptive_avg_pool2d_kernels.h"

#include "kernel_buffers.h"
#include "pool2d_cases.h"

namespace cresset::cpu {
namespace {

void check(const Pool2dProblem& p) {
  const Values x = random_values(p.dtype, p.N * p.C * p.H * p.W, false, 1, 7);
  const Values grad_y = random_values(p.dtype, p.N * p.C * p.P * p.Q, false, 1, 8);
  Values y(grad_y.size()), y_allowed(y.size()), grad_x(x.size()), x_allowed(x.size(), 1e-30);
  for_each_window(p, [&](std::int64_t n, std::int64_t c, std::int64_t i, std::int64_t j, std::size_t at) {
    const auto begin = [](std::int64_t o, std::int64_t size, std::int64_t outputs) {
      return static_cast<std::int64_t>(std::floor(double(o) * double(size) / double(outputs)));
    };
    const auto end = [](std::int64_t o, std::int64_t size, std::int64_t outputs) {
      return static_cast<std::int64_t>(std::ceil(double(o + 1) * double(size) / double(outputs)));
    };
    const std::int64_t h0 = begin(i, p.H, p.P), h1 = end(i, p.H, p.P), w0 = begin(j, p.W, p.Q), w1 = end(j, p.W, p.Q);
    const double area = double((h1 - h0) * (w1 - w0));
    for (std::int64_t h = h0; h < h1; ++h)
      for (std::int64_t w = w0; w < w1; ++w) {
        const std::size_t in = offset(p, n, c, h, w);
        y[at] += x[in] / area;
        y_allowed[at] += epsilon(p.dtype) * 4 * std::abs(x[in] / area);
        grad_x[in] += grad_y[at] / area;
        x_allowed[in] += epsilon(p.dtype) * 4 * std::abs(grad_y[at] / area);
      }
  });
  Buffer from(p.dtype, x), grad(p.dtype, grad_y);
  for (const auto& choice : choices(kAdaptiveAvgPool2dForwardHighway, kAdaptiveAvgPool2dForwardReference, p))
    on_each_target(
        choice.vectorised, describe(p),
        [&] {
          std::vector<Buffer> out{Buffer(p.dtype, static_cast<std::int64_t>(y.size()))};
          choice.kernel.run(p, {}, from.data(), out[0].data());
          return out;
        },
        [&](std::vector<Buffer>& out, const std::string& where) {
          expect_close(out[0].values(), y, y_allowed, where);
        });
  for (const auto& choice : choices(kAdaptiveAvgPool2dBackwardHighway, kAdaptiveAvgPool2dBackwardReference, p))
    on_each_target(
        choice.vectorised, describe(p) + " backward",
        [&] {
          std::vector<Buffer> out{Buffer(p.dtype, static_cast<std::int64_t>(x.size()))};
          choice.kernel.run(p, {}, grad.data(), out[0].data());
          return out;
        },
        [&](std::vector<Buffer>& out, const std::string& where) {
          expect_close(out[0].values(), grad_x, x_allowed, where);
        });
}

TEST(AdaptiveAvgPool2dKernels, SizesThatDivideAndThatDoNot) {
  struct Sizes {
    std::int64_t N, C, H, W, P, Q;
  };
  const Sizes sizes[] = {{0, 3, 4, 4, 2, 2},    {1, 1, 1, 1, 1, 1},   {2, 5, 7, 9, 1, 1},
                         {1, 19, 8, 70, 4, 35}, {2, 3, 7, 40, 3, 7},  {1, 70, 6, 5, 4, 3},
                         {1, 2, 3, 2, 5, 7},    {3, 2, 28, 65, 5, 2}, {2, 33, 7, 7, 1, 1}};
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16})
    for (const Sizes& s : sizes)
      for (const MemoryFormat format : {kContiguous, kChannelsLast}) {
        // The options of avg_pool2d must not matter here.
        check({dtype, format, s.N, s.C, s.H, s.W, s.P, s.Q, 9, 9, 9, 9, 9, 9, 9, 9, true, 77});
        if (HasFatalFailure()) return;
      }
}

TEST(AdaptiveAvgPool2dKernels, Refusals) {
  EXPECT_TRUE(kAdaptiveAvgPool2dForwardHighway.refuses({kBFloat16, kContiguous, 1, 1, 2, 2, 1, 1, 2, 2, 2, 2}, {}));
  EXPECT_TRUE(kAdaptiveAvgPool2dForwardReference.refuses({kInt64, kContiguous, 1, 1, 2, 2, 1, 1, 2, 2, 2, 2}, {}));
}

}  // namespace
}  // namespace cresset::cpu
