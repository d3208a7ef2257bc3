// The fastest of several plans.
#pragma once

#include "backend/cuda/cudnn/device.h"
#include "backend/cuda/cudnn/plan_cache.h"

namespace cresset::cuda::backend::cudnn {

// Runs each with the operands, whose outputs hold any of their results afterwards. The host waits. A simulated device
// has no times: there the choice follows from the engines' names, and the log says so.
std::shared_ptr<Plan> measure(const PlanKey& key, const std::vector<std::shared_ptr<Plan>>& plans,
                              const Context& context, const std::vector<Operand>& operands);

}  // namespace cresset::cuda::backend::cudnn
