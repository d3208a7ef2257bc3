#include "backend/cpu/avg_pool2d_kernels.h"

#include "kernel_buffers.h"
#include "pool2d_cases.h"

namespace cresset::cpu {
namespace {

// Bounds of an adaptive window, in floating point after PyTorch's documentation.
std::int64_t first_of(std::int64_t o, std::int64_t size, std::int64_t outputs) {
  return static_cast<std::int64_t>(std::floor(double(o) * double(size) / double(outputs)));
}
std::int64_t end_of(std::int64_t o, std::int64_t size, std::int64_t outputs) {
  return static_cast<std::int64_t>(std::ceil(double(o + 1) * double(size) / double(outputs)));
}

void check(const Pool2dProblem& p) {
  const Values x = random_values(p.dtype, p.N * p.C * p.H * p.W, false, 1, 7);
  const Values grad_y = random_values(p.dtype, p.N * p.C * p.P * p.Q, false, 1, 8);
  Values y(grad_y.size()), y_allowed(y.size()), grad_x(x.size()), x_allowed(x.size(), 1e-30);
  for_each_window(p, [&](std::int64_t n, std::int64_t c, std::int64_t i, std::int64_t j, std::size_t at) {
    double sum = 0, size = 0;
    std::int64_t inside = 0, padded = 0;
    std::vector<std::size_t> covered;
    std::int64_t top = i * p.stride_h - p.pad_h, bottom = top + p.R, left = j * p.stride_w - p.pad_w,
                 right = left + p.S;
    if (p.adaptive) {
      top = first_of(i, p.H, p.P), bottom = end_of(i, p.H, p.P);
      left = first_of(j, p.W, p.Q), right = end_of(j, p.W, p.Q);
    }
    for (std::int64_t h = top; h < bottom; ++h)
      for (std::int64_t w = left; w < right; ++w) {
        if (h < p.H + p.pad_h && w < p.W + p.pad_w) ++padded;
        if (h < 0 || w < 0 || h >= p.H || w >= p.W) continue;
        ++inside;
        covered.push_back(offset(p, n, c, h, w));
        sum += x[covered.back()];
        size += std::abs(x[covered.back()]);
      }
    const double divisor = p.adaptive           ? double(inside)
                           : p.divisor_override ? double(p.divisor_override)
                                                : double(p.count_include_pad ? padded : inside);
    if (inside == 0) return;
    y[at] = sum / divisor;
    y_allowed[at] = epsilon(p.dtype) * 4 * size / std::abs(divisor);
    for (const std::size_t to : covered) {
      grad_x[to] += grad_y[at] / divisor;
      x_allowed[to] += epsilon(p.dtype) * 4 * std::abs(grad_y[at] / divisor);
    }
  });
  Buffer from(p.dtype, x), grad(p.dtype, grad_y);
  for (const auto& choice : choices(kAvgPool2dForwardHighway, kAvgPool2dForwardReference, p))
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
  for (const auto& choice : choices(kAvgPool2dBackwardHighway, kAvgPool2dBackwardReference, p))
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

TEST(AvgPool2dKernels, AllOptions) {
  for (const DType dtype : {kFloat32, kFloat64})
    for (Pool2dProblem p : pool2d_cases(dtype, false))
      for (const bool include : {true, false})
        for (const std::int64_t divisor : {0, 5}) {
          if (divisor && !include) continue;
          p.count_include_pad = include;
          p.divisor_override = divisor;
          check(p);
          if (HasFatalFailure()) return;
        }
}

TEST(AvgPool2dKernels, AdaptiveSizesThatDivideAndThatDoNot) {
  struct Sizes {
    std::int64_t N, C, H, W, P, Q;
  };
  const Sizes sizes[] = {{0, 3, 4, 4, 2, 2},    {1, 1, 1, 1, 1, 1},   {2, 5, 7, 9, 1, 1},
                         {1, 19, 8, 70, 4, 35}, {2, 3, 7, 40, 3, 7},  {1, 70, 6, 5, 4, 3},
                         {1, 2, 3, 2, 5, 7},    {3, 2, 28, 65, 5, 2}, {2, 33, 7, 7, 1, 1}};
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16})
    for (const Sizes& s : sizes)
      for (const MemoryFormat format : {kContiguous, kChannelsLast}) {
        // The other options must not matter here.
        check({dtype, format, s.N, s.C, s.H, s.W, s.P, s.Q, 9, 9, 9, 9, 0, 0, 9, 9, false, 77, true});
        if (HasFatalFailure()) return;
      }
}

TEST(AvgPool2dKernels, SixteenBits) {
  for (const DType dtype : {kFloat16, kBFloat16}) check({dtype, kContiguous, 1, 3, 7, 9, 4, 5, 3, 2, 2, 2, 1, 1});
}

TEST(AvgPool2dKernels, WholeNumbersAreExact) {
  // 1 to 16 in a plane of 4 x 4, windows of 2 x 2.
  Values x(16);
  for (std::size_t i = 0; i < 16; ++i) x[i] = double(i + 1);
  Buffer from(kFloat32, x), y(kFloat32, 4);
  kAvgPool2dForwardHighway.run({kFloat32, kContiguous, 1, 1, 4, 4, 2, 2, 2, 2, 2, 2}, {}, from.data(), y.data());
  EXPECT_EQ(y.values(), (Values{3.5, 5.5, 11.5, 13.5}));
}

TEST(AvgPool2dKernels, Refusals) {
  EXPECT_TRUE(kAvgPool2dForwardHighway.refuses({kFloat16, kContiguous, 1, 1, 2, 2, 1, 1, 2, 2, 2, 2}, {}));
  EXPECT_TRUE(kAvgPool2dForwardReference.refuses({kInt32, kContiguous, 1, 1, 2, 2, 1, 1, 2, 2, 2, 2}, {}));
}

}  // namespace
}  // namespace cresset::cpu
