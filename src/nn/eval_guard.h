// A module in eval mode for a while.
#pragma once

#include <cresset/nn/module.h>

#include <utility>
#include <vector>

namespace cresset::nn {

// Each module below goes back to the mode that it had: they may differ.
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

}  // namespace cresset::nn
