// The CPU kernels of softmax, in the order in which they are tried.
#pragma once

#include <cresset/extension/softmax.h>

namespace cresset::cpu {

extern const Kernel<SoftmaxForward> kSoftmaxForwardHighway;
extern const Kernel<SoftmaxForward> kSoftmaxForwardReference;
extern const Kernel<SoftmaxBackward> kSoftmaxBackwardHighway;
extern const Kernel<SoftmaxBackward> kSoftmaxBackwardReference;

}  // namespace cresset::cpu
