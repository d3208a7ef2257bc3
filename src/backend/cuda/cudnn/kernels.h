// The kernels that are cuDNN's, each defined in the file of its op.
#pragma once

#include <cresset/extension/conv2d.h>
#include <cresset/extension/fused_relu.h>

namespace cresset::cuda::backend {

extern constinit const Kernel<Conv2dForward> kConv2dForwardCudnn;
extern constinit const Kernel<Conv2dReluForward> kConv2dReluForwardCudnn;
extern constinit const Kernel<Conv2dGradInput> kConv2dGradInputCudnn;
extern constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightCudnn;

}  // namespace cresset::cuda::backend
