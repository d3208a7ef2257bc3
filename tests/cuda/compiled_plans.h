// For tests of the plans that cuDNN compiles when they are finalised, half a second each: without CRESSET_FULL=1 they
// ask for few.
#pragma once

#include <cresset/extension/registry.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "backend/cuda/cudnn/plan.h"
#include "core/check.h"

namespace cresset::test {

inline bool is_full() { return std::getenv("CRESSET_FULL") != nullptr; }

// A plan of a graph without products; null where cuDNN has none.
inline std::shared_ptr<cuda::backend::cudnn::Plan> plan_of(void (*build)(cuda::backend::cudnn::Graph&, const void*),
                                                           const void* problem,
                                                           const cuda::backend::cudnn::Target& target) {
  using namespace cuda::backend::cudnn;
  Refusal refusal;
  try {
    Graph graph;
    build(graph, problem);
    const Limits limits{.workspace = Context{}.workspace_limit, .products = false};
    const auto plans = make_plans(graph, target, limits, 1, refusal);
    return plans.empty() ? nullptr : plans.front();
  } catch (const Failure&) {
    return nullptr;
  }
}

// What cuDNN's kernel of the slot says of the problem.
template <class Slot>
Refusal refusal_of(const std::string& slot, const void* problem, const Context& context) {
  for (const detail::AnyKernel* kernel : *detail::kernel_list(slot, DeviceType::cuda).order.load())
    if (kernel->name == "cudnn") return detail::ask<Slot>(kernel->refuses, problem, context);
  return {"cudnn is not in the list"};
}

}  // namespace cresset::test
