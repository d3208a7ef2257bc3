// Operations that the tests of several files plan.
#pragma once

#include "plan.h"

namespace cudasim_test {

Descriptor forward_operation(const Descriptor& x, const Descriptor& w, const Descriptor& y, const Descriptor& options,
                             float alpha = 1, float beta = 0);
Descriptor backward_data_operation(const Descriptor& dx, const Descriptor& w, const Descriptor& dy,
                                   const Descriptor& options);

/// Sizes of y = x * w.
struct Convolved {
  Sizes x, w, y;
  ConvolutionOptions options = {};
};
/// Of float tensors 1, 2 and 3: y = alpha * (x * w) + beta * y, with channels last in memory or second.
Plan forward_plan(const Convolved& c, float alpha = 1, float beta = 0, bool last = false);

/// y of x and b; modes that end in BWD take dy as b and write dx.
Descriptor pointwise_operation(cudnnPointwiseMode_t mode, const Descriptor& x, const Descriptor* b, const Descriptor& y,
                               float alpha1 = 1, float alpha2 = 1);

}  // namespace cudasim_test
