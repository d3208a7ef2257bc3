// The kernels that are cuDNN's, each defined in the file of its op.
#pragma once

#include <cresset/extension/batch_norm.h>
#include <cresset/extension/conv2d.h>
#include <cresset/extension/fused_relu.h>
#include <cresset/extension/pointwise.h>
#include <cresset/extension/pool2d.h>
#include <cresset/extension/softmax.h>

namespace cresset::cuda::backend {

extern constinit const Kernel<AvgPool2dBackward> kAvgPool2dBackwardCudnn;
extern constinit const Kernel<AvgPool2dForward> kAvgPool2dForwardCudnn;
extern constinit const Kernel<BatchNormBackward> kBatchNormBackwardCudnn;
extern constinit const Kernel<BatchNormForward> kBatchNormForwardCudnn;
extern constinit const Kernel<BatchNormInference> kBatchNormInferenceCudnn;
extern constinit const Kernel<BatchNormReluForward> kBatchNormReluForwardCudnn;
extern constinit const Kernel<BatchNormReluInference> kBatchNormReluInferenceCudnn;
extern constinit const Kernel<Binary> kBinaryCudnn;
extern constinit const Kernel<Conv2dForward> kConv2dForwardCudnn;
extern constinit const Kernel<Conv2dReluForward> kConv2dReluForwardCudnn;
extern constinit const Kernel<Conv2dGradInput> kConv2dGradInputCudnn;
extern constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightCudnn;
extern constinit const Kernel<MaxPool2dBackward> kMaxPool2dBackwardCudnn;
extern constinit const Kernel<MaxPool2dForward> kMaxPool2dForwardCudnn;
extern constinit const Kernel<SoftmaxBackward> kSoftmaxBackwardCudnn;
extern constinit const Kernel<SoftmaxForward> kSoftmaxForwardCudnn;
extern constinit const Kernel<Unary> kUnaryCudnn;

}  // namespace cresset::cuda::backend
