// What all optimisers have in common.
#pragma once

#include <cresset/autograd.h>
#include <cresset/state_dict.h>
#include <cresset/tensor.h>

#include <memory>
#include <optional>
#include <vector>

namespace cresset::optim {

namespace detail {
class OptimizerCore;
}

// Parameters that share options, which may be changed between steps: `opt.param_groups()[0].lr = 0.01`.
template <class Options>
class ParamGroup : public Options {
 public:
  ParamGroup(std::vector<Tensor> params, const Options& options) : Options(options), params_(std::move(params)) {}
  const std::vector<Tensor>& params() const { return params_; }

  std::optional<double> initial_lr = {};  // set by learning rate schedulers

 private:
  std::vector<Tensor> params_;
};

// A handle, as modules are: copies are further names of the same optimiser, and an SGD may be kept as an Optimizer.
// torch.optim.Optimizer.
class CRESSET_API Optimizer {
 public:
  // Changes all parameters that have a gradient, by one kernel call for each group; the others stay as they are.
  void step();
  // Calls `closure`, which computes and returns the loss and its gradients, before the step.
  template <class Closure>
  Tensor step(Closure closure) {
    EnableGradGuard enable_grad;
    Tensor loss = closure();
    step();
    return loss;
  }
  void zero_grad(bool set_to_none = true);

  // The learning rate of one group, and a new one for all groups.
  double lr(std::size_t group = 0) const;
  void set_lr(double lr);
  std::size_t group_count() const;

  // PyTorch's structure with its keys joined by dots, so that it can be saved as it is: "state.0.momentum_buffer" (0:
  // the parameter's place among all), "param_groups.0.lr" (0-dimensional, float64 or bool), "param_groups.0.params"
  // (int64). The state tensors share storage with the optimiser's.
  StateDict state_dict() const;
  // Takes over copies of the state, in each parameter's dtype and on its device, and the groups' options. Throws
  // ValueError where groups, shapes or names do not fit; nothing has changed then.
  void load_state_dict(const StateDict& state_dict);

  // As torch.optim.SGD's repr.
  std::string str() const;
  // For schedulers.
  detail::OptimizerCore& core() const { return *core_; }

 protected:
  explicit Optimizer(std::shared_ptr<detail::OptimizerCore> core) : core_(std::move(core)) {}

 private:
  std::shared_ptr<detail::OptimizerCore> core_;
};

CRESSET_API std::ostream& operator<<(std::ostream& out, const Optimizer& optimizer);

}  // namespace cresset::optim
