// What a kernel of cuDNN's is made of: a key, a graph, and the pointers.
#pragma once

#include "backend/cuda/cudnn/device.h"
#include "backend/cuda/cudnn/plan_cache.h"
#include "core/device_functions.h"

namespace cresset::cuda::backend::cudnn {

struct Request {
  PlanKey key;
  void (*build)(Graph& graph, const void* problem);
  const void* problem;
  bool float32;          // its operands are
  bool products = true;  // the graph has convolutions
  // Why the plan that cuDNN's heuristics choose is left alone for our own kernels, unless cuDNN is forced. Asked once.
  Refusal (*leaves)(const void* problem, const Plan& plan, const Context& context) = nullptr;
};

// What stands before all else: no library, a type that it is not asked for.
Refusal refuse(DType dtype);
// Whether there is a plan for it. The search for one is made once, by whoever asks first; its plan is run().
Refusal refuse(const Request& request, const Context& context);
// Runs a request that refuse() lets pass. Where algorithms are to be searched, the first run measures.
void run(const Request& request, const Context& context, const std::vector<Operand>& operands);

// What the core knows: whether the process searches algorithms now, and whether the calling thread forces cuDNN's
// kernel of a slot.
bool searching() noexcept;
bool is_forced(std::string_view slot);
void set_host(const DeviceHost& host);

}  // namespace cresset::cuda::backend::cudnn
