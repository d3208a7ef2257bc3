// Batch normalisation by plain loops in double, in two passes.
#include <cmath>

#include "backend/cpu/batch_norm_kernels.h"
#include "backend/cpu/dtype_switch.h"

namespace cresset::cpu {
namespace {

// Calls f(offset) for each element of channel c, images in order.
template <class F>
void each_of_channel(const BatchNormProblem& p, std::int64_t c, F&& f) {
  const bool last = p.format == kChannelsLast;
  for (std::int64_t n = 0; n < p.N; ++n)
    for (std::int64_t l = 0; l < p.L; ++l) f(last ? (n * p.L + l) * p.C + c : (n * p.C + c) * p.L + l);
}

template <class T>
void normalise_channel(const BatchNormProblem& p, std::int64_t c, const T* x, const Wide<T>* weight,
                       const Wide<T>* bias, double mean, double invstd, T* y) {
  const double scale = weight ? invstd * double(weight[c]) : invstd, shift = bias ? double(bias[c]) : 0;
  each_of_channel(p, c, [&](std::int64_t i) { y[i] = round_to<T>((double(x[i]) - mean) * scale + shift); });
}

template <class T>
void forward(const BatchNormProblem& p, const T* x, const Wide<T>* weight, const Wide<T>* bias, T* y, Wide<T>* mean,
             Wide<T>* invstd, Wide<T>* variance) {
  const double count = double(p.N * p.L);
  for (std::int64_t c = 0; c < p.C; ++c) {
    double sum = 0, squares = 0;
    each_of_channel(p, c, [&](std::int64_t i) { sum += double(x[i]); });
    const double average = sum / count;
    each_of_channel(p, c, [&](std::int64_t i) { squares += (double(x[i]) - average) * (double(x[i]) - average); });
    const double inverse = 1 / std::sqrt(squares / count + p.eps);
    normalise_channel(p, c, x, weight, bias, average, inverse, y);
    mean[c] = static_cast<Wide<T>>(average);
    invstd[c] = static_cast<Wide<T>>(inverse);
    variance[c] = static_cast<Wide<T>>(squares / count);
  }
}

template <class T>
void backward(const BatchNormBackward::Problem& p, const T* grad_y, const T* x, const Wide<T>* weight,
              const Wide<T>* mean, const Wide<T>* invstd, T* grad_x, Wide<T>* grad_weight, Wide<T>* grad_bias) {
  const double count = double(p.N * p.L);
  for (std::int64_t c = 0; c < p.C; ++c) {
    const double average = double(mean[c]), inverse = double(invstd[c]);
    double sum = 0, dot = 0;
    each_of_channel(p, c, [&](std::int64_t i) {
      sum += double(grad_y[i]);
      dot += double(grad_y[i]) * (double(x[i]) - average) * inverse;
    });
    const double scale = weight ? inverse * double(weight[c]) : inverse;
    each_of_channel(p, c, [&](std::int64_t i) {
      const double grad = double(grad_y[i]), normal = (double(x[i]) - average) * inverse;
      grad_x[i] = round_to<T>(scale * (p.training ? grad - sum / count - normal * (dot / count) : grad));
    });
    if (grad_weight) grad_weight[c] = static_cast<Wide<T>>(dot);
    if (grad_bias) grad_bias[c] = static_cast<Wide<T>>(sum);
  }
}

Refusal refuses(const BatchNormProblem& p, const Context&) { return refuse_not_floating(p.dtype); }
Refusal refuses_backward(const BatchNormBackward::Problem& p, const Context&) { return refuse_not_floating(p.dtype); }

void run_forward(const BatchNormProblem& p, const Context&, const void* x, const void* weight, const void* bias,
                 void* y, void* mean, void* invstd, void* variance) {
  switch_floating(p.dtype, [&]<class T>() {
    using W = Wide<T>;
    forward(p, static_cast<const T*>(x), static_cast<const W*>(weight), static_cast<const W*>(bias), static_cast<T*>(y),
            static_cast<W*>(mean), static_cast<W*>(invstd), static_cast<W*>(variance));
  });
}

void run_inference(const BatchNormProblem& p, const Context&, const void* x, const void* weight, const void* bias,
                   const void* mean, const void* invstd, void* y) {
  switch_floating(p.dtype, [&]<class T>() {
    using W = Wide<T>;
    for (std::int64_t c = 0; c < p.C; ++c)
      normalise_channel(p, c, static_cast<const T*>(x), static_cast<const W*>(weight), static_cast<const W*>(bias),
                        static_cast<const W*>(mean)[c], static_cast<const W*>(invstd)[c], static_cast<T*>(y));
  });
}

void run_backward(const BatchNormBackward::Problem& p, const Context&, const void* grad_y, const void* x,
                  const void* weight, const void* mean, const void* invstd, void* grad_x, void* grad_weight,
                  void* grad_bias) {
  switch_floating(p.dtype, [&]<class T>() {
    using W = Wide<T>;
    backward(p, static_cast<const T*>(grad_y), static_cast<const T*>(x), static_cast<const W*>(weight),
             static_cast<const W*>(mean), static_cast<const W*>(invstd), static_cast<T*>(grad_x),
             static_cast<W*>(grad_weight), static_cast<W*>(grad_bias));
  });
}

}  // namespace

constinit const Kernel<BatchNormForward> kBatchNormForwardReference{"reference", refuses, run_forward};
constinit const Kernel<BatchNormInference> kBatchNormInferenceReference{"reference", refuses, run_inference};
constinit const Kernel<BatchNormBackward> kBatchNormBackwardReference{"reference", refuses_backward, run_backward};

}  // namespace cresset::cpu
