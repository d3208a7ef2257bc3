// The CPU kernels of the optimisers' steps, in the order in which they are tried.
#pragma once

#include <cresset/extension/optimizer.h>

#include "backend/cpu/dtype_switch.h"

namespace cresset::cpu {

// f with the types of parameters (or float32 master weights) and gradients.
template <class F>
void switch_types(DType dtype, DType low, F&& f) {
  if (dtype == low) return switch_floating(dtype, [&]<class T>() { f.template operator()<T, T>(); });
  switch_floating(low, [&]<class Low>() {
    if constexpr (sizeof(Low) == 2) f.template operator()<float, Low>();
  });
}

extern const Kernel<SgdStep> kSgdStepHighway;
extern const Kernel<SgdStep> kSgdStepReference;
extern const Kernel<AdamStep> kAdamStepHighway;
extern const Kernel<AdamStep> kAdamStepReference;

}  // namespace cresset::cpu
