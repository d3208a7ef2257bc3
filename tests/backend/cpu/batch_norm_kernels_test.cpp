#include "backend/cpu/batch_norm_kernels.h"

#include "kernel_buffers.h"

namespace cresset::cpu {
namespace {

DType wide(DType dtype) { return dtype == kFloat64 ? kFloat64 : kFloat32; }

std::size_t offset(const BatchNormProblem& p, std::int64_t n, std::int64_t c, std::int64_t l) {
  return static_cast<std::size_t>(p.format == kChannelsLast ? (n * p.L + l) * p.C + c : (n * p.C + c) * p.L + l);
}
template <class F>
void each(const BatchNormProblem& p, F&& f) {
  for (std::int64_t c = 0; c < p.C; ++c)
    for (std::int64_t n = 0; n < p.N; ++n)
      for (std::int64_t l = 0; l < p.L; ++l) f(static_cast<std::size_t>(c), offset(p, n, c, l));
}

struct Statistics {
  Values mean, invstd, variance;
};
Statistics statistics(const BatchNormProblem& p, const Values& x) {
  Values mean(static_cast<std::size_t>(p.C)), variance(mean.size());
  const double count = double(p.N * p.L);
  each(p, [&](std::size_t c, std::size_t at) { mean[c] += x[at] / count; });
  each(p, [&](std::size_t c, std::size_t at) { variance[c] += (x[at] - mean[c]) * (x[at] - mean[c]) / count; });
  Values invstd = variance;
  for (double& v : invstd) v = 1 / std::sqrt(v + p.eps);
  return {mean, invstd, variance};
}

std::string describe(const BatchNormProblem& p) {
  return testing::PrintToString(std::vector<std::int64_t>{p.N, p.C, p.L}) + (p.format == kChannelsLast ? " last" : "") +
         (p.affine ? " affine" : "") + " dtype " + std::to_string(int(p.dtype));
}

void check(const BatchNormProblem& p, double shift) {
  Values x = random_values(p.dtype, p.N * p.C * p.L, false, 1, 1);
  for (double& v : x) v += shift;
  x = Buffer(p.dtype, x).values();
  const DType stat = wide(p.dtype);
  const Values weight = random_values(stat, p.C, false, 1, 2), bias = random_values(stat, p.C, false, 1, 3);
  const Statistics s = statistics(p, x);
  const double eps = epsilon(p.dtype), stat_eps = epsilon(stat), terms = 8 + std::sqrt(double(p.N * p.L));
  Buffer from(p.dtype, x), weights(stat, weight), biases(stat, bias), mean(stat, s.mean), invstd(stat, s.invstd);
  const void *const w = p.affine ? weights.data() : nullptr, *const b = p.affine ? biases.data() : nullptr;
  Values y(x.size()), allowed(x.size());
  each(p, [&](std::size_t c, std::size_t at) {
    const double scale = s.invstd[c] * (p.affine ? weight[c] : 1), added = p.affine ? bias[c] : 0;
    y[at] = (x[at] - s.mean[c]) * scale + added;
    // The mean has an error of its own, of the size of x's rounding.
    const double mean_error = stat_eps * (4 + std::abs(shift));
    allowed[at] = eps * 8 * (std::abs(y[at]) + 2 * std::abs(added)) +
                  (mean_error + stat_eps * terms * std::abs(x[at] - s.mean[c])) * std::abs(scale);
  });
  for (const auto& choice : choices(kBatchNormForwardHighway, kBatchNormForwardReference, p))
    on_each_target(
        choice.vectorised, describe(p),
        [&] {
          std::vector<Buffer> out{Buffer(p.dtype, p.N * p.C * p.L), Buffer(stat, p.C), Buffer(stat, p.C),
                                  Buffer(stat, p.C)};
          choice.kernel.run(p, {}, from.data(), w, b, out[0].data(), out[1].data(), out[2].data(), out[3].data());
          return out;
        },
        [&](std::vector<Buffer>& out, const std::string& where) {
          expect_close(out[0].values(), y, allowed, where);
          expect_close(out[1].values(), s.mean, {stat_eps * (4 + std::abs(shift))}, where + " mean");
          Values close(s.invstd);
          for (double& v : close) v *= stat_eps * terms;
          expect_close(out[2].values(), s.invstd, close, where + " invstd");
          // A deviation's rounding is that of x, which may be far from 0.
          Values near(s.variance);
          for (double& v : near) v = v * stat_eps * terms + std::sqrt(v) * stat_eps * (4 + std::abs(shift));
          expect_close(out[3].values(), s.variance, near, where + " variance");
        });
  for (const auto& choice : choices(kBatchNormInferenceHighway, kBatchNormInferenceReference, p))
    on_each_target(
        choice.vectorised, describe(p) + " inference",
        [&] {
          std::vector<Buffer> out{Buffer(p.dtype, p.N * p.C * p.L)};
          choice.kernel.run(p, {}, from.data(), w, b, mean.data(), invstd.data(), out[0].data());
          return out;
        },
        [&](std::vector<Buffer>& out, const std::string& where) { expect_close(out[0].values(), y, allowed, where); });

  const Values grad_y = random_values(p.dtype, p.N * p.C * p.L, false, 1, 5), m = mean.values(), v = invstd.values();
  const double count = double(p.N * p.L);
  Values sum(s.mean.size()), dot(sum.size()), sum_size(sum.size()), dot_size(sum.size());
  each(p, [&](std::size_t c, std::size_t at) {
    const double normal = (x[at] - m[c]) * v[c];
    sum[c] += grad_y[at];
    dot[c] += grad_y[at] * normal;
    sum_size[c] += std::abs(grad_y[at]);
    dot_size[c] += std::abs(grad_y[at]) * (std::abs(normal) + std::abs(m[c] * v[c]));
  });
  Buffer grad(p.dtype, grad_y);
  for (const bool training : {true, false}) {
    Values grad_x(x.size()), near(x.size());
    each(p, [&](std::size_t c, std::size_t at) {
      const double normal = (x[at] - m[c]) * v[c], scale = v[c] * (p.affine ? weight[c] : 1);
      grad_x[at] = scale * (training ? grad_y[at] - sum[c] / count - normal * dot[c] / count : grad_y[at]);
      near[at] = eps * 8 * std::abs(scale) *
                 (std::abs(grad_y[at]) + sum_size[c] / count + (1 + std::abs(normal)) * dot_size[c] / count);
    });
    Values sum_near(sum_size), dot_near(dot_size);
    for (double& value : sum_near) value *= stat_eps * 8;
    for (double& value : dot_near) value *= stat_eps * 8;
    const BatchNormBackward::Problem q{p, training};
    for (const auto& choice : choices(kBatchNormBackwardHighway, kBatchNormBackwardReference, q))
      on_each_target(
          choice.vectorised, describe(p) + (training ? " backward" : " backward of evaluation"),
          [&] {
            std::vector<Buffer> out{Buffer(p.dtype, p.N * p.C * p.L), Buffer(stat, p.C), Buffer(stat, p.C),
                                    Buffer(p.dtype, p.N * p.C * p.L)};
            choice.kernel.run(q, {}, grad.data(), from.data(), w, mean.data(), invstd.data(), out[0].data(),
                              out[1].data(), out[2].data());
            choice.kernel.run(q, {}, grad.data(), from.data(), w, mean.data(), invstd.data(), out[3].data(), nullptr,
                              nullptr);
            return out;
          },
          [&](std::vector<Buffer>& out, const std::string& where) {
            expect_close(out[0].values(), grad_x, near, where);
            expect_close(out[1].values(), dot, dot_near, where + " grad_weight");
            expect_close(out[2].values(), sum, sum_near, where + " grad_bias");
            EXPECT_EQ(out[3].values(), out[0].values()) << where << " without the others";
          });
  }
}

struct Sizes {
  std::int64_t N, C, L;
};

TEST(BatchNormKernels, SizesAndFormats) {
  // Several images a piece, several pieces a channel, an image in parts, rows in pieces, single elements.
  const Sizes sizes[] = {{2, 1, 1},     {4, 10, 1},   {3, 5, 49},   {2, 33, 6},
                         {1, 2, 20000}, {70, 3, 500}, {200, 17, 9}, {300, 70, 1}};
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16})
    for (const Sizes& s : sizes)
      for (const MemoryFormat format : {kContiguous, kChannelsLast})
        for (const bool affine : {false, true}) {
          if (element_size(dtype) == 2 && s.N * s.C * s.L > 1000) continue;
          check({dtype, format, s.N, s.C, s.L, affine, 1e-5}, 0);
          if (HasFatalFailure()) return;
        }
}

// A mean of 1,000 deviations: the square of the mean would swallow the variance in float32.
TEST(BatchNormKernels, NoCancellation) {
  for (const MemoryFormat format : {kContiguous, kChannelsLast})
    for (const Sizes& s : {Sizes{70, 3, 500}, Sizes{300, 17, 1}})
      check({kFloat32, format, s.N, s.C, s.L, true, 1e-5}, 1000);
}

TEST(BatchNormKernels, NaNStaysInItsChannel) {
  for (const MemoryFormat format : {kContiguous, kChannelsLast})
    for (const auto* kernel : {&kBatchNormForwardHighway, &kBatchNormForwardReference}) {
      const BatchNormProblem p{kFloat32, format, 2, 3, 4, false, 1e-5};
      Values x = random_values(kFloat32, 24, false, 1, 1);
      x[offset(p, 1, 1, 2)] = std::nan("");
      Buffer from(kFloat32, x), y(kFloat32, 24), mean(kFloat32, 3), invstd(kFloat32, 3), variance(kFloat32, 3);
      kernel->run(p, {}, from.data(), nullptr, nullptr, y.data(), mean.data(), invstd.data(), variance.data());
      const Values got = y.values();
      each(p, [&](std::size_t c, std::size_t at) { EXPECT_EQ(std::isnan(got[at]), c == 1); });
      for (std::size_t c = 0; c < 3; ++c)
        EXPECT_EQ(std::isnan(mean.values()[c]) && std::isnan(invstd.values()[c]) && std::isnan(variance.values()[c]),
                  c == 1);
    }
}

TEST(BatchNormKernels, EmptyBatch) {
  for (const MemoryFormat format : {kContiguous, kChannelsLast}) {
    const BatchNormBackward::Problem p{{kFloat32, format, 0, 3, 4, false, 1e-5}, true};
    Buffer empty(kFloat32, 0), mean(kFloat32, 3), invstd(kFloat32, 3), variance(kFloat32, 3), grad_weight(kFloat32, 3),
        grad_bias(kFloat32, 3);
    for (const auto* kernel : {&kBatchNormForwardHighway, &kBatchNormForwardReference}) {
      kernel->run(p, {}, empty.data(), nullptr, nullptr, empty.data(), mean.data(), invstd.data(), variance.data());
      for (const double v : mean.values()) EXPECT_TRUE(std::isnan(v));
    }
    for (const auto* kernel : {&kBatchNormBackwardHighway, &kBatchNormBackwardReference}) {
      kernel->run(p, {}, empty.data(), empty.data(), nullptr, mean.data(), invstd.data(), empty.data(),
                  grad_weight.data(), grad_bias.data());
      EXPECT_EQ(grad_bias.values(), Values(3, 0.0));
    }
  }
}

TEST(BatchNormKernels, Refusals) {
  EXPECT_TRUE(kBatchNormForwardHighway.refuses({kInt64, kContiguous, 1, 1, 1, false, 1e-5}, {}));
  EXPECT_TRUE(kBatchNormForwardReference.refuses({kInt64, kContiguous, 1, 1, 1, false, 1e-5}, {}));
}

}  // namespace
}  // namespace cresset::cpu
