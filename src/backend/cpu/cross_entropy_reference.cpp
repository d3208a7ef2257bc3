// Cross-entropy with class indices by plain loops in double.
#include <cmath>
#include <limits>

#include "backend/cpu/cross_entropy_kernels.h"
#include "backend/cpu/dtype_switch.h"

namespace cresset::cpu {
namespace {

template <class T>
void forward(const CrossEntropyProblem& p, const T* x, const std::int64_t* target, const T* weight, T* loss,
             Wide<T>* logsumexp, Wide<T>* total_weight) {
  double total = 0, divisor = 0;
  const double smooth = p.label_smoothing / double(p.C);
  for (std::int64_t n = 0; n < p.N; ++n)
    for (std::int64_t i = 0; i < p.inner; ++i) {
      const T* row = x + n * p.C * p.inner + i;
      double largest = -std::numeric_limits<double>::infinity(), sum = 0, value = 0;
      for (std::int64_t c = 0; c < p.C; ++c) largest = std::fmax(largest, double(row[c * p.inner]));
      for (std::int64_t c = 0; c < p.C; ++c) sum += std::exp(double(row[c * p.inner]) - largest);
      const std::int64_t at = n * p.inner + i, label = target[at];
      if (label != p.ignore_index) {
        // largest - x + log(sum) and not logsumexp - x, which loses digits where x is large.
        for (std::int64_t c = 0; c < p.C; ++c) {
          const double share = smooth + (c == label ? 1 - p.label_smoothing : 0);
          if (share == 0) continue;
          value += share * (weight ? double(weight[c]) : 1) * (largest - double(row[c * p.inner]) + std::log(sum));
        }
        divisor += weight ? double(weight[label]) : 1;
      }
      logsumexp[at] = static_cast<Wide<T>>(largest + std::log(sum));
      if (p.reduction == Reduction::none) loss[at] = round_to<T>(value);
      total += value;
    }
  if (p.reduction != Reduction::none) *loss = round_to<T>(p.reduction == Reduction::mean ? total / divisor : total);
  *total_weight = static_cast<Wide<T>>(divisor);
}

template <class T>
void backward(const CrossEntropyProblem& p, const T* grad_loss, const T* x, const std::int64_t* target, const T* weight,
              const Wide<T>* logsumexp, const Wide<T>* total_weight, T* grad_x) {
  const double smooth = p.label_smoothing / double(p.C);
  for (std::int64_t n = 0; n < p.N; ++n)
    for (std::int64_t i = 0; i < p.inner; ++i) {
      const std::int64_t first = n * p.C * p.inner + i, at = n * p.inner + i, label = target[at];
      double grad = double(grad_loss[p.reduction == Reduction::none ? at : 0]);
      if (p.reduction == Reduction::mean) grad /= double(*total_weight);
      double shares = 0, sum = 0;
      for (std::int64_t c = 0; c < p.C; ++c) {
        shares += (smooth + (c == label ? 1 - p.label_smoothing : 0)) * (weight ? double(weight[c]) : 1);
        sum += std::exp(double(x[first + c * p.inner]) - double(logsumexp[at]));
      }
      for (std::int64_t c = 0; c < p.C; ++c) {
        const double share = (smooth + (c == label ? 1 - p.label_smoothing : 0)) * (weight ? double(weight[c]) : 1);
        // The division by the sum, which is nearly 1, takes out the rounding of logsumexp.
        const double softmax = std::exp(double(x[first + c * p.inner]) - double(logsumexp[at])) / sum;
        grad_x[first + c * p.inner] = round_to<T>(label == p.ignore_index ? 0 : grad * (softmax * shares - share));
      }
    }
}

Refusal refuses(const CrossEntropyProblem& p, const Context&) { return refuse_not_floating(p.dtype); }

void run_forward(const CrossEntropyProblem& p, const Context&, const void* x, const std::int64_t* target,
                 const void* weight, void* loss, void* logsumexp, void* total_weight) {
  switch_floating(p.dtype, [&]<class T>() {
    forward(p, static_cast<const T*>(x), target, static_cast<const T*>(weight), static_cast<T*>(loss),
            static_cast<Wide<T>*>(logsumexp), static_cast<Wide<T>*>(total_weight));
  });
}
void run_backward(const CrossEntropyProblem& p, const Context&, const void* grad_loss, const void* x,
                  const std::int64_t* target, const void* weight, const void* logsumexp, const void* total_weight,
                  void* grad_x) {
  switch_floating(p.dtype, [&]<class T>() {
    backward(p, static_cast<const T*>(grad_loss), static_cast<const T*>(x), target, static_cast<const T*>(weight),
             static_cast<const Wide<T>*>(logsumexp), static_cast<const Wide<T>*>(total_weight),
             static_cast<T*>(grad_x));
  });
}

}  // namespace

constinit const Kernel<CrossEntropyForward> kCrossEntropyForwardReference{"reference", refuses, run_forward};
constinit const Kernel<CrossEntropyBackward> kCrossEntropyBackwardReference{"reference", refuses, run_backward};

}  // namespace cresset::cpu
