#include <cresset/nn/fused_relu.h>

#include "autograd/record.h"
#include "core/check.h"
#include "ops/activation_backward.h"
#include "ops/autocast.h"
#include "ops/fuses.h"
#include "ops/matmul.h"
#include "ops/pointwise.h"
#include "trace/trace.h"

namespace cresset {
namespace {

// x [rows, in].
Tensor linear_rows(const Tensor& x, const Tensor& weight, const Tensor& bias, bool relu) {
  Tensor y;
  {
    NoGradGuard no_grad;
    y = matmul_rows(x, weight.t(), bias, relu);
  }
  if (needs_history(x, weight, bias)) {
    record(
        y, relu ? "AddmmReluBackward0" : "AddmmBackward0",
        [sx = SavedTensor(wants_grad(weight) ? x : Tensor()), sw = SavedTensor(wants_grad(x) ? weight : Tensor()),
         sy = relu ? SavedTensor::output(y) : SavedTensor()](const Tensor& grad_y, Grads& out) {
          const Tensor grad = sy.defined() ? relu_backward(grad_y, sy.get(out)) : grad_y;
          if (out.needs(0)) out[0] = matmul(grad, sw.get(out));
          if (out.needs(1)) out[1] = matmul(grad.t(), sx.get(out));
          if (out.needs(2)) out[2] = grad.sum(0);
        },
        x, weight, bias);
  }
  return y;
}

Tensor linear_with(const Tensor& input, const Tensor& weight, const Tensor& bias, bool relu) {
  const Shape x = input.shape();
  if (weight.dim() == 1) {  // one output feature, without a dimension of its own
    check<ShapeError>(!bias.defined() || bias.dim() == 0,
                      "linear: with a weight of one dimension, bias must have none, got {}", bias);
    return linear_with(input, weight.unsqueeze(0), bias.defined() ? bias.unsqueeze(0) : bias, relu).squeeze(-1);
  }
  check<ShapeError>(weight.dim() == 2, "linear: weight must be [out_features, in_features], got {}", weight);
  check<ShapeError>(!x.empty() && x.back() == weight.size(1),
                    "linear: mat1 and mat2 shapes cannot be multiplied ({} and {}, in_features {})", input, weight,
                    weight.size(1));
  check<DTypeError>(input.dtype() == weight.dtype(), "linear: input and weight must have the same dtype, got {} and {}",
                    input, weight);
  check<DTypeError>(input.dtype() != kBool, "linear: not supported for bool tensors");
  check_same_device("linear", input, weight);
  if (bias.defined()) {
    check<ShapeError>(bias.dim() == 1 && bias.size(0) == weight.size(0), "linear: bias must have {} elements, got {}",
                      weight.size(0), bias);
    check<DTypeError>(bias.dtype() == input.dtype(), "linear: input and bias must have the same dtype, got {} and {}",
                      input, bias);
    check_same_device("linear", input, bias);
  }
  const Tensor b = bias.defined() ? bias.contiguous() : bias;
  if (x.size() == 2) return linear_rows(input, weight, b, relu);
  Shape shape = x;
  shape[shape.size() - 1] = weight.size(0);
  std::int64_t rows = 1;
  for (int i = 0; i + 1 < x.size(); ++i) rows *= x[i];
  return linear_rows(input.reshape({rows, x.back()}), weight, b, relu).view(shape);
}

}  // namespace

Tensor nn::functional::linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_lower_precision(linear, input, weight, bias);
  const auto compute = [&] { return linear_with(input, weight, bias, false); };
  if (trace::active()) [[unlikely]]
    return trace::whole("linear", {input, weight, bias}, {}, compute);
  return compute();
}

Tensor nn::functional::linear_relu(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_lower_precision(linear_relu, input, weight, bias);
  if (!fuses<MatmulRelu>(input)) return cresset::relu(linear(input, weight, bias));
  return linear_with(input, weight, bias, true);
}

}  // namespace cresset
