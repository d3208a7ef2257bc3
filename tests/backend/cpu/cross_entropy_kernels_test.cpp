#include "backend/cpu/cross_entropy_kernels.h"

#include <cresset/extension/softmax.h>

#include <limits>

#include "kernel_buffers.h"

namespace cresset::cpu {
namespace {

struct Want {
  Values loss, logsumexp, total_weight, grad_x;
};

DType wide(DType dtype) { return dtype == kFloat64 ? kFloat64 : kFloat32; }

// From the probabilities: the loss of a position is the sum of share * weight * -log softmax.
Want expected(const CrossEntropyProblem& p, const Values& x, const std::vector<std::int64_t>& target,
              const Values& weight, const Values& grad_loss) {
  const std::size_t positions = static_cast<std::size_t>(p.N * p.inner);
  Want want{Values(positions), Values(positions), {0}, Values(x.size())};
  double total = 0;
  for (std::size_t i = 0; i < positions; ++i)
    if (target[i] != p.ignore_index) want.total_weight[0] += p.weight ? weight[static_cast<std::size_t>(target[i])] : 1;
  for (std::int64_t n = 0; n < p.N; ++n)
    for (std::int64_t i = 0; i < p.inner; ++i) {
      const std::size_t position = static_cast<std::size_t>(n * p.inner + i);
      const auto at = [&](std::int64_t c) { return static_cast<std::size_t>((n * p.C + c) * p.inner + i); };
      double most = -std::numeric_limits<double>::infinity(), sum = 0;
      for (std::int64_t c = 0; c < p.C; ++c) most = std::max(most, x[at(c)]);
      for (std::int64_t c = 0; c < p.C; ++c) sum += std::exp(x[at(c)] - most);
      want.logsumexp[position] = most + std::log(sum);
      if (target[position] == p.ignore_index) continue;
      double grad = grad_loss[p.reduction == Reduction::none ? position : 0];
      if (p.reduction == Reduction::mean) grad /= want.total_weight[0];
      for (std::int64_t c = 0; c < p.C; ++c) {
        const double share = p.label_smoothing / double(p.C) + (c == target[position] ? 1 - p.label_smoothing : 0);
        const double scaled = share * (p.weight ? weight[static_cast<std::size_t>(c)] : 1);
        if (scaled == 0) continue;
        want.loss[position] += scaled * (most - x[at(c)] + std::log(sum));
        // d(-log softmax_c)/dx_k = softmax_k - [k = c]
        for (std::int64_t k = 0; k < p.C; ++k)
          want.grad_x[at(k)] += grad * scaled * (std::exp(x[at(k)] - most) / sum - (k == c ? 1 : 0));
      }
      total += want.loss[position];
    }
  if (p.reduction == Reduction::sum) want.loss = {total};
  if (p.reduction == Reduction::mean) want.loss = {total / want.total_weight[0]};
  return want;
}

std::vector<std::int64_t> targets_of(const CrossEntropyProblem& p) {
  std::vector<std::int64_t> target(static_cast<std::size_t>(p.N * p.inner));
  std::mt19937 engine(9);
  for (auto& t : target)
    t = engine() % 4 == 0 ? p.ignore_index : static_cast<std::int64_t>(engine() % static_cast<unsigned>(p.C));
  return target;
}

void check(const CrossEntropyProblem& p, const Values& x, double scale = 1) {
  const std::string what = testing::PrintToString(std::vector<std::int64_t>{p.N, p.C, p.inner}) + " smoothing " +
                           std::to_string(p.label_smoothing) + " reduction " + std::to_string(int(p.reduction)) +
                           " weight " + std::to_string(p.weight) + " dtype " + std::to_string(int(p.dtype));
  const std::vector<std::int64_t> target = targets_of(p);
  const std::int64_t positions = p.N * p.inner, losses = p.reduction == Reduction::none ? positions : 1;
  Values weight = random_values(p.dtype, p.C, false, 1, 6);
  for (double& w : weight) w = std::abs(w);
  const Values grad_loss = random_values(p.dtype, losses, false, 1, 7);
  const Want want = expected(p, x, target, weight, grad_loss);
  const double eps = epsilon(p.dtype), terms = 8 + std::sqrt(double(p.C));
  double largest = 1;
  for (const double v : want.loss) largest = std::max(largest, std::abs(v));
  Buffer from(p.dtype, x), weights(p.dtype, weight), grad(p.dtype, grad_loss);
  const void* const weight_data = p.weight ? weights.data() : nullptr;
  for (const auto& choice : choices(kCrossEntropyForwardHighway, kCrossEntropyForwardReference, p))
    on_each_target(
        choice.vectorised, what,
        [&] {
          std::vector<Buffer> out{Buffer(p.dtype, losses), Buffer(wide(p.dtype), positions), Buffer(wide(p.dtype), 1)};
          choice.kernel.run(p, {}, from.data(), target.data(), weight_data, out[0].data(), out[1].data(),
                            out[2].data());
          return out;
        },
        [&](std::vector<Buffer>& out, const std::string& where) {
          expect_close(out[0].values(), want.loss, {eps * terms * 4 * largest}, where);
          expect_close(out[1].values(), want.logsumexp, {epsilon(wide(p.dtype)) * terms * 10 * scale},
                       where + " logsumexp");
          expect_close(out[2].values(), want.total_weight,
                       {epsilon(wide(p.dtype)) * (1 + want.total_weight[0]) * std::sqrt(double(positions))},
                       where + " total");
        });
  Buffer logsumexp(wide(p.dtype), want.logsumexp), total(wide(p.dtype), want.total_weight);
  double slope = 0;
  for (const double v : want.grad_x) slope = std::max(slope, std::abs(v));
  for (const auto& choice : choices(kCrossEntropyBackwardHighway, kCrossEntropyBackwardReference, p))
    on_each_target(
        choice.vectorised, what + " backward",
        [&] {
          std::vector<Buffer> out{Buffer(p.dtype, p.N * p.C * p.inner)};
          choice.kernel.run(p, {}, grad.data(), from.data(), target.data(), weight_data, logsumexp.data(), total.data(),
                            out[0].data());
          return out;
        },
        [&](std::vector<Buffer>& out, const std::string& where) {
          expect_close(out[0].values(), want.grad_x, {eps * terms * 4 * slope}, where);
        });
}

TEST(CrossEntropyKernels, AllOptions) {
  struct Sizes {
    std::int64_t N, C, inner;
  };
  const Sizes sizes[] = {{4, 10, 1}, {1, 1, 1}, {5, 33, 1}, {2, 3, 5}, {2, 7, 17}, {40, 21, 33}, {70, 300, 1}};
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16})
    for (const Sizes& s : sizes)
      for (const double smoothing : {0.0, 0.1, 1.0})
        for (const Reduction reduction : {Reduction::none, Reduction::mean, Reduction::sum})
          for (const bool weight : {false, true}) {
            if (element_size(dtype) == 2 && s.N * s.C * s.inner > 300) continue;
            const std::int64_t ignore = weight ? s.C - 1 : -100;
            check({dtype, s.N, s.C, s.inner, ignore, smoothing, reduction, weight},
                  random_values(dtype, s.N * s.C * s.inner, false, 3, 3));
            if (HasFatalFailure()) return;
          }
}

// logsumexp of logits near 1e4 has four digits behind the point in float32; the gradient must have all of its own.
TEST(CrossEntropyKernels, LargeLogitsKeepTheirDigits) {
  for (const std::int64_t inner : {1, 3}) {
    Values x = random_values(kFloat32, 4 * 10 * inner, true, 3, 3);
    for (double& v : x) v += 1e4;
    check({kFloat32, 4, 10, inner, -100, 0, Reduction::mean, false}, x, 1e4);
  }
}

TEST(CrossEntropyKernels, NothingLeftToCount) {
  const double nan = std::nan("");
  for (const auto* kernel : {&kCrossEntropyForwardHighway, &kCrossEntropyForwardReference})
    for (const std::int64_t N : {0, 2}) {
      Buffer x(kFloat32, Values(static_cast<std::size_t>(N * 3), 1.0)), lse(kFloat32, N), loss(kFloat32, 1),
          total(kFloat32, 1);
      const std::int64_t target[] = {-100, -100};
      kernel->run({kFloat32, N, 3, 1, -100, 0, Reduction::mean, false}, {}, x.data(), target, nullptr, loss.data(),
                  lse.data(), total.data());
      expect_close(loss.values(), {nan}, {0}, "mean of nothing");
      expect_close(total.values(), {0}, {0}, "weight of nothing");
      kernel->run({kFloat32, N, 3, 1, -100, 0, Reduction::sum, false}, {}, x.data(), target, nullptr, loss.data(),
                  lse.data(), total.data());
      expect_close(loss.values(), {0}, {0}, "sum of nothing");
    }
}

TEST(CrossEntropyKernels, ImpossibleOtherClasses) {
  const double inf = std::numeric_limits<double>::infinity();
  for (const auto* kernel : {&kCrossEntropyForwardHighway, &kCrossEntropyForwardReference}) {
    Buffer x(kFloat32, {1, -inf, -inf}), lse(kFloat32, 1), loss(kFloat32, 1), total(kFloat32, 1);
    for (const std::int64_t target : {0, 1}) {
      kernel->run({kFloat32, 1, 3, 1, -100, 0, Reduction::mean, false}, {}, x.data(), &target, nullptr, loss.data(),
                  lse.data(), total.data());
      expect_close(loss.values(), {target == 0 ? 0 : inf}, {0}, "loss");
    }
  }
}

TEST(CrossEntropyKernels, Refusals) {
  EXPECT_TRUE(kCrossEntropyForwardHighway.refuses({kFloat16, 1, 1, 1, -100, 0, Reduction::mean, false}, {}));
  EXPECT_TRUE(kCrossEntropyForwardReference.refuses({kInt64, 1, 1, 1, -100, 0, Reduction::mean, false}, {}));
}

}  // namespace
}  // namespace cresset::cpu
