// What no kernel of conv2d takes.
#pragma once

#include <cresset/extension/conv2d.h>

#include "conv2d.cuh"

namespace cresset::cuda::backend {

inline Refusal refuse_large(const Conv2dProblem& p) {
  return kernels::conv2d_fits(p)
             ? Refusal()
             : Refusal("pixels, and elements of an image and of the weight, must be fewer than 2^30");
}

}  // namespace cresset::cuda::backend
