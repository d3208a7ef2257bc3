// Whether dispatch takes cuDNN's plan of a convolution or one of our own kernels.
#pragma once

#include <cresset/extension/conv2d.h>

#include <cstddef>
#include <cstdint>

#include "backend/cuda/cudnn/plan.h"

namespace cresset::cuda::backend::cudnn {

// Sizes of the operands in bytes.
struct Conv2dBytes {
  explicit Conv2dBytes(const Conv2dProblem& p)
      : x(size(p, p.N * p.C * p.H * p.W)),
        w(size(p, p.K * (p.C / p.groups) * p.R * p.S)),
        y(size(p, p.N * p.K * p.P * p.Q)),
        bias(size(p, p.K)) {}
  static std::size_t size(const Conv2dProblem& p, std::int64_t elements) {
    return static_cast<std::size_t>(elements) * element_size(p.dtype);
  }
  std::size_t x, w, y, bias;
};

// Which of our own kernels take the problem.
struct OwnConv2d {
  bool tensor_core;
  bool float32;  // one that is made for large problems in float32
};

// Why the plan is left alone for one of those; none where it is taken.
Refusal leaves_conv2d_plan(const Conv2dProblem& p, const PlanTraits& plan, OwnConv2d own);

}  // namespace cresset::cuda::backend::cudnn
