// Every kernel of this library, defined in the file of its op.
#pragma once

#include <cresset/extension/augment.h>
#include <cresset/extension/batch_norm.h>
#include <cresset/extension/check_range.h>
#include <cresset/extension/conv2d.h>
#include <cresset/extension/fused_relu.h>
#include <cresset/extension/grad_unscale.h>
#include <cresset/extension/matmul.h>
#include <cresset/extension/optimizer.h>
#include <cresset/extension/pointwise.h>
#include <cresset/extension/pool2d.h>
#include <cresset/extension/random_replay.h>
#include <cresset/extension/softmax.h>

namespace cresset::cuda::backend {

// Refusals that several share.
inline Refusal refuse_not_floating(DType dtype) {
  return is_floating_point(dtype) ? Refusal() : Refusal("dtype must be floating, is {}", static_cast<int>(dtype));
}
inline Refusal refuse_bool(DType dtype) { return dtype == kBool ? Refusal("dtype must not be bool") : Refusal(); }

extern constinit const Kernel<AdamStep> kAdamStepNative;
extern constinit const Kernel<Augment> kAugmentNative;
extern constinit const Kernel<AvgPool2dBackward> kAvgPool2dBackwardNative;
extern constinit const Kernel<AvgPool2dForward> kAvgPool2dForwardNative;
extern constinit const Kernel<BatchNormBackward> kBatchNormBackwardNative;
extern constinit const Kernel<BatchNormForward> kBatchNormForwardNative;
extern constinit const Kernel<BatchNormInference> kBatchNormInferenceNative;
extern constinit const Kernel<BatchNormReluBackward> kBatchNormReluBackwardNative;
extern constinit const Kernel<BatchNormReluForward> kBatchNormReluForwardNative;
extern constinit const Kernel<BatchNormReluInference> kBatchNormReluInferenceNative;
extern constinit const Kernel<Binary> kBinaryNative;
extern constinit const Kernel<CheckRange> kCheckRangeNative;
extern constinit const Kernel<Conv2dForward> kConv2dForwardDirect;
extern constinit const Kernel<Conv2dForward> kConv2dForwardNative;
extern constinit const Kernel<Conv2dForward> kConv2dForwardTensorCore;
extern constinit const Kernel<Conv2dGradInput> kConv2dGradInputDirect;
extern constinit const Kernel<Conv2dGradInput> kConv2dGradInputNative;
extern constinit const Kernel<Conv2dGradInput> kConv2dGradInputTensorCore;
extern constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightDirect;
extern constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightNative;
extern constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightTensorCore;
extern constinit const Kernel<Conv2dReluForward> kConv2dReluForwardDirect;
extern constinit const Kernel<Conv2dReluForward> kConv2dReluForwardNative;
extern constinit const Kernel<Conv2dReluForward> kConv2dReluForwardTensorCore;
extern constinit const Kernel<Copy> kCopyNative;
extern constinit const Kernel<CrossEntropyBackward> kCrossEntropyBackwardNative;
extern constinit const Kernel<CrossEntropyForward> kCrossEntropyForwardNative;
extern constinit const Kernel<Matmul> kMatmulCublasLt;
extern constinit const Kernel<Matmul> kMatmulNative;
extern constinit const Kernel<MatmulRelu> kMatmulReluCublasLt;
extern constinit const Kernel<MatmulRelu> kMatmulReluNative;
extern constinit const Kernel<MatmulRelu> kMatmulReluTensorCore;
extern constinit const Kernel<Matmul> kMatmulTensorCore;
extern constinit const Kernel<MaxPool2dBackward> kMaxPool2dBackwardNative;
extern constinit const Kernel<MaxPool2dForward> kMaxPool2dForwardNative;
extern constinit const Kernel<Random> kRandomNative;
extern constinit const Kernel<RandomReplay> kRandomReplayNative;
extern constinit const Kernel<Reduce> kReduceNative;
extern constinit const Kernel<GradUnscale> kGradUnscaleNative;
extern constinit const Kernel<SgdStep> kSgdStepNative;
extern constinit const Kernel<SoftmaxBackward> kSoftmaxBackwardNative;
extern constinit const Kernel<SoftmaxForward> kSoftmaxForwardNative;
extern constinit const Kernel<Unary> kUnaryNative;
extern constinit const Kernel<Where> kWhereNative;

}  // namespace cresset::cuda::backend
