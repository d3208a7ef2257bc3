#include <cresset/creation.h>

#include "autograd/inplace.h"
#include "optim/optimizer_core.h"

namespace cresset::optim::detail {
namespace {

// `tensor` in `dtype` with the device and order of elements of the dense `like`; itself where it has them.
Tensor aligned(const Tensor& tensor, const Tensor& like, DType dtype) {
  if (tensor.dtype() == dtype && tensor.device() == like.device() && same_order(tensor, like)) return tensor;
  Tensor copy = empty_like(like.data(), {.dtype = dtype});
  copy.copy_(tensor);
  return copy;
}

std::uint32_t version_of(const Tensor& t) { return t.impl()->version().load(std::memory_order_relaxed); }

// The float32 copy of `parameter`, of whose elements `target` is the dense form. Who wrote to the parameter since the
// last step wants the steps to go on from there; values that are the copy's rounded (a checkpoint) are no such change.
Tensor master_of(const Tensor& parameter, const Tensor& target, const ParamState& state) {
  if (!state.master.defined()) return aligned(parameter.data(), target, kFloat32);
  Tensor master = aligned(state.master, target, kFloat32);
  if (version_of(parameter) != state.version && !master.to(parameter.dtype()).equal(parameter.data()))
    master.copy_(parameter.data());
  return master;
}

}  // namespace

void check_params(const char* optimizer, const std::vector<Tensor>& params, const std::set<const void*>& known) {
  std::set<const void*> own;
  for (const Tensor& parameter : params) {
    check<ValueError>(parameter.defined(), "{}: a parameter is undefined", optimizer);
    check<ValueError>(parameter.is_leaf(), "{}: can't optimize a non-leaf Tensor", optimizer);
    check<ValueError>(parameter.is_floating_point(), "{}: parameters must be floating-point, got {}", optimizer,
                      cresset::name(parameter.dtype()));
    check<ValueError>(!known.contains(parameter.impl()), "{}: some parameters appear in more than one parameter group",
                      optimizer);
    check<ValueError>(own.insert(parameter.impl()).second,
                      "{}: optimizer contains a parameter group with duplicate parameters", optimizer);
  }
}

void StepBatch::add(const Tensor& parameter, const Tensor& grad, ParamState& state, int state_tensors, DType dtype,
                    bool captured) {
  check<ShapeError>(grad.shape() == parameter.shape(),
                    "step: a parameter of shape {} has a gradient of shape {}; was its data replaced?",
                    parameter.shape(), grad.shape());
  for (int i = 0; i < state_tensors; ++i)
    if (const Tensor& tensor = state.tensors[static_cast<std::size_t>(i)]; tensor.defined())
      check<ShapeError>(tensor.shape() == parameter.shape(),
                        "step: a parameter of shape {} has optimizer state of shape {}; was its data replaced?",
                        parameter.shape(), tensor.shape());
  Tensor target = parameter;
  if (!is_dense(parameter)) {
    target = parameter.data().contiguous();
    writebacks_.emplace_back(parameter, target);
  }
  Tensor fitting = aligned(grad, target, target.dtype());
  OptimizerTensor entry = {};
  entry.param = target.data_ptr();
  constexpr const char* kNotReady =
      "step: a graph that is being captured needs an optimizer that has its state, and has it as the parameters are "
      "now: take one step before the capture";
  if (dtype != target.dtype()) {
    check<UnsupportedError>(!captured || (state.master.defined() && state.version == version_of(parameter) &&
                                          same_order(state.master, target)),
                            kNotReady);
    state.master = master_of(parameter, target, state);
    entry.low_param = std::exchange(entry.param, state.master.data_ptr());
  }
  entry.grad = fitting.data_ptr();
  entry.first = !state.tensors[0].defined();
  for (int i = 0; i < state_tensors; ++i) {
    Tensor& tensor = state.tensors[static_cast<std::size_t>(i)];
    check<UnsupportedError>(!captured || (tensor.defined() && tensor.dtype() == dtype && same_order(tensor, target)),
                            kNotReady);
    tensor = tensor.defined() ? aligned(tensor, target, dtype) : zeros_like(target.data(), {.dtype = dtype});
    entry.state[i] = tensor.data_ptr();
  }
  entry.size = target.numel();
  entry.step = state.steps;
  if (!fitting.is_same(grad)) converted_.push_back(std::move(fitting));
  kernel_tensors_.push_back(entry);
  parameters_.push_back(parameter);
  states_.push_back(&state);
}

void StepBatch::finish() {
  for (const auto& [parameter, dense] : writebacks_) parameter.data().copy_(dense);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    bump_version(parameters_[i]);
    states_[i]->version = version_of(parameters_[i]);
  }
  clear();
}

}  // namespace cresset::optim::detail
