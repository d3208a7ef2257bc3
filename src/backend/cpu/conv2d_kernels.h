// The CPU kernels of conv2d, in the order in which they are tried.
#pragma once

#include <cresset/extension/conv2d.h>

#include <algorithm>

namespace cresset::cpu {

// Padded copies and 32-bit sizes make far steps costly or wrong: the plain loops take them.
inline Refusal refuse_far_steps(const Conv2dProblem& p) {
  constexpr std::int64_t kFar = 4096;
  const std::int64_t far = std::max({p.stride_h, p.stride_w, p.pad_top, p.pad_left, p.dilation_h, p.dilation_w});
  return far <= kFar ? Refusal()
                     : Refusal("strides, paddings and dilations must not exceed {}, are up to {}", kFar, far);
}

// First: what these kernels are fastest at.
extern const Kernel<Conv2dForward> kConv2dForwardHighway;
extern const Kernel<Conv2dGradInput> kConv2dGradInputHighway;
extern const Kernel<Conv2dGradWeight> kConv2dGradWeightHighway;
// Only where the library is built with oneDNN.
extern const Kernel<Conv2dForward> kConv2dForwardOnednn;
extern const Kernel<Conv2dGradInput> kConv2dGradInputOnednn;
extern const Kernel<Conv2dGradWeight> kConv2dGradWeightOnednn;
// The same code as the first, for all problems in float32 and float64.
extern const Kernel<Conv2dForward> kConv2dForwardHighwayAny;
extern const Kernel<Conv2dGradInput> kConv2dGradInputHighwayAny;
extern const Kernel<Conv2dGradWeight> kConv2dGradWeightHighwayAny;
extern const Kernel<Conv2dForward> kConv2dForwardReference;
extern const Kernel<Conv2dGradInput> kConv2dGradInputReference;
extern const Kernel<Conv2dGradWeight> kConv2dGradWeightReference;

}  // namespace cresset::cpu
