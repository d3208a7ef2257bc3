// Custom functions.
#include <cresset/autograd.h>
#include <cresset/creation.h>

#include <algorithm>

#include "autograd/record.h"
#include "core/check.h"
#include "ops/view_strides.h"

namespace cresset::autograd {

struct FunctionContext::State {
  std::vector<Tensor> to_save;
  std::vector<Tensor> non_differentiable;
  std::vector<SavedTensor> saved;
  std::vector<bool> needs;
  Node* node = nullptr;  // set while the backward runs
};

namespace {

struct CustomNode final : Node {
  CustomNode(std::string label, FunctionBackward f, std::unique_ptr<FunctionContext::State> s,
             const std::vector<Tensor>& from)
      : Node("", static_cast<std::uint32_t>(from.size()), nullptr),
        text(std::move(label)),
        backward(std::move(f)),
        state(std::move(s)) {
    for (const Tensor& t : from) {
      list.push_back(gradient_edge(t));
      input_shapes.push_back(t.shape());
      input_dtypes.push_back(t.dtype());
    }
    edges = list.data();
    name = text.c_str();
    stamp(*this);
  }
  void apply(Tensor* grads, Grads& out) override {
    std::vector<Tensor> given(grads, grads + outputs);
    for (std::size_t i = 0; i < given.size(); ++i)
      if (!given[i].defined()) given[i] = zeros(shapes[i], {.dtype = dtypes[i]});
    state->node = this;
    FunctionContext context(*state);
    std::vector<Tensor> result = backward(context, given);
    check<ValueError>(result.size() == inputs,
                      "function {} returned an incorrect number of gradients (expected {}, got {})", text, inputs,
                      result.size());
    for (std::size_t i = 0; i < result.size(); ++i)
      if (out.needs(i) && result[i].defined()) out[i] = fitted(i, std::move(result[i]));
  }
  void release() noexcept override { state.reset(); }
  bool released() const noexcept override { return !state; }

  // A gradient of the input's shape and type: what broadcasting repeated is added up.
  Tensor fitted(std::size_t i, Tensor grad) const {
    const Shape& wanted = input_shapes[i];
    if (grad.shape() != wanted) {
      bool fits = wanted.size() <= grad.dim();
      for (int d = 1; fits && d <= wanted.size(); ++d)
        fits = wanted[wanted.size() - d] == 1 || wanted[wanted.size() - d] == grad.size(-d);
      check<ShapeError>(fits,
                        "function {} returned an invalid gradient at index {} - got {} but expected shape compatible "
                        "with {}",
                        text, i, grad.shape(), wanted);
      grad = sum_to_shape(grad, wanted);
    }
    return grad.dtype() == input_dtypes[i] ? grad : grad.to(input_dtypes[i]);
  }

  std::string text;
  FunctionBackward backward;
  std::unique_ptr<FunctionContext::State> state;
  std::vector<Edge> list;
  std::vector<Shape> shapes, input_shapes;  // of the outputs, of the inputs
  std::vector<DType> dtypes, input_dtypes;
};

bool contains(const std::vector<Tensor>& list, const Tensor& t) {
  return std::any_of(list.begin(), list.end(), [&](const Tensor& other) { return other.is_same(t); });
}

}  // namespace

void FunctionContext::save_for_backward(std::vector<Tensor> tensors) { state_->to_save = std::move(tensors); }
void FunctionContext::mark_non_differentiable(const std::vector<Tensor>& outputs) {
  state_->non_differentiable = outputs;
}
bool FunctionContext::needs_input_grad(std::size_t input) const {
  return input < state_->needs.size() && state_->needs[input];
}
std::vector<Tensor> FunctionContext::saved_tensors() const {
  if (!state_->node) return state_->to_save;
  std::vector<Tensor> result;
  for (const SavedTensor& saved : state_->saved) result.push_back(saved.get(*state_->node));
  return result;
}

std::vector<Tensor> apply_function(std::string name, FunctionForward forward, FunctionBackward backward,
                                   const std::vector<Tensor>& inputs) {
  auto state = std::make_unique<FunctionContext::State>();
  const bool history = needs_history(inputs);
  for (const Tensor& t : inputs) state->needs.push_back(history && wants_grad(t));
  FunctionContext context(*state);
  std::vector<Tensor> outputs;
  {
    NoGradGuard no_grad;
    outputs = forward(context, inputs);
  }
  if (!history) return outputs;
  // An input that is handed back becomes an output of its own.
  for (Tensor& y : outputs)
    if (contains(inputs, y)) y = alias(y);
  auto keep = std::exchange(state->to_save, {});
  const std::vector<Tensor> constants = std::exchange(state->non_differentiable, {});
  FunctionContext::State& kept = *state;
  Ref<Node> node = new_node<CustomNode>(std::move(name), std::move(backward), std::move(state), inputs);
  auto& custom = static_cast<CustomNode&>(*node);
  custom.outputs = static_cast<std::uint32_t>(outputs.size());
  for (std::uint32_t i = 0; i < outputs.size(); ++i) {
    custom.shapes.push_back(outputs[i].shape());
    custom.dtypes.push_back(outputs[i].dtype());
  }
  for (const Tensor& t : keep) {
    const auto at = std::find_if(outputs.begin(), outputs.end(), [&](const Tensor& y) { return y.is_same(t); });
    kept.saved.push_back(at == outputs.end()
                             ? SavedTensor(t)
                             : SavedTensor::output(t, static_cast<std::uint32_t>(at - outputs.begin())));
  }
  for (std::uint32_t i = 0; i < outputs.size(); ++i)
    if (is_floating_point(outputs[i].dtype()) && !contains(constants, outputs[i])) set_history(outputs[i], node, i);
  return outputs;
}

}  // namespace cresset::autograd
