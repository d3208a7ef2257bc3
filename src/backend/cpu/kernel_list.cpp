#include "backend/cpu/kernel_list.h"

#include "backend/cpu/avg_pool2d_kernels.h"
#include "backend/cpu/batch_norm_kernels.h"
#include "backend/cpu/binary_kernels.h"
#include "backend/cpu/conv2d_kernels.h"
#include "backend/cpu/copy_kernels.h"
#include "backend/cpu/cross_entropy_kernels.h"
#include "backend/cpu/grad_unscale_kernels.h"
#include "backend/cpu/matmul_kernels.h"
#include "backend/cpu/max_pool2d_kernels.h"
#include "backend/cpu/optimizer_kernels.h"
#include "backend/cpu/random_kernels.h"
#include "backend/cpu/reduce_kernels.h"
#include "backend/cpu/softmax_kernels.h"
#include "backend/cpu/unary_kernels.h"
#include "backend/cpu/where_kernels.h"
#include "dispatch/builtin.h"

namespace cresset {

void register_cpu_kernels() {
  using namespace cpu;
  constexpr DeviceType kCpu = DeviceType::cpu;
  add_builtin<AvgPool2dForward>(kCpu, kAvgPool2dForwardHighway, kAvgPool2dForwardReference);
  add_builtin<AvgPool2dBackward>(kCpu, kAvgPool2dBackwardHighway, kAvgPool2dBackwardReference);
  add_builtin<BatchNormForward>(kCpu, kBatchNormForwardHighway, kBatchNormForwardReference);
  add_builtin<BatchNormInference>(kCpu, kBatchNormInferenceHighway, kBatchNormInferenceReference);
  add_builtin<BatchNormBackward>(kCpu, kBatchNormBackwardHighway, kBatchNormBackwardReference);
  add_builtin<Binary>(kCpu, kBinaryHighway, kBinaryReference);
#if CRESSET_HAS_ONEDNN
  add_builtin<Conv2dForward>(kCpu, kConv2dForwardHighway, kConv2dForwardOnednn, kConv2dForwardHighwayAny,
                             kConv2dForwardReference);
  add_builtin<Conv2dGradInput>(kCpu, kConv2dGradInputHighway, kConv2dGradInputOnednn, kConv2dGradInputHighwayAny,
                               kConv2dGradInputReference);
  add_builtin<Conv2dGradWeight>(kCpu, kConv2dGradWeightHighway, kConv2dGradWeightOnednn, kConv2dGradWeightHighwayAny,
                                kConv2dGradWeightReference);
#else
  add_builtin<Conv2dForward>(kCpu, kConv2dForwardHighway, kConv2dForwardHighwayAny, kConv2dForwardReference);
  add_builtin<Conv2dGradInput>(kCpu, kConv2dGradInputHighway, kConv2dGradInputHighwayAny, kConv2dGradInputReference);
  add_builtin<Conv2dGradWeight>(kCpu, kConv2dGradWeightHighway, kConv2dGradWeightHighwayAny,
                                kConv2dGradWeightReference);
#endif
  add_builtin<Copy>(kCpu, kCopyHighway, kCopyReference);
  add_builtin<CrossEntropyForward>(kCpu, kCrossEntropyForwardHighway, kCrossEntropyForwardReference);
  add_builtin<CrossEntropyBackward>(kCpu, kCrossEntropyBackwardHighway, kCrossEntropyBackwardReference);
#if CRESSET_HAS_ONEDNN
  add_builtin<Matmul>(kCpu, kMatmulHighway, kMatmulOnednn, kMatmulReference);
#else
  add_builtin<Matmul>(kCpu, kMatmulHighway, kMatmulReference);
#endif
  add_builtin<MaxPool2dForward>(kCpu, kMaxPool2dForwardHighway, kMaxPool2dForwardReference);
  add_builtin<MaxPool2dBackward>(kCpu, kMaxPool2dBackwardHighway, kMaxPool2dBackwardReference);
  add_builtin<SgdStep>(kCpu, kSgdStepHighway, kSgdStepReference);
  add_builtin<AdamStep>(kCpu, kAdamStepHighway, kAdamStepReference);
  add_builtin<GradUnscale>(kCpu, kGradUnscaleReference);
  add_builtin<Random>(kCpu, kRandomHighway, kRandomReference);
  add_builtin<Reduce>(kCpu, kReduceHighway, kReduceReference);
  add_builtin<SoftmaxForward>(kCpu, kSoftmaxForwardHighway, kSoftmaxForwardReference);
  add_builtin<SoftmaxBackward>(kCpu, kSoftmaxBackwardHighway, kSoftmaxBackwardReference);
  add_builtin<Unary>(kCpu, kUnaryHighway, kUnaryReference);
  add_builtin<Where>(kCpu, kWhereHighway, kWhereReference);
}

}  // namespace cresset
