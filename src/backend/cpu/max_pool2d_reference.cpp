// Maximum pooling by plain loops, after PyTorch's rule for ties and NaN.
#include <limits>
#include <vector>

#include "backend/cpu/dtype_switch.h"
#include "backend/cpu/max_pool2d_kernels.h"
#include "backend/cpu/pool2d_layout.h"

namespace cresset::cpu {
namespace {

template <class T>
constexpr bool kIsInteger = std::integral<T>;

// A window that meets no input at all (possible with dilation) gives the lowest value and index -1.
template <class T>
void forward(const Pool2dProblem& p, const T* x, T* y, std::int64_t* indices) {
  using Value = std::conditional_t<kIsInteger<T>, T, double>;
  constexpr Value kLowest =
      kIsInteger<T> ? std::numeric_limits<Value>::lowest() : -std::numeric_limits<Value>::infinity();
  const PlaneLayout in = plane_layout(p.format, p.C, p.H, p.W), out = plane_layout(p.format, p.C, p.P, p.Q);
  for (std::int64_t n = 0; n < p.N; ++n)
    for (std::int64_t c = 0; c < p.C; ++c)
      for (std::int64_t i = 0; i < p.P; ++i)
        for (std::int64_t j = 0; j < p.Q; ++j) {
          const T* plane = x + n * in.n + c * in.c;
          Value best = kLowest;
          std::int64_t index = -1;
          for (std::int64_t r = 0; r < p.R; ++r)
            for (std::int64_t s = 0; s < p.S; ++s) {
              const std::int64_t h = i * p.stride_h - p.pad_h + r * p.dilation_h;
              const std::int64_t w = j * p.stride_w - p.pad_w + s * p.dilation_w;
              if (h < 0 || h >= p.H || w < 0 || w >= p.W) continue;
              const Value value = static_cast<Value>(plane[h * in.h + w * in.w]);
              if (index < 0 || value > best || value != value) {
                best = value;
                index = h * p.W + w;
              }
            }
          const std::int64_t at = n * out.n + c * out.c + i * out.h + j * out.w;
          if constexpr (kIsInteger<T>)
            y[at] = best;
          else
            y[at] = round_to<T>(best);
          if (indices) indices[at] = index;
        }
}

template <class T>
void backward(const Pool2dProblem& p, const T* grad_y, const std::int64_t* indices, T* grad_x) {
  const PlaneLayout in = plane_layout(p.format, p.C, p.H, p.W), out = plane_layout(p.format, p.C, p.P, p.Q);
  std::vector<double> sums(static_cast<std::size_t>(p.H * p.W));
  for (std::int64_t n = 0; n < p.N; ++n)
    for (std::int64_t c = 0; c < p.C; ++c) {
      std::fill(sums.begin(), sums.end(), 0.0);
      for (std::int64_t i = 0; i < p.P; ++i)
        for (std::int64_t j = 0; j < p.Q; ++j) {
          const std::int64_t at = n * out.n + c * out.c + i * out.h + j * out.w;
          const std::int64_t index = indices[at];
          if (index >= 0 && index < p.H * p.W) sums[static_cast<std::size_t>(index)] += double(grad_y[at]);
        }
      for (std::int64_t h = 0; h < p.H; ++h)
        for (std::int64_t w = 0; w < p.W; ++w)
          grad_x[n * in.n + c * in.c + h * in.h + w * in.w] = round_to<T>(sums[static_cast<std::size_t>(h * p.W + w)]);
    }
}

Refusal refuses_forward(const Pool2dProblem& p, const Context&) { return refuse_bool(p.dtype); }
Refusal refuses_backward(const Pool2dProblem& p, const Context&) { return refuse_not_floating(p.dtype); }

void run_forward(const Pool2dProblem& p, const Context&, const void* x, void* y, std::int64_t* indices) {
  switch_numeric(p.dtype, [&]<class T>() { forward(p, static_cast<const T*>(x), static_cast<T*>(y), indices); });
}
void run_backward(const Pool2dProblem& p, const Context&, const void* grad_y, const std::int64_t* indices,
                  void* grad_x) {
  switch_floating(p.dtype,
                  [&]<class T>() { backward(p, static_cast<const T*>(grad_y), indices, static_cast<T*>(grad_x)); });
}

}  // namespace

constinit const Kernel<MaxPool2dForward> kMaxPool2dForwardReference{"reference", refuses_forward, run_forward};
constinit const Kernel<MaxPool2dBackward> kMaxPool2dBackwardReference{"reference", refuses_backward, run_backward};

}  // namespace cresset::cpu
