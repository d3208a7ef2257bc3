#include "backend/cuda/cudnn/plan_cache.h"

#include "backend/cuda/recently_used.h"

namespace cresset::cuda::backend::cudnn {

std::shared_ptr<CachedPlans> cached_plans(const PlanKey& key) {
  // Never destroyed: users' static destructors may run ops.
  static auto& cache = *new RecentlyUsed<PlanKey, CachedPlans>(1024);
  return cache.get(key);
}

}  // namespace cresset::cuda::backend::cudnn
