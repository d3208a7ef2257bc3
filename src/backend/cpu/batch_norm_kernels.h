// The CPU kernels of batch_norm, in the order in which they are tried.
#pragma once

#include <cresset/extension/batch_norm.h>

namespace cresset::cpu {

extern const Kernel<BatchNormForward> kBatchNormForwardHighway;
extern const Kernel<BatchNormForward> kBatchNormForwardReference;
extern const Kernel<BatchNormInference> kBatchNormInferenceHighway;
extern const Kernel<BatchNormInference> kBatchNormInferenceReference;
extern const Kernel<BatchNormBackward> kBatchNormBackwardHighway;
extern const Kernel<BatchNormBackward> kBatchNormBackwardReference;

}  // namespace cresset::cpu
