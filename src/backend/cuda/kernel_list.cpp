#include "backend/cuda/kernel_list.h"

#include "backend/cuda/kernels.h"
#if CRESSET_HAS_CUDNN
#include "backend/cuda/cudnn/kernels.h"
#include "backend/cuda/cudnn/request.h"
#endif

namespace cresset::cuda::backend {

namespace {

// Before our own: what is bound by arithmetic, but where our own are faster (conv2d_cudnn.cpp). Nothing in a build
// without cuDNN's headers.
void register_cudnn_first([[maybe_unused]] const DeviceHost& host) {
#if CRESSET_HAS_CUDNN
  cudnn::set_host(host);
  add<Conv2dForward>(host, kConv2dForwardCudnn);
  add<Conv2dGradInput>(host, kConv2dGradInputCudnn);
  add<Conv2dGradWeight>(host, kConv2dGradWeightCudnn);
  add<Conv2dReluForward>(host, kConv2dReluForwardCudnn);
#endif
}

// After our own: what is bound by memory, where a plan gains nothing. cuDNN's graph API has no engine for relu's
// gradient before that of a normalisation.
void register_cudnn_last([[maybe_unused]] const DeviceHost& host) {
#if CRESSET_HAS_CUDNN
  add<AvgPool2dBackward>(host, kAvgPool2dBackwardCudnn);
  add<AvgPool2dForward>(host, kAvgPool2dForwardCudnn);
  add<BatchNormBackward>(host, kBatchNormBackwardCudnn);
  add<BatchNormForward>(host, kBatchNormForwardCudnn);
  add<BatchNormInference>(host, kBatchNormInferenceCudnn);
  add<BatchNormReluForward>(host, kBatchNormReluForwardCudnn);
  add<BatchNormReluInference>(host, kBatchNormReluInferenceCudnn);
  add<Binary>(host, kBinaryCudnn);
  add<MaxPool2dBackward>(host, kMaxPool2dBackwardCudnn);
  add<MaxPool2dForward>(host, kMaxPool2dForwardCudnn);
  add<SoftmaxBackward>(host, kSoftmaxBackwardCudnn);
  add<SoftmaxForward>(host, kSoftmaxForwardCudnn);
  add<Unary>(host, kUnaryCudnn);
#endif
}

}  // namespace

void register_kernels(const DeviceHost& host) {
  register_cudnn_first(host);
  add<AdamStep>(host, kAdamStepNative);
  add<Augment>(host, kAugmentNative);
  add<AvgPool2dBackward>(host, kAvgPool2dBackwardNative);
  add<AvgPool2dForward>(host, kAvgPool2dForwardNative);
  add<BatchNormBackward>(host, kBatchNormBackwardNative);
  add<BatchNormForward>(host, kBatchNormForwardNative);
  add<BatchNormInference>(host, kBatchNormInferenceNative);
  add<BatchNormReluBackward>(host, kBatchNormReluBackwardNative);
  add<BatchNormReluForward>(host, kBatchNormReluForwardNative);
  add<BatchNormReluInference>(host, kBatchNormReluInferenceNative);
  add<Binary>(host, kBinaryNative);
  add<CheckRange>(host, kCheckRangeNative);
  add<Conv2dForward>(host, kConv2dForwardDirect, kConv2dForwardTensorCore, kConv2dForwardNative);
  add<Conv2dGradInput>(host, kConv2dGradInputDirect, kConv2dGradInputTensorCore, kConv2dGradInputNative);
  add<Conv2dGradWeight>(host, kConv2dGradWeightDirect, kConv2dGradWeightTensorCore, kConv2dGradWeightNative);
  add<Conv2dReluForward>(host, kConv2dReluForwardDirect, kConv2dReluForwardTensorCore, kConv2dReluForwardNative);
  add<Copy>(host, kCopyNative);
  add<CrossEntropyBackward>(host, kCrossEntropyBackwardNative);
  add<CrossEntropyForward>(host, kCrossEntropyForwardNative);
#if CRESSET_HAS_CUBLASLT
  add<Matmul>(host, kMatmulCublasLt);
  add<MatmulRelu>(host, kMatmulReluCublasLt);
#endif
  add<Matmul>(host, kMatmulTensorCore, kMatmulNative);
  add<MatmulRelu>(host, kMatmulReluTensorCore, kMatmulReluNative);
  add<MaxPool2dBackward>(host, kMaxPool2dBackwardNative);
  add<MaxPool2dForward>(host, kMaxPool2dForwardNative);
  add<Random>(host, kRandomNative);
  add<RandomReplay>(host, kRandomReplayNative);
  add<Reduce>(host, kReduceNative);
  add<GradUnscale>(host, kGradUnscaleNative);
  add<SgdStep>(host, kSgdStepNative);
  add<SoftmaxBackward>(host, kSoftmaxBackwardNative);
  add<SoftmaxForward>(host, kSoftmaxForwardNative);
  add<Unary>(host, kUnaryNative);
  add<Where>(host, kWhereNative);
  register_cudnn_last(host);
}

}  // namespace cresset::cuda::backend
