#include <cresset/creation.h>
#include <cresset/extension/conv2d.h>

#include "bench_kernels/candidates.h"
#include "bench_kernels/host_view.h"
#include "bench_kernels/task.h"

namespace cresset::program::bench {
namespace {

// The definition, written once more: nothing of it is shared with a kernel.
struct ExactConvolution {
  Convolution c;
  HostView x, w, grad_y;

  double forward(std::int64_t n, std::int64_t k, std::int64_t p, std::int64_t q) const {
    const std::int64_t channels = c.C / c.groups, first = k / (c.K / c.groups) * channels;
    double sum = 0;
    for (std::int64_t i = 0; i < channels; ++i)
      for (std::int64_t r = 0; r < c.R; ++r)
        for (std::int64_t s = 0; s < c.S; ++s) {
          const std::int64_t h = p * c.stride - c.padding + r, v = q * c.stride - c.padding + s;
          if (h >= 0 && h < c.H && v >= 0 && v < c.W) sum += x.at(n, first + i, h, v) * w.at(k, i, r, s);
        }
    return sum;
  }
  double grad_input(std::int64_t n, std::int64_t channel, std::int64_t h, std::int64_t v) const {
    const std::int64_t channels = c.C / c.groups, filters = c.K / c.groups, first = channel / channels * filters;
    double sum = 0;
    for (std::int64_t k = first; k < first + filters; ++k)
      for (std::int64_t r = 0; r < c.R; ++r)
        for (std::int64_t s = 0; s < c.S; ++s) {
          const std::int64_t p = h + c.padding - r, q = v + c.padding - s;
          if (p < 0 || q < 0 || p % c.stride != 0 || q % c.stride != 0) continue;
          if (p / c.stride < c.P() && q / c.stride < c.Q())
            sum += grad_y.at(n, k, p / c.stride, q / c.stride) * w.at(k, channel % channels, r, s);
        }
    return sum;
  }
  double grad_weight(std::int64_t k, std::int64_t i, std::int64_t r, std::int64_t s) const {
    const std::int64_t channel = k / (c.K / c.groups) * (c.C / c.groups) + i;
    double sum = 0;
    for (std::int64_t n = 0; n < c.N; ++n)
      for (std::int64_t p = 0; p < c.P(); ++p)
        for (std::int64_t q = 0; q < c.Q(); ++q) {
          const std::int64_t h = p * c.stride - c.padding + r, v = q * c.stride - c.padding + s;
          if (h >= 0 && h < c.H && v >= 0 && v < c.W) sum += grad_y.at(n, k, p, q) * x.at(n, channel, h, v);
        }
    return sum;
  }
};

Conv2dProblem conv2d_problem(const Convolution& c, DType dtype, MemoryFormat format) {
  Conv2dProblem p{.dtype = dtype,
                  .format = format,
                  .bias = false,
                  .N = c.N,
                  .C = c.C,
                  .H = c.H,
                  .W = c.W,
                  .K = c.K,
                  .R = c.R,
                  .S = c.S,
                  .P = c.P(),
                  .Q = c.Q()};
  p.stride_h = p.stride_w = c.stride;
  p.pad_top = p.pad_left = c.padding;
  p.groups = c.groups;
  return p;
}

}  // namespace

Task Workload::convolution_task(const std::string& direction) const {
  const auto& c = std::get<Convolution>(problem_.sizes);
  const Conv2dProblem p = conv2d_problem(c, dtype_, format_);
  const ExactConvolution exact{c, HostView(host_input_), HostView(host_weight_), HostView(host_grad_output_)};
  const Tensor& shape_of = direction == "forward" ? grad_output_ : direction == "grad_input" ? input_ : weight_;
  Task task{.direction = direction, .output = empty_like(shape_of)};
  task.flops = 2 * c.multiply_adds();
  task.bytes = static_cast<double>(input_.numel() + weight_.numel() + grad_output_.numel()) *
               static_cast<double>(element_size(dtype_));
  task.terms = c.multiply_adds() / static_cast<double>(shape_of.numel());
  const void *x = input_.data_ptr(), *w = weight_.data_ptr(), *grad_y = grad_output_.data_ptr(), *none = nullptr;
  void* out = task.output.data_ptr();
  if (direction == "forward") {
    task.candidates = candidates_of<Conv2dForward>(device_, p, x, w, none, out);
    task.exact = [exact](const auto& i) { return exact.forward(i[0], i[1], i[2], i[3]); };
  } else if (direction == "grad_input") {
    task.candidates = candidates_of<Conv2dGradInput>(device_, p, grad_y, w, out);
    task.exact = [exact](const auto& i) { return exact.grad_input(i[0], i[1], i[2], i[3]); };
  } else {
    task.candidates = candidates_of<Conv2dGradWeight>(device_, p, grad_y, x, out);
    task.exact = [exact](const auto& i) { return exact.grad_weight(i[0], i[1], i[2], i[3]); };
  }
  return task;
}

}  // namespace cresset::program::bench
