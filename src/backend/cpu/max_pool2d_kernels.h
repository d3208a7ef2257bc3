// The CPU kernels of max_pool2d, in the order in which they are tried.
#pragma once

#include <cresset/extension/pool2d.h>

namespace cresset::cpu {

extern const Kernel<MaxPool2dForward> kMaxPool2dForwardHighway;
extern const Kernel<MaxPool2dForward> kMaxPool2dForwardReference;
extern const Kernel<MaxPool2dBackward> kMaxPool2dBackwardHighway;
extern const Kernel<MaxPool2dBackward> kMaxPool2dBackwardReference;

}  // namespace cresset::cpu
