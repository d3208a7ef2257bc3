// The CPU kernels of cross_entropy, in the order in which they are tried.
#pragma once

#include <cresset/extension/softmax.h>

namespace cresset::cpu {

extern const Kernel<CrossEntropyForward> kCrossEntropyForwardHighway;
extern const Kernel<CrossEntropyForward> kCrossEntropyForwardReference;
extern const Kernel<CrossEntropyBackward> kCrossEntropyBackwardHighway;
extern const Kernel<CrossEntropyBackward> kCrossEntropyBackwardReference;

}  // namespace cresset::cpu
