#include <cresset/creation.h>

#include <cmath>

#include "bench_kernels/task.h"
#include "cresset/random.h"

namespace cresset::program::bench {
namespace {

struct Shapes {
  Shape input, weight, output;
  double fan_in;
};

Shapes shapes_of(const Problem& problem) {
  if (const auto* l = std::get_if<Linear>(&problem.sizes))
    return {{l->N, l->in}, {l->out, l->in}, {l->N, l->out}, static_cast<double>(l->in)};
  const auto& c = std::get<Convolution>(problem.sizes);
  const std::int64_t channels = c.C / c.groups;
  return {{c.N, c.C, c.H, c.W},
          {c.K, channels, c.R, c.S},
          {c.N, c.K, c.P(), c.Q()},
          static_cast<double>(channels * c.R * c.S)};
}

}  // namespace

Workload::Workload(const Problem& problem, DType dtype, MemoryFormat format, const Device& device)
    : problem_(problem), dtype_(dtype), format_(format), device_(device) {
  const Shapes shapes = shapes_of(problem);
  manual_seed(0);
  const auto make = [&](const Shape& shape, double scale, Tensor& host, Tensor& there) {
    Tensor numbers = randn(shape);
    if (scale != 1) numbers *= scale;
    host = numbers.to(
        ToOptions{.dtype = dtype, .memory_format = problem.is_convolution() ? format : MemoryFormat::contiguous});
    there = host.to(device);
  };
  make(shapes.input, 1, host_input_, input_);
  make(shapes.weight, 1 / std::sqrt(shapes.fan_in), host_weight_, weight_);
  make(shapes.output, 1, host_grad_output_, grad_output_);
}

Task Workload::task(const std::string& direction) const {
  return problem_.is_convolution() ? convolution_task(direction) : linear_task(direction);
}

}  // namespace cresset::program::bench
