// Problems and slots of softmax, log_softmax and cross_entropy.
#pragma once

#include <cresset/dtype.h>
#include <cresset/extension/kernel.h>

namespace cresset {

// Over the middle dimension of a dense [outer, C, inner].
struct SoftmaxProblem {
  DType dtype;
  bool log;
  std::int64_t outer, C, inner;
  friend bool operator==(const SoftmaxProblem&, const SoftmaxProblem&) = default;
};
struct SoftmaxForward {
  static constexpr std::string_view name = "softmax.forward";
  using Problem = SoftmaxProblem;
  using Run = void(const Problem&, const Context&, const void* x, void* y);
};
// From the output y: softmax grad_x = y * (grad_y - sum(grad_y * y)); log_softmax grad_x = grad_y - exp(y) *
// sum(grad_y).
struct SoftmaxBackward {
  static constexpr std::string_view name = "softmax.backward";
  using Problem = SoftmaxProblem;
  using Run = void(const Problem&, const Context&, const void* grad_y, const void* y, void* grad_x);
};

// Cross-entropy with class indices, logits dense [N, C, inner], targets dense [N, inner] int64 (in range or
// equal to ignore_index: checked by the op on the CPU, by the kernel on a device, which reports it and counts such a
// target as ignored), weight of C elements or null, of the logits' dtype. loss_i = sum_c t_c w_c *
// (logsumexp(x) - x_c), t = (1 - label_smoothing) * onehot + label_smoothing / C; 0 where target == ignore_index. See
// https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html.
enum class Reduction : std::uint8_t { none, mean, sum };
struct CrossEntropyProblem {
  DType dtype;
  std::int64_t N, C, inner, ignore_index;
  double label_smoothing;
  Reduction reduction;  // mean divides by the sum of the targets' weights over those not ignored (NaN where that is 0)
  bool weight;
  friend bool operator==(const CrossEntropyProblem&, const CrossEntropyProblem&) = default;
};
// loss: one element, or N * inner with Reduction::none. logsumexp: N * inner values (float64 for float64, otherwise
// float32) for the backward; total_weight: one value of that type, the divisor.
struct CrossEntropyForward {
  static constexpr std::string_view name = "cross_entropy.forward";
  using Problem = CrossEntropyProblem;
  using Run = void(const Problem&, const Context&, const void* x, const std::int64_t* target, const void* weight,
                   void* loss, void* logsumexp, void* total_weight);
};
struct CrossEntropyBackward {
  static constexpr std::string_view name = "cross_entropy.backward";
  using Problem = CrossEntropyProblem;
  using Run = void(const Problem&, const Context&, const void* grad_loss, const void* x, const std::int64_t* target,
                   const void* weight, const void* logsumexp, const void* total_weight, void* grad_x);
};

}  // namespace cresset
