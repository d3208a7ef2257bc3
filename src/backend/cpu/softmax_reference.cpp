// Softmax and its logarithm by plain loops in double.
#include <cmath>
#include <limits>

#include "backend/cpu/dtype_switch.h"
#include "backend/cpu/softmax_kernels.h"

namespace cresset::cpu {
namespace {

template <class T>
void forward(const SoftmaxProblem& p, const T* x, T* y) {
  for (std::int64_t o = 0; o < p.outer; ++o)
    for (std::int64_t i = 0; i < p.inner; ++i) {
      const std::int64_t first = o * p.C * p.inner + i;
      double largest = -std::numeric_limits<double>::infinity(), sum = 0;
      for (std::int64_t c = 0; c < p.C; ++c) largest = std::fmax(largest, double(x[first + c * p.inner]));
      for (std::int64_t c = 0; c < p.C; ++c) sum += std::exp(double(x[first + c * p.inner]) - largest);
      for (std::int64_t c = 0; c < p.C; ++c) {
        const double shifted = double(x[first + c * p.inner]) - largest;
        y[first + c * p.inner] = round_to<T>(p.log ? shifted - std::log(sum) : std::exp(shifted) / sum);
      }
    }
}

template <class T>
void backward(const SoftmaxProblem& p, const T* grad_y, const T* y, T* grad_x) {
  for (std::int64_t o = 0; o < p.outer; ++o)
    for (std::int64_t i = 0; i < p.inner; ++i) {
      const std::int64_t first = o * p.C * p.inner + i;
      double sum = 0;
      for (std::int64_t c = 0; c < p.C; ++c) {
        const std::int64_t at = first + c * p.inner;
        sum += p.log ? double(grad_y[at]) : double(grad_y[at]) * double(y[at]);
      }
      for (std::int64_t c = 0; c < p.C; ++c) {
        const std::int64_t at = first + c * p.inner;
        const double grad = double(grad_y[at]), value = double(y[at]);
        grad_x[at] = round_to<T>(p.log ? grad - std::exp(value) * sum : value * (grad - sum));
      }
    }
}

Refusal refuses(const SoftmaxProblem& p, const Context&) { return refuse_not_floating(p.dtype); }

void run_forward(const SoftmaxProblem& p, const Context&, const void* x, void* y) {
  switch_floating(p.dtype, [&]<class T>() { forward(p, static_cast<const T*>(x), static_cast<T*>(y)); });
}
void run_backward(const SoftmaxProblem& p, const Context&, const void* grad_y, const void* y, void* grad_x) {
  switch_floating(p.dtype, [&]<class T>() {
    backward(p, static_cast<const T*>(grad_y), static_cast<const T*>(y), static_cast<T*>(grad_x));
  });
}

}  // namespace

constinit const Kernel<SoftmaxForward> kSoftmaxForwardReference{"reference", refuses, run_forward};
constinit const Kernel<SoftmaxBackward> kSoftmaxBackwardReference{"reference", refuses, run_backward};

}  // namespace cresset::cpu
