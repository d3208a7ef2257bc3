// What running a network once, to see what it does, takes.
#pragma once

#include <cresset/nn/module.h>

#include <utility>
#include <vector>

namespace cresset::nn {

// A network in eval mode for a while. Each module below goes back to the mode that it had: they may differ.
class EvalGuard {
 public:
  explicit EvalGuard(ModuleBase& net) {
    for (ModuleBase* module : net.modules()) {
      if (!module->is_training()) continue;
      module->shared_state().training = false;
      training_.push_back(module->shared_state_ptr());
    }
  }
  ~EvalGuard() {
    for (const auto& state : training_) state->training = true;
  }
  EvalGuard(const EvalGuard&) = delete;
  EvalGuard& operator=(const EvalGuard&) = delete;

 private:
  std::vector<std::shared_ptr<detail::ModuleState>> training_;
};

// Hooks that are gone at the end of the scope.
class ScopedHooks {
 public:
  ScopedHooks() = default;
  ~ScopedHooks() {
    for (HookHandle& handle : handles_) handle.remove();
  }
  ScopedHooks(const ScopedHooks&) = delete;
  ScopedHooks& operator=(const ScopedHooks&) = delete;
  void add(HookHandle handle) { handles_.push_back(std::move(handle)); }

 private:
  std::vector<HookHandle> handles_;
};

// Of an input that goes with the network's parameters.
inline TensorOptions input_options(const ModuleBase& net) {
  const auto parameters = net.parameters();
  if (parameters.empty()) return {};
  return {.dtype = parameters.front().dtype(), .device = parameters.front().device()};
}

}  // namespace cresset::nn
