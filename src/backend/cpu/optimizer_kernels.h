// The CPU kernels of the optimisers' steps, in the order in which they are tried.
#pragma once

#include <cresset/extension/optimizer.h>

namespace cresset::cpu {

extern const Kernel<SgdStep> kSgdStepHighway;
extern const Kernel<SgdStep> kSgdStepReference;
extern const Kernel<AdamStep> kAdamStepHighway;
extern const Kernel<AdamStep> kAdamStepReference;

}  // namespace cresset::cpu
