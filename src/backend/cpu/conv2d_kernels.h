// The CPU kernels of conv2d, in the order in which they are tried.
#pragma once

#include <cresset/extension/conv2d.h>

namespace cresset::cpu {

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
