// Plans by problem, shared by all threads.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "backend/cuda/cudnn/plan.h"
#include "backend/cuda/plan_key.h"

namespace cresset::cuda::backend::cudnn {

// What was found for a key. Made once, by the first thread that asks; the others wait for it alone.
struct CachedPlans {
  std::once_flag once;
  Refusal left;                                   // why they are not taken unless cuDNN is forced
  Refusal refusal;                                // or these:
  std::vector<std::shared_ptr<Plan>> candidates;  // by the heuristics' order
  std::mutex choosing;
  std::shared_ptr<Plan> chosen;  // null until it was measured
};

// The entry, made empty where there is none. The least recently used of more than 1,024 go.
std::shared_ptr<CachedPlans> cached_plans(const PlanKey& key);

}  // namespace cresset::cuda::backend::cudnn
