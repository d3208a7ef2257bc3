// Average pooling by plain loops, after PyTorch's rules for the divisor.
#include <vector>

#include "backend/cpu/avg_pool2d_kernels.h"
#include "backend/cpu/dtype_switch.h"
#include "backend/cpu/integer_math.h"
#include "backend/cpu/pool2d_layout.h"

namespace cresset::cpu {
namespace {

double add(double sum, auto value) { return sum + double(value); }
std::int64_t add(std::int64_t sum, auto value) { return wrap_add(sum, std::int64_t{value}); }

// The mean of a window; of whole numbers as PyTorch's, towards zero.
template <class T>
T mean_of(double sum, std::int64_t divisor) {
  return round_to<T>(sum / double(divisor));
}
template <class T>
T mean_of(std::int64_t sum, std::int64_t divisor) {
  return static_cast<T>(divisor == -1 ? wrap_sub(std::int64_t{0}, sum) : sum / divisor);
}

template <class T>
void forward(const Pool2dProblem& p, const T* x, T* y) {
  const PlaneLayout in = plane_layout(p.format, p.C, p.H, p.W), out = plane_layout(p.format, p.C, p.P, p.Q);
  for (std::int64_t n = 0; n < p.N; ++n)
    for (std::int64_t c = 0; c < p.C; ++c)
      for (std::int64_t i = 0; i < p.P; ++i)
        for (std::int64_t j = 0; j < p.Q; ++j) {
          const Span rows = avg_rows(p, i);
          const Span columns = avg_columns(p, j);
          std::conditional_t<std::is_integral_v<T>, std::int64_t, double> sum = 0;
          for (std::int64_t h = rows.begin; h < rows.end; ++h)
            for (std::int64_t w = columns.begin; w < columns.end; ++w)
              sum = add(sum, x[n * in.n + c * in.c + h * in.h + w * in.w]);
          const bool empty = rows.begin >= rows.end || columns.begin >= columns.end;
          y[n * out.n + c * out.c + i * out.h + j * out.w] =
              empty ? T(0) : mean_of<T>(sum, avg_divisor(p, rows, columns));
        }
}

template <class T>
void backward(const Pool2dProblem& p, const T* grad_y, T* grad_x) {
  const PlaneLayout in = plane_layout(p.format, p.C, p.H, p.W), out = plane_layout(p.format, p.C, p.P, p.Q);
  std::vector<double> sums(static_cast<std::size_t>(p.H * p.W));
  for (std::int64_t n = 0; n < p.N; ++n)
    for (std::int64_t c = 0; c < p.C; ++c) {
      std::fill(sums.begin(), sums.end(), 0.0);
      for (std::int64_t i = 0; i < p.P; ++i)
        for (std::int64_t j = 0; j < p.Q; ++j) {
          const Span rows = avg_rows(p, i);
          const Span columns = avg_columns(p, j);
          const double grad = double(grad_y[n * out.n + c * out.c + i * out.h + j * out.w]);
          for (std::int64_t h = rows.begin; h < rows.end; ++h)
            for (std::int64_t w = columns.begin; w < columns.end; ++w)
              sums[static_cast<std::size_t>(h * p.W + w)] += grad / double(avg_divisor(p, rows, columns));
        }
      for (std::int64_t h = 0; h < p.H; ++h)
        for (std::int64_t w = 0; w < p.W; ++w)
          grad_x[n * in.n + c * in.c + h * in.h + w * in.w] = round_to<T>(sums[static_cast<std::size_t>(h * p.W + w)]);
    }
}

Refusal refuses(const Pool2dProblem& p, const Context&) {
  return p.dtype == kInt64 ? Refusal() : refuse_not_floating(p.dtype);
}

void run_forward(const Pool2dProblem& p, const Context&, const void* x, void* y) {
  switch_numeric(p.dtype, [&]<class T>() { forward(p, static_cast<const T*>(x), static_cast<T*>(y)); });
}
void run_backward(const Pool2dProblem& p, const Context&, const void* grad_y, void* grad_x) {
  switch_numeric(p.dtype, [&]<class T>() { backward(p, static_cast<const T*>(grad_y), static_cast<T*>(grad_x)); });
}

}  // namespace

constinit const Kernel<AvgPool2dForward> kAvgPool2dForwardReference{"reference", refuses, run_forward};
constinit const Kernel<AvgPool2dBackward> kAvgPool2dBackwardReference{"reference", refuses, run_backward};

}  // namespace cresset::cpu
