// Recording an op: `if (needs_history(a, b)) record(y, "MulBackward0", [saved…](const Tensor& grad, Grads& out) { … },
// a, b);`
#pragma once

#include <new>
#include <optional>
#include <type_traits>

#include "autograd/node.h"
#include "autograd/saved_tensor.h"
#include "core/cpu_allocator.h"
#include "core/thread_state.h"

namespace cresset {

// Brings the history of a view up to date with writes to its base and that base's other views; see view.cpp.
void refresh_view(detail::TensorImpl& view);

// Whether a gradient can flow into t.
inline bool wants_grad(const Tensor& t) {
  detail::TensorImpl* impl = t.impl();
  if (!impl) return false;
  if (impl->meta && impl->meta->base.defined()) refresh_view(*impl);
  return impl->requires_grad || impl->grad_fn;
}

// Whether the op that reads these must be recorded.
template <class... Tensors>
bool needs_history(const Tensors&... inputs) {
  return thread_state.grad_enabled && (wants_grad(inputs) || ...);
}
inline bool needs_history(const std::vector<Tensor>& inputs) {
  if (!thread_state.grad_enabled) return false;
  for (const Tensor& t : inputs)
    if (wants_grad(t)) return true;
  return false;
}

// The backward is a callable `void(const Tensor& grad, Grads& out)`, called only with a defined gradient. What it
// captured is let go after use; where that was more than numbers, a second use is an error. `Edges` holds the edges: an
// array, or a vector where their number is not known.
template <class F, class Edges>
struct FunctionNode final : Node {
  FunctionNode(const char* op, F f, Edges e)
      : Node(op, static_cast<std::uint32_t>(e.size()), nullptr), function(std::move(f)), owned(std::move(e)) {
    edges = owned.data();
    stamp(*this);
  }
  void apply(Tensor* grads, Grads& out) override {
    if (grads[0].defined()) (*function)(static_cast<const Tensor&>(grads[0]), out);
  }
  void release() noexcept override {
    if constexpr (!std::is_trivially_destructible_v<F>) function.reset();
  }
  bool released() const noexcept override { return !function.has_value(); }

  std::optional<F> function;
  Edges owned;
};

template <class N, class... Args>
Ref<Node> new_node(Args&&... args) {
  void* block = cpu_allocate(sizeof(N));
  N* node;
  try {
    node = new (block) N(std::forward<Args>(args)...);
  } catch (...) {
    cpu_free(block, sizeof(N));
    throw;
  }
  node->bytes = sizeof(N);
  count_live(&ThreadState::nodes, 1);
  return Ref<Node>(node);
}

template <class F, class... Tensors>
Ref<Node> function_node(const char* op, F&& f, const Tensors&... inputs) {
  using Edges = std::array<Edge, sizeof...(Tensors)>;
  return new_node<FunctionNode<std::decay_t<F>, Edges>>(op, std::forward<F>(f), Edges{gradient_edge(inputs)...});
}

// For a backward without a gradient of its own: UnsupportedError, naming the op, where one is asked for. Gives the
// gradient without its history.
Tensor once_differentiable(const char* op, const Tensor& grad);

// Makes output `nr` of the node y's history.
inline void set_history(const Tensor& y, Ref<Node> node, std::uint32_t nr = 0) {
  detail::TensorImpl& impl = *y.impl();
  impl.grad_fn = std::move(node);
  impl.output_nr = nr;
}

// The result of an op that is made of others, under the name that PyTorch has for the whole.
inline Tensor named(Tensor y, const char* op) {
  if (Node* node = y.impl()->grad_fn.get()) node->name = op;
  return y;
}

template <class F, class... Tensors>
void record(const Tensor& y, const char* op, F&& f, const Tensors&... inputs) {
  set_history(y, function_node(op, std::forward<F>(f), inputs...));
}

template <class F>
void record_list(const Tensor& y, const char* op, F&& f, const std::vector<Tensor>& inputs) {
  std::vector<Edge> edges;
  edges.reserve(inputs.size());
  for (const Tensor& t : inputs) edges.push_back(gradient_edge(t));
  set_history(y, new_node<FunctionNode<std::decay_t<F>, std::vector<Edge>>>(op, std::forward<F>(f), std::move(edges)));
}

}  // namespace cresset
