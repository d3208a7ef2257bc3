#include "backend/cuda/cudnn/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "backend/cuda/cudnn/library.h"

namespace cresset::cuda::backend::cudnn {
namespace {

Descriptor operation_graph(const Graph& graph, const Target& target) {
  Descriptor d(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  d.set_descriptors(CUDNN_ATTR_OPERATIONGRAPH_OPS, graph.operations());
  if (target.handle) d.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, target.handle);
  d.finalize();
  return d;
}

std::vector<Descriptor> engine_configs(const Descriptor& graph, const Target& target, cudnnBackendHeurMode_t mode) {
  Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  if (target.card) heuristics.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *target.card);
  heuristics.finalize();
  return heuristics.get_descriptors(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
}

bool has(const std::vector<cudnnBackendNumericalNote_t>& notes, cudnnBackendNumericalNote_t note) {
  return std::find(notes.begin(), notes.end(), note) != notes.end();
}

std::string engine_name(const Descriptor& config, const Descriptor& engine) {
  std::string knobs;
  for (const Descriptor& choice :
       config.get_descriptors(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR))
    knobs += fmt::format("{}k{}={}", knobs.empty() ? "" : ",",
                         static_cast<int>(choice.get<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE)),
                         choice.get<std::int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
  return fmt::format("eng{}{{{}}}", engine.get<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX), knobs);
}

// Why engines were passed over.
struct Passed {
  std::int64_t seen = 0, nondeterministic = 0, rounding = 0, too_large = 0, smallest = 0, failed = 0;
  std::string words;  // of the last that failed

  Refusal refusal(const Limits& limits) const {
    if (seen == 0) return "cuDNN has no engine for it";
    if (failed == seen) return lasting_text("no engine of cuDNN takes it: " + words);
    if (too_large == seen)
      return {"cuDNN needs a workspace of at least {} bytes for it, and the limit is {}", smallest, limits.workspace};
    return {
        "of the {} engines that cuDNN has for it, {} may give other bits from run to run, {} round more than the dtype "
        "does (allow_tf32), and {} need a larger workspace than the limit or do not take it",
        seen, nondeterministic, rounding, too_large + failed};
  }
};

std::shared_ptr<Plan> make_plan(const Descriptor& config, const Target& target, const Limits& limits, Passed& passed) {
  ++passed.seen;
  const auto engines = config.get_descriptors(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  const Descriptor& engine = engines.at(0);
  const auto notes = engine.get_all<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE);
  if (!limits.nondeterministic && has(notes, CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) {
    ++passed.nondeterministic;
    return nullptr;
  }
  // A tensor core takes float32 as tf32. Sums of 16-bit types are float32's, as far as the notes tell: a
  // gradient of 9.14's on an H100 was off by what rounding parts to 16 bits gives, and no engine that 9.14 names for a
  // described H100 has a note of that.
  if (has(notes, CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION) ||
      (limits.float32 && !limits.tf32 &&
       ((limits.products && has(notes, CUDNN_NUMERICAL_NOTE_TENSOR_CORE)) ||
        has(notes, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS)))) {
    ++passed.rounding;
    return nullptr;
  }
  try {
    Descriptor d(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    d.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config);
    if (target.handle) d.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, target.handle);
    if (target.card) d.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *target.card);
    d.finalize();
    const auto workspace = d.get<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE);
    if (workspace > limits.workspace) {
      passed.smallest = passed.too_large == 0 ? workspace : std::min(passed.smallest, workspace);
      ++passed.too_large;
      return nullptr;
    }
    std::string name = engine_name(config, engine), note = fmt::format("{}, workspace {} bytes", name, workspace);
    const bool transforms = std::any_of(notes.begin(), notes.end(), [](cudnnBackendNumericalNote_t n) {
      return n == CUDNN_NUMERICAL_NOTE_FFT || n == CUDNN_NUMERICAL_NOTE_WINOGRAD ||
             n == CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4 || n == CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6 ||
             n == CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13;
    });
    return std::shared_ptr<Plan>(new Plan{{workspace, has(notes, CUDNN_NUMERICAL_NOTE_TENSOR_CORE), transforms},
                                          std::move(d),
                                          std::move(name),
                                          std::move(note),
                                          {}});
  } catch (const Failure& failure) {
    ++passed.failed;
    passed.words = failure.what();
    return nullptr;
  }
}

}  // namespace

std::vector<std::shared_ptr<Plan>> make_plans(const Graph& graph, const Target& target, const Limits& limits,
                                              std::size_t most, Refusal& refusal) {
  std::vector<std::shared_ptr<Plan>> plans;
  const Descriptor operations = operation_graph(graph, target);
  Passed passed;
  for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    std::vector<Descriptor> configs;
    try {
      configs = engine_configs(operations, target, mode);
    } catch (const Failure& failure) {  // one mode may know nothing of a graph that the other knows
      passed.words = failure.what();
    }
    for (const Descriptor& config : configs) {
      if (plans.size() == most) break;
      std::shared_ptr<Plan> plan = make_plan(config, target, limits, passed);
      if (plan && std::none_of(plans.begin(), plans.end(), [&](const auto& p) { return p->engine == plan->engine; }))
        plans.push_back(std::move(plan));
    }
    if (!plans.empty()) return plans;
  }
  refusal = passed.refusal(limits);
  return plans;
}

}  // namespace cresset::cuda::backend::cudnn
