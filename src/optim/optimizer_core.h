// What an Optimizer stands for: groups of parameters, their state, and the step.
#pragma once

#include <cresset/extension/optimizer.h>
#include <cresset/extension/registry.h>
#include <cresset/optim/optimizer.h>

#include <array>
#include <set>
#include <string_view>

#include "core/check.h"

namespace cresset::optim::detail {

// The state of one parameter: tensors like it, undefined until first needed, and the number of steps.
struct ParamState {
  std::array<Tensor, 3> tensors;
  double steps = 0;
  // Of a 16-bit parameter with master weights: the float32 copy, and the parameter's version for which it holds.
  Tensor master;
  std::uint32_t version = 0;
};

class OptimizerCore : public std::enable_shared_from_this<OptimizerCore> {
 public:
  virtual ~OptimizerCore() = default;
  virtual const char* name() const = 0;
  virtual void step() = 0;
  virtual std::size_t group_count() const = 0;
  virtual const std::vector<Tensor>& params(std::size_t group) const = 0;
  virtual double& lr(std::size_t group) = 0;
  virtual std::optional<double>& initial_lr(std::size_t group) = 0;
  // What cycles with the learning rate: SGD's momentum, Adam's first beta.
  virtual double& momentum(std::size_t group) = 0;
  virtual StateDict state_dict() = 0;
  virtual void load_state_dict(const StateDict& state_dict) = 0;
  virtual std::string str() const = 0;
};

// Whether a parameter of this dtype has a copy in float32, where the options ask for it; the rest of its state has the
// copy's dtype then.
inline DType state_dtype(DType parameter, bool master_weights) {
  return master_weights && element_size(parameter) == 2 ? kFloat32 : parameter;
}

// Checks a new group against those that are there, in PyTorch's words.
void check_params(const char* optimizer, const std::vector<Tensor>& params, const std::set<const void*>& known);

// One kernel call: the parameters of one group, dtype and device.
class StepBatch {
 public:
  void clear() {
    kernel_tensors_.clear(), parameters_.clear(), states_.clear(), converted_.clear(), writebacks_.clear();
  }
  // Brings gradient and state tensors to the parameter's dtype and order of elements where they differ, and adds the
  // parameter. `captured`: the state must be there already, as the kernel takes it, since a graph's memory is no place
  // for it (UnsupportedError). `dtype`: of the state; float32 beside a 16-bit parameter: with master weights.
  void add(const Tensor& parameter, const Tensor& grad, ParamState& state, int state_tensors, DType dtype,
           bool captured);
  bool empty() const { return parameters_.empty(); }
  template <class Slot>
  void run(Device device, const typename Slot::Problem& problem) {
    cresset::run<Slot>(device, problem, static_cast<const OptimizerTensor*>(kernel_tensors_.data()),
                       static_cast<std::int64_t>(kernel_tensors_.size()));
    finish();
  }

 private:
  void finish();

  std::vector<OptimizerTensor> kernel_tensors_;
  std::vector<Tensor> parameters_;                     // as the user has them
  std::vector<ParamState*> states_;                    // of each
  std::vector<Tensor> converted_;                      // keeps gradients alive that had to be converted
  std::vector<std::pair<Tensor, Tensor>> writebacks_;  // a parameter with gaps, and its dense stand-in
};

}  // namespace cresset::optim::detail
