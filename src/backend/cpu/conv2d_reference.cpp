// Convolution by plain loops over the definition, with sums in double (floating types) or modulo 2^64 (integers). Each
// output element is one sum in one order.
#include <type_traits>

#include "backend/cpu/conv2d_kernels.h"
#include "backend/cpu/conv2d_layout.h"
#include "backend/cpu/dtype_switch.h"
#include "core/team.h"

namespace cresset::cpu {
namespace {

template <class T>
using Sum = std::conditional_t<std::is_integral_v<T>, std::uint64_t, double>;

template <class T>
Sum<T> widen(T value) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  else
    return static_cast<double>(value);
}
template <class T>
T narrow(Sum<T> sum) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(sum);
  else
    return round_to<T>(sum);
}

template <class T>
void forward(const Conv2dProblem& p, const T* x, const T* w, const T* bias, T* y) {
  const Strides4 xs = strides_x(p), ws = strides_w(p), ys = strides_y(p);
  const std::int64_t channels = p.C / p.groups, filters = p.K / p.groups;
  parallel_for(p.N * p.K, [&](std::int64_t chunk) {
    const std::int64_t n = chunk / p.K, k = chunk % p.K, c0 = k / filters * channels;
    for (std::int64_t i = 0; i < p.P; ++i)
      for (std::int64_t j = 0; j < p.Q; ++j) {
        Sum<T> sum = bias ? widen(bias[k]) : Sum<T>(0);
        for (std::int64_t c = 0; c < channels; ++c)
          for (std::int64_t r = 0; r < p.R; ++r) {
            const std::int64_t h = i * p.stride_h - p.pad_top + r * p.dilation_h;
            if (h < 0 || h >= p.H) continue;
            for (std::int64_t s = 0; s < p.S; ++s) {
              const std::int64_t v = j * p.stride_w - p.pad_left + s * p.dilation_w;
              if (v >= 0 && v < p.W) sum += widen(x[xs.at(n, c0 + c, h, v)]) * widen(w[ws.at(k, c, r, s)]);
            }
          }
        y[ys.at(n, k, i, j)] = narrow<T>(sum);
      }
  });
}

// The output i with i * stride - pad + tap == position; -1 where there is none.
std::int64_t output_at(std::int64_t position, std::int64_t tap, std::int64_t pad, std::int64_t stride,
                       std::int64_t outputs) {
  const std::int64_t distance = position + pad - tap;
  return distance >= 0 && distance % stride == 0 && distance / stride < outputs ? distance / stride : -1;
}

template <class T>
void grad_input(const Conv2dProblem& p, const T* grad_y, const T* w, T* grad_x) {
  const Strides4 xs = strides_x(p), ws = strides_w(p), ys = strides_y(p);
  const std::int64_t channels = p.C / p.groups, filters = p.K / p.groups;
  parallel_for(p.N * p.C, [&](std::int64_t chunk) {
    const std::int64_t n = chunk / p.C, c = chunk % p.C, k0 = c / channels * filters;
    for (std::int64_t h = 0; h < p.H; ++h)
      for (std::int64_t v = 0; v < p.W; ++v) {
        Sum<T> sum = 0;
        for (std::int64_t k = 0; k < filters; ++k)
          for (std::int64_t r = 0; r < p.R; ++r) {
            const std::int64_t i = output_at(h, r * p.dilation_h, p.pad_top, p.stride_h, p.P);
            if (i < 0) continue;
            for (std::int64_t s = 0; s < p.S; ++s) {
              const std::int64_t j = output_at(v, s * p.dilation_w, p.pad_left, p.stride_w, p.Q);
              if (j >= 0) sum += widen(grad_y[ys.at(n, k0 + k, i, j)]) * widen(w[ws.at(k0 + k, c % channels, r, s)]);
            }
          }
        grad_x[xs.at(n, c, h, v)] = narrow<T>(sum);
      }
  });
}

template <class T>
void grad_weight(const Conv2dProblem& p, const T* grad_y, const T* x, T* grad_w) {
  const Strides4 xs = strides_x(p), ws = strides_w(p), ys = strides_y(p);
  const std::int64_t channels = p.C / p.groups, filters = p.K / p.groups;
  parallel_for(p.K * channels, [&](std::int64_t chunk) {
    const std::int64_t k = chunk / channels, c = chunk % channels, xc = k / filters * channels + c;
    for (std::int64_t r = 0; r < p.R; ++r)
      for (std::int64_t s = 0; s < p.S; ++s) {
        Sum<T> sum = 0;
        for (std::int64_t n = 0; n < p.N; ++n)
          for (std::int64_t i = 0; i < p.P; ++i) {
            const std::int64_t h = i * p.stride_h - p.pad_top + r * p.dilation_h;
            if (h < 0 || h >= p.H) continue;
            for (std::int64_t j = 0; j < p.Q; ++j) {
              const std::int64_t v = j * p.stride_w - p.pad_left + s * p.dilation_w;
              if (v >= 0 && v < p.W) sum += widen(grad_y[ys.at(n, k, i, j)]) * widen(x[xs.at(n, xc, h, v)]);
            }
          }
        grad_w[ws.at(k, c, r, s)] = narrow<T>(sum);
      }
  });
}

Refusal refuses(const Conv2dProblem& p, const Context&) { return refuse_bool(p.dtype); }

void run_forward(const Conv2dProblem& p, const Context&, const void* x, const void* w, const void* bias, void* y) {
  switch_numeric(p.dtype, [&]<class T>() {
    forward(p, static_cast<const T*>(x), static_cast<const T*>(w), static_cast<const T*>(bias), static_cast<T*>(y));
  });
}
void run_grad_input(const Conv2dProblem& p, const Context&, const void* grad_y, const void* w, void* grad_x) {
  switch_numeric(p.dtype, [&]<class T>() {
    grad_input(p, static_cast<const T*>(grad_y), static_cast<const T*>(w), static_cast<T*>(grad_x));
  });
}
void run_grad_weight(const Conv2dProblem& p, const Context&, const void* grad_y, const void* x, void* grad_w) {
  switch_numeric(p.dtype, [&]<class T>() {
    grad_weight(p, static_cast<const T*>(grad_y), static_cast<const T*>(x), static_cast<T*>(grad_w));
  });
}

}  // namespace

constinit const Kernel<Conv2dForward> kConv2dForwardReference{"reference", refuses, run_forward};
constinit const Kernel<Conv2dGradInput> kConv2dGradInputReference{"reference", refuses, run_grad_input};
constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightReference{"reference", refuses, run_grad_weight};

}  // namespace cresset::cpu
