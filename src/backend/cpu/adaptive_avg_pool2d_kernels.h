// The CPU kernels of adaptive_avg_pool2d, in the order in which they are tried.
#pragma once

#include <cresset/extension/pool2d.h>

namespace cresset::cpu {

extern const Kernel<AdaptiveAvgPool2dForward> kAdaptiveAvgPool2dForwardHighway;
extern const Kernel<AdaptiveAvgPool2dForward> kAdaptiveAvgPool2dForwardReference;
extern const Kernel<AdaptiveAvgPool2dBackward> kAdaptiveAvgPool2dBackwardHighway;
extern const Kernel<AdaptiveAvgPool2dBackward> kAdaptiveAvgPool2dBackwardReference;

}  // namespace cresset::cpu
