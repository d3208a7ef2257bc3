// The vector kernels' entries.
#include "backend/cpu/conv2d_highway_correlate.h"
#include "backend/cpu/conv2d_highway_grad_weight.h"
#include "backend/cpu/conv2d_kernels.h"

namespace cresset::cpu {
namespace {

template <class T>
void forward(const Conv2dProblem& p, const void* x, const void* w, const void* bias, void* y) {
  correlate(forward_correlation(p), static_cast<const T*>(x), static_cast<const T*>(w), static_cast<const T*>(bias),
            static_cast<T*>(y));
}
template <class T>
void grad_input(const Conv2dProblem& p, const void* grad_y, const void* w, void* grad_x) {
  for (std::int64_t a = 0; a < p.stride_h && a < p.H; ++a)
    for (std::int64_t b = 0; b < p.stride_w && b < p.W; ++b)
      correlate(grad_input_correlation(p, a, b), static_cast<const T*>(grad_y), static_cast<const T*>(w), nullptr,
                static_cast<T*>(grad_x));
}

Refusal refuses(const Conv2dProblem& p, const Context&) {
  if (p.dtype != kFloat32 && p.dtype != kFloat64)
    return {"dtype must be float32 or float64, is {}", static_cast<int>(p.dtype)};
  return {};
}
void run_forward(const Conv2dProblem& p, const Context&, const void* x, const void* w, const void* bias, void* y) {
  p.dtype == kFloat32 ? forward<float>(p, x, w, bias, y) : forward<double>(p, x, w, bias, y);
}
void run_grad_input(const Conv2dProblem& p, const Context&, const void* grad_y, const void* w, void* grad_x) {
  p.dtype == kFloat32 ? grad_input<float>(p, grad_y, w, grad_x) : grad_input<double>(p, grad_y, w, grad_x);
}
void run_grad_weight(const Conv2dProblem& p, const Context&, const void* grad_y, const void* x, void* grad_w) {
  if (p.dtype == kFloat32)
    grad_weight_vectors(p, static_cast<const float*>(grad_y), static_cast<const float*>(x),
                        static_cast<float*>(grad_w));
  else
    grad_weight_vectors(p, static_cast<const double*>(grad_y), static_cast<const double*>(x),
                        static_cast<double*>(grad_w));
}

}  // namespace

constinit const Kernel<Conv2dForward> kConv2dForwardHighway{"highway", refuses, run_forward};
constinit const Kernel<Conv2dGradInput> kConv2dGradInputHighway{"highway", refuses, run_grad_input};
constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightHighway{"highway", refuses, run_grad_weight};

}  // namespace cresset::cpu
