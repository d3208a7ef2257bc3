// Recording and differentiating: guards, hooks, grad(), custom functions, anomaly detection.
#pragma once

#include <cresset/tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cresset {

// Whether ops of this thread record history; true at the start of a thread.
CRESSET_API bool is_grad_enabled() noexcept;
CRESSET_API bool is_inference_mode_enabled() noexcept;

// Sets recording for a scope, on this thread.
class CRESSET_API GradModeGuard {
 public:
  explicit GradModeGuard(bool enabled) noexcept;
  ~GradModeGuard();
  GradModeGuard(const GradModeGuard&) = delete;
  GradModeGuard& operator=(const GradModeGuard&) = delete;

 private:
  bool before_;
};
struct NoGradGuard : GradModeGuard {
  NoGradGuard() noexcept : GradModeGuard(false) {}
};
struct EnableGradGuard : GradModeGuard {
  EnableGradGuard() noexcept : GradModeGuard(true) {}
};

// As NoGradGuard; besides, tensors made inside are inference tensors: they keep no version counter and cannot be saved
// for a backward pass later.
class CRESSET_API InferenceMode {
 public:
  explicit InferenceMode(bool enabled = true) noexcept;
  ~InferenceMode();
  InferenceMode(const InferenceMode&) = delete;
  InferenceMode& operator=(const InferenceMode&) = delete;

 private:
  bool grad_before_, inference_before_;
};

// A hook on the gradient of a tensor: any callable `Tensor(const Tensor&)` or `void(const Tensor&)`.
class GradHook {
 public:
  template <class F>
  requires std::is_invocable_v<F, const Tensor&> &&(!std::is_same_v<std::remove_cvref_t<F>, GradHook>)GradHook(F f) {
    if constexpr (std::is_void_v<std::invoke_result_t<F, const Tensor&>>)
      call = [f = std::move(f)](const Tensor& grad) mutable {
        f(grad);
        return Tensor();
      };
    else
      call = std::move(f);
  }
  std::function<Tensor(const Tensor&)> call;
};

// Removes what it stands for; does nothing where that is gone already.
class HookHandle {
 public:
  explicit HookHandle(std::function<void()> remove) : remove_(std::move(remove)) {}
  void remove() {
    if (auto f = std::exchange(remove_, nullptr)) f();
  }

 private:
  std::function<void()> remove_;
};

namespace autograd {

struct GradOptions {
  std::vector<Tensor> grad_outputs =
      {};  // one for each output; may be left out (or undefined) for outputs of one element
  std::optional<bool> retain_graph = {};  // default: create_graph
  bool create_graph = false;
  bool allow_unused = false;  // an input that is not part of the graph gives an undefined tensor, not an error
};
// Gradients of the sum of outputs with respect to inputs; `.grad` of no tensor changes.
// https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html
CRESSET_API std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                                     const GradOptions& options = {});
CRESSET_API void backward(const std::vector<Tensor>& tensors, const std::vector<Tensor>& grad_tensors = {},
                          BackwardOptions options = {});

// Finds where a NaN comes from: while on, a backward function that gives NaN throws, naming the node of the
// forward op and which of its gradients it was.
class CRESSET_API DetectAnomaly {
 public:
  explicit DetectAnomaly(bool check_nan = true) noexcept;
  ~DetectAnomaly();
  DetectAnomaly(const DetectAnomaly&) = delete;
  DetectAnomaly& operator=(const DetectAnomaly&) = delete;

 private:
  bool before_;
};

// What a custom function keeps between its forward and its backward.
class CRESSET_API FunctionContext {
 public:
  void save_for_backward(std::vector<Tensor> tensors);
  // The saved tensors; throws where one was changed in place since.
  std::vector<Tensor> saved_tensors() const;
  void mark_non_differentiable(const std::vector<Tensor>& outputs);
  bool needs_input_grad(std::size_t input) const;

  struct State;
  explicit FunctionContext(State& state) : state_(&state) {}

 private:
  State* state_;
};

using FunctionForward = std::function<std::vector<Tensor>(FunctionContext&, const std::vector<Tensor>&)>;
using FunctionBackward = std::function<std::vector<Tensor>(FunctionContext&, const std::vector<Tensor>&)>;
CRESSET_API std::vector<Tensor> apply_function(std::string name, FunctionForward forward, FunctionBackward backward,
                                               const std::vector<Tensor>& inputs);

// A custom differentiable function: `struct Square : autograd::Function<Square>` with static `Tensor
// forward(FunctionContext&, const Tensor&…)` (or vector<Tensor>) and static `std::vector<Tensor>
// backward(FunctionContext&, const std::vector<Tensor>& grads)`, one gradient for each input (undefined for none);
// `Square::apply(x)`. The backward is itself recorded under create_graph. The class may have `static constexpr const
// char* name`.
template <class Derived>
struct Function {
  template <class... Inputs>
  static auto apply(const Inputs&... inputs) {
    const char* name = "Function";
    if constexpr (requires { Derived::name; }) name = Derived::name;
    constexpr bool single =
        std::is_same_v<decltype(Derived::forward(std::declval<FunctionContext&>(), inputs...)), Tensor>;
    auto outputs = apply_function(
        std::string(name) + "Backward",
        [&](FunctionContext& context, const std::vector<Tensor>& in) {
          return [&]<std::size_t... i>(std::index_sequence<i...>) {
            if constexpr (single)
              return std::vector<Tensor>{Derived::forward(context, in[i]...)};
            else
              return Derived::forward(context, in[i]...);
          }
          (std::index_sequence_for<Inputs...>{});
        },
        [](FunctionContext& context, const std::vector<Tensor>& grads) { return Derived::backward(context, grads); },
        {inputs...});
    if constexpr (single)
      return Tensor(std::move(outputs[0]));
    else
      return outputs;
  }
};

// Nodes of the tape and bytes of tensor storage alive in this process; for leak checks.
struct LiveCounts {
  std::int64_t nodes;
  std::int64_t tensors;
  std::int64_t storage_bytes;
};
CRESSET_API LiveCounts live_counts() noexcept;

}  // namespace autograd
}  // namespace cresset
