// First derivatives of activations as ops of their own: one pass each, and differentiable again.
#pragma once

#include <cresset/tensor.h>

namespace cresset {

// From the output y.
Tensor sigmoid_backward(const Tensor& grad, const Tensor& y);
Tensor tanh_backward(const Tensor& grad, const Tensor& y);
Tensor relu_backward(const Tensor& grad, const Tensor& y);
// From the input x.
Tensor gelu_backward(const Tensor& grad, const Tensor& x);
Tensor gelu_tanh_backward(const Tensor& grad, const Tensor& x);

}  // namespace cresset
