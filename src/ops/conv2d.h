// conv2d's problem and its three directions as functions on the tape.
#pragma once

#include <cresset/extension/conv2d.h>
#include <cresset/ops.h>

namespace cresset {

// Makes every check and computes every size once. input is [N, C, H, W].
Conv2dProblem conv2d_problem(const Tensor& input, const Tensor& weight, const Tensor& bias,
                             const nn::functional::Conv2dOptions& options);

// Each is differentiable: the gradients of a convolution's gradients are convolutions.
// `relu`: with the relu behind it, on a device that fuses them.
Tensor conv2d_forward(const Tensor& input, const Tensor& weight, const Tensor& bias, const Conv2dProblem& problem,
                      bool relu = false);
Tensor conv2d_grad_input(const Tensor& grad, const Tensor& weight, const Conv2dProblem& problem);
Tensor conv2d_grad_weight(const Tensor& grad, const Tensor& input, const Conv2dProblem& problem);

}  // namespace cresset
