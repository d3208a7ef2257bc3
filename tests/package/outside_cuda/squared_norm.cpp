// The op: its shape rule, its gradient, and the kernel for the processor.
#include <cresset/cresset.h>

#include "kernels.h"

namespace outside {
using namespace cresset;

namespace {

// In double: the table's oracle.
template <class T>
void sum_squares(const SquaredNormProblem& p, const void* x, void* y) {
  for (std::int64_t r = 0; r < p.rows; ++r) {
    double sum = 0;
    for (std::int64_t c = 0; c < p.columns; ++c) {
      const double v = static_cast<const T*>(x)[r * p.columns + c];
      sum += v * v;
    }
    static_cast<T*>(y)[r] = static_cast<T>(sum);
  }
}
void run_reference(const SquaredNormProblem& p, const Context&, const void* x, void* y) {
  p.dtype == kFloat32 ? sum_squares<float>(p, x, y) : sum_squares<double>(p, x, y);
}

struct SquaredNormFunction : autograd::Function<SquaredNormFunction> {
  static constexpr const char* name = "SquaredNorm";
  static Tensor forward(autograd::FunctionContext& context, const Tensor& input) {
    context.save_for_backward({input});
    const Tensor x = input.contiguous();
    Shape shape;
    std::int64_t rows = 1;
    for (int d = 0; d + 1 < x.dim(); ++d) {
      shape.push_back(x.size(d));
      rows *= x.size(d);
    }
    Tensor y = empty(shape, {.dtype = x.dtype(), .device = x.device()});
    run<SquaredNorm>(x.device(), {x.dtype(), rows, x.size(-1)}, x.data_ptr(), y.data_ptr());
    return y;
  }
  static std::vector<Tensor> backward(autograd::FunctionContext& context, const std::vector<Tensor>& grads) {
    return {2 * grads[0].unsqueeze(-1) * context.saved_tensors()[0]};
  }
};

}  // namespace

void register_squared_norm() { register_kernel<SquaredNorm>(DeviceType::cpu, {"reference", nullptr, run_reference}); }

Tensor squared_norm(const Tensor& input) {
  if (input.dim() == 0) throw ShapeError("squared_norm: the input must have a dimension");
  if (input.dtype() != kFloat32 && input.dtype() != kFloat64)
    throw DTypeError("squared_norm: the input must be float32 or float64, got " + std::string(name(input.dtype())));
  return SquaredNormFunction::apply(input);
}

}  // namespace outside
