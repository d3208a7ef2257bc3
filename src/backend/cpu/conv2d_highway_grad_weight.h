// The gradient of a convolution's weights with vector code; float32 and float64.
#pragma once

#include <cresset/extension/conv2d.h>

namespace cresset::cpu {

void grad_weight_vectors(const Conv2dProblem& p, const float* grad_y, const float* x, float* grad_w);
void grad_weight_vectors(const Conv2dProblem& p, const double* grad_y, const double* x, double* grad_w);

}  // namespace cresset::cpu
