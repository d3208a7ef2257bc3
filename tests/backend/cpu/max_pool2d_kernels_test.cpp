#include "backend/cpu/max_pool2d_kernels.h"

#include <limits>

#include "kernel_buffers.h"
#include "pool2d_cases.h"

namespace cresset::cpu {
namespace {

struct Maxima {
  Values y, indices, grad_x;
};

// By the definition: a later element wins where it is greater or NaN.
Maxima expected(const Pool2dProblem& p, const Values& x, const Values& grad_y) {
  const std::size_t outputs = grad_y.size();
  Maxima want{Values(outputs), Values(outputs), Values(x.size())};
  for_each_window(p, [&](std::int64_t n, std::int64_t c, std::int64_t i, std::int64_t j, std::size_t at) {
    double best = is_floating_point(p.dtype) ? -std::numeric_limits<double>::infinity() : 0;
    std::int64_t index = -1;
    for (std::int64_t h = i * p.stride_h - p.pad_h; h < i * p.stride_h - p.pad_h + p.R * p.dilation_h;
         h += p.dilation_h)
      for (std::int64_t w = j * p.stride_w - p.pad_w; w < j * p.stride_w - p.pad_w + p.S * p.dilation_w;
           w += p.dilation_w) {
        if (h < 0 || w < 0 || h >= p.H || w >= p.W) continue;
        const double v = x[offset(p, n, c, h, w)];
        if (index < 0 || v > best || std::isnan(v)) {
          best = v;
          index = h * p.W + w;
        }
      }
    want.y[at] = best;
    want.indices[at] = static_cast<double>(index);
    if (index >= 0) want.grad_x[offset(p, n, c, index / p.W, index % p.W)] += grad_y[at];
  });
  return want;
}

void check(const Pool2dProblem& p, const Values& x, const std::string& what) {
  const Values grad_y = random_values(p.dtype, p.N * p.C * p.P * p.Q, true, 8, 5);
  const Maxima want = expected(p, x, grad_y);
  Buffer from(p.dtype, x), grad(p.dtype, grad_y), index(kInt64, want.indices);
  const std::int64_t outputs = p.N * p.C * p.P * p.Q;
  for (const auto& choice : choices(kMaxPool2dForwardHighway, kMaxPool2dForwardReference, p))
    on_each_target(
        choice.vectorised, what,
        [&] {
          std::vector<Buffer> out{Buffer(p.dtype, outputs), Buffer(kInt64, outputs), Buffer(p.dtype, outputs)};
          choice.kernel.run(p, {}, from.data(), out[0].data(), out[1].as<std::int64_t>());
          choice.kernel.run(p, {}, from.data(), out[2].data(), nullptr);
          return out;
        },
        [&](std::vector<Buffer>& out, const std::string& where) {
          expect_close(out[0].values(), want.y, {0}, where);
          expect_close(out[1].values(), want.indices, {0}, where + " indices");
          expect_close(out[2].values(), want.y, {0}, where + " without indices");
        });
  if (!is_floating_point(p.dtype)) return;
  for (const auto& choice : choices(kMaxPool2dBackwardHighway, kMaxPool2dBackwardReference, p))
    on_each_target(
        choice.vectorised, what + " backward",
        [&] {
          std::vector<Buffer> out{Buffer(p.dtype, p.N * p.C * p.H * p.W)};
          choice.kernel.run(p, {}, grad.data(), index.as<std::int64_t>(), out[0].data());
          return out;
        },
        [&](std::vector<Buffer>& out, const std::string& where) {
          expect_close(out[0].values(), want.grad_x, {0}, where);
        });
}

TEST(MaxPool2dKernels, AllOptions) {
  for (const DType dtype : {kFloat32, kFloat64})
    for (const Pool2dProblem& p : pool2d_cases(dtype, true))
      check(p, random_values(dtype, p.N * p.C * p.H * p.W, true, 4, 7), describe(p));  // small numbers: many ties
}

TEST(MaxPool2dKernels, OtherDTypes) {
  for (const DType dtype : {kFloat16, kBFloat16, kInt64, kInt32, kUInt8}) {
    const Pool2dProblem p{dtype, kContiguous, 1, 3, 7, 9, 4, 5, 3, 2, 2, 2, 1, 1};
    check(p, random_values(dtype, p.N * p.C * p.H * p.W, true, 4, 7), describe(p));
  }
}

TEST(MaxPool2dKernels, NaNInfinityAndWindowsWithoutInput) {
  const double inf = std::numeric_limits<double>::infinity();
  for (const DType dtype : {kFloat32, kFloat64})
    for (const Pool2dProblem& p : pool2d_cases(dtype, true)) {
      Values x = random_values(dtype, p.N * p.C * p.H * p.W, true, 4, 7);
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (i % 5 == 1) x[i] = std::nan("");
        if (i % 7 == 2) x[i] = -inf;
        if (i % 11 == 3) x[i] = inf;
      }
      check(p, x, describe(p) + " with NaN");
      check(p, Values(x.size(), -inf), describe(p) + " of -inf");
    }
  // Taps at -1 and 2 of an input of size 1.
  check({kFloat32, kContiguous, 1, 1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 3, 3}, {4}, "no input");
  check({kFloat32, kChannelsLast, 1, 1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 3, 3}, {4}, "no input");
}

TEST(MaxPool2dKernels, ForeignIndicesTouchNothingElse) {
  for (const MemoryFormat format : {kContiguous, kChannelsLast}) {
    const Pool2dProblem p{kFloat32, format, 1, 1, 3, 3, 2, 2, 2, 2, 1, 1};
    Buffer grad(kFloat32, {1, 2, 3, 4}), index(kInt64, {-1, 9, 4, 1e12});
    for (const auto* kernel : {&kMaxPool2dBackwardHighway, &kMaxPool2dBackwardReference}) {
      Buffer grad_x(kFloat32, 9);
      kernel->run(p, {}, grad.data(), index.as<std::int64_t>(), grad_x.data());
      EXPECT_TRUE(grad_x.guards_intact());
      expect_close(grad_x.values(), {0, 0, 0, 0, 3, 0, 0, 0, 0}, {0}, "foreign");
    }
  }
}

TEST(MaxPool2dKernels, Refusals) {
  EXPECT_TRUE(kMaxPool2dForwardHighway.refuses({kInt32, kContiguous, 1, 1, 2, 2, 1, 1, 2, 2, 2, 2}, {}));
  EXPECT_TRUE(kMaxPool2dForwardHighway.refuses({kFloat32, kContiguous, 1, 1, 65536, 65536, 1, 1, 2, 2, 2, 2}, {}));
  EXPECT_TRUE(kMaxPool2dForwardReference.refuses({kBool, kContiguous, 1, 1, 2, 2, 1, 1, 2, 2, 2, 2}, {}));
  EXPECT_TRUE(kMaxPool2dBackwardReference.refuses({kInt64, kContiguous, 1, 1, 2, 2, 1, 1, 2, 2, 2, 2}, {}));
}

}  // namespace
}  // namespace cresset::cpu
