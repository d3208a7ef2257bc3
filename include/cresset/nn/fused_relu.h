// An op and the relu behind it in one pass over memory. The results are those of the two calls: bit for bit, but for
// the sign of a zero in 16 bits. Where a device has no kernels for it, as the CPU, they are two calls. Sequential takes
// these by itself for a ReLU behind Conv2d, Linear or BatchNorm.
#pragma once

#include <cresset/ops.h>

namespace cresset::nn::functional {

// relu(conv2d(input, weight, bias, options))
CRESSET_API Tensor conv2d_relu(const Tensor& input, const Tensor& weight, const Tensor& bias = {},
                               const Conv2dOptions& options = {});
// relu(linear(input, weight, bias))
CRESSET_API Tensor linear_relu(const Tensor& input, const Tensor& weight, const Tensor& bias = {});
// relu(batch_norm(input, running_mean, running_var, weight, bias, options))
CRESSET_API Tensor batch_norm_relu(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                                   const Tensor& weight = {}, const Tensor& bias = {},
                                   const BatchNormOptions& options = {});

}  // namespace cresset::nn::functional
