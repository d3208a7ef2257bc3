// The CPU kernels of avg_pool2d, in the order in which they are tried.
#pragma once

#include <cresset/extension/pool2d.h>

namespace cresset::cpu {

extern const Kernel<AvgPool2dForward> kAvgPool2dForwardHighway;
extern const Kernel<AvgPool2dForward> kAvgPool2dForwardReference;
extern const Kernel<AvgPool2dBackward> kAvgPool2dBackwardHighway;
extern const Kernel<AvgPool2dBackward> kAvgPool2dBackwardReference;

}  // namespace cresset::cpu
