#include "backend/cuda/cudnn/request.h"

#include <algorithm>
#include <atomic>

#include "backend/cuda/cudnn/choices.h"
#include "backend/cuda/cudnn/engine_note.h"
#include "backend/cuda/cudnn/library.h"
#include "backend/cuda/cudnn/measure.h"
#include "backend/cuda/graph.h"
#include "backend/cuda/runtime.h"

namespace cresset::cuda::backend::cudnn {
namespace {

std::atomic<bool (*)() noexcept> g_searching{nullptr};
std::atomic<bool (*)(std::string_view, std::string_view)> g_forces{nullptr};

// So many of those that the heuristics name are timed.
constexpr std::size_t kMostMeasured = 8;

void make(const Request& request, const Context& context, CachedPlans& plans) {
  const bool search = searching();
  try {
    Graph graph;
    request.build(graph, request.problem);
    const DeviceTarget target(context.device);
    plans.candidates = make_plans(graph, target.get(),
                                  {.tf32 = context.allow_tf32,
                                   .nondeterministic = context.allow_nondeterministic,
                                   .workspace = context.workspace_limit,
                                   .float32 = request.float32,
                                   .products = request.products},
                                  search ? kMostMeasured : 1, plans.refusal);
  } catch (const Failure& failure) {
    plans.candidates.clear();
    plans.refusal = lasting_text(failure.what());
  }
  if (plans.candidates.empty()) return;
  if (!search || plans.candidates.size() == 1) {
    plans.chosen = plans.candidates.front();
    if (!search && request.leaves) plans.left = request.leaves(request.problem, *plans.chosen, context);
    return;
  }
  const std::string engine = stored_choice(device_name(context.device), request.key);
  for (const auto& plan : plans.candidates)
    if (plan->engine == engine) plans.chosen = plan;
}

std::shared_ptr<CachedPlans> find(const Request& request, const Context& context) {
  std::shared_ptr<CachedPlans> plans = cached_plans(request.key);
  std::call_once(plans->once, [&] { make(request, context, *plans); });
  return plans;
}

// What a captured graph launches must stay, whatever the cache lets go.
void keep_for_ever(const std::shared_ptr<Plan>& plan) {
  static std::mutex mutex;
  static auto* const kept = new std::vector<std::shared_ptr<Plan>>;
  const std::scoped_lock lock(mutex);
  if (std::find(kept->begin(), kept->end(), plan) == kept->end()) kept->push_back(plan);
}

std::shared_ptr<Plan> choose(const Request& request, const Context& context, CachedPlans& plans,
                             const std::vector<Operand>& operands) {
  const std::scoped_lock lock(plans.choosing);
  if (!plans.chosen && is_capturing(context.device)) return plans.candidates.front();  // a capture times nothing
  if (!plans.chosen) {
    plans.chosen = measure(request.key, plans.candidates, context, operands);
    store_choice(device_name(context.device), request.key, plans.chosen->engine);
  }
  return plans.chosen;
}

}  // namespace

bool searching() noexcept {
  const auto ask = g_searching.load(std::memory_order_relaxed);
  return ask && ask();
}
bool is_forced(std::string_view slot) {
  const auto forces = g_forces.load(std::memory_order_relaxed);
  return forces && forces(slot, "cudnn");
}
void set_host(const DeviceHost& host) {
  g_searching = host.searches_algorithms;
  g_forces = host.forces_kernel;
}

Refusal refuse(DType dtype) {
  if (!library().missing.empty()) return library().refusal;
  if (!has_data_type(dtype))
    return {"cuDNN is given float32, float16 and bfloat16 alone, dtype is {}", static_cast<int>(dtype)};
  return {};
}

Refusal refuse(const Request& request, const Context& context) {
  const std::shared_ptr<CachedPlans> plans = find(request, context);
  if (plans->left && !is_forced(request.key.op())) return plans->left;
  return plans->refusal;
}

void run(const Request& request, const Context& context, const std::vector<Operand>& operands) {
  const std::shared_ptr<CachedPlans> plans = find(request, context);
  check<BackendError>(!plans->candidates.empty(), "{}: cuDNN was to run a problem that it refuses", request.key.op());
  const std::shared_ptr<Plan> plan = choose(request, context, *plans, operands);
  if (is_capturing(context.device)) keep_for_ever(plan);
  execute(*plan, context, operands);
  note_engine(request.key.op(), plan->note);
}

}  // namespace cresset::cuda::backend::cudnn
