// The CPU kernel of GradScaler's pass.
#pragma once

#include <cresset/extension/grad_unscale.h>

#include "backend/cpu/dtype_switch.h"

namespace cresset::cpu {

extern const Kernel<GradUnscale> kGradUnscaleReference;

}  // namespace cresset::cpu
