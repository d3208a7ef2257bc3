// The CPU kernels of conv2d, in the order in which they are tried.
#pragma once

#include <cresset/extension/conv2d.h>

namespace cresset::cpu {

extern const Kernel<Conv2dForward> kConv2dForwardHighway;
extern const Kernel<Conv2dForward> kConv2dForwardReference;
extern const Kernel<Conv2dGradInput> kConv2dGradInputHighway;
extern const Kernel<Conv2dGradInput> kConv2dGradInputReference;
extern const Kernel<Conv2dGradWeight> kConv2dGradWeightHighway;
extern const Kernel<Conv2dGradWeight> kConv2dGradWeightReference;

// Only where the library is built with oneDNN.
extern const Kernel<Conv2dForward> kConv2dForwardOnednn;
extern const Kernel<Conv2dGradInput> kConv2dGradInputOnednn;
extern const Kernel<Conv2dGradWeight> kConv2dGradWeightOnednn;

}  // namespace cresset::cpu
