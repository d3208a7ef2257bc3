// Runs a correlation with vector code; float32 and float64.
#pragma once

#include "backend/cpu/conv2d_highway_plan.h"

namespace cresset::cpu {

// `in`, `w` and `out` as the correlation's strides say; bias has groups * K elements or is null. Writes every output
// and reads none.
void correlate(const Correlation& c, const float* in, const float* w, const float* bias, float* out);
void correlate(const Correlation& c, const double* in, const double* w, const double* bias, double* out);

}  // namespace cresset::cpu
