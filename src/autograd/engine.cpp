// A node's sequence number is greater than that of all nodes it leads to, so taking the pending node with the greatest
// number next means that all its gradients have arrived: no counting of dependencies, no recursion, and a fixed order
// of additions.
#include "autograd/engine.h"

#include <cresset/ops.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "core/check.h"
#include "core/thread_state.h"
#include "ops/autocast.h"

namespace cresset {
namespace {

// Adds in place where nobody else can see the sum so far.
void add_grad(Tensor& sum, Tensor grad) {
  if (!sum.defined()) {
    sum = std::move(grad);
    return;
  }
  detail::TensorImpl& impl = *sum.impl();
  if (!is_grad_enabled() && impl.unique() && impl.storage->unique() && impl.contiguous && impl.dtype == grad.dtype())
    sum.add_(grad);
  else
    sum = sum + grad;
}

// Serialises accumulation into one leaf by several threads.
std::mutex& leaf_mutex(const detail::TensorImpl* leaf) {
  static std::array<std::mutex, 16> mutexes;
  return mutexes[(reinterpret_cast<std::uintptr_t>(leaf) >> 8) % mutexes.size()];
}

// What a hook gives in place of a gradient.
Tensor checked(Tensor changed, const Tensor& grad) {
  check<DTypeError>(changed.dtype() == grad.dtype(), "hook: must not change the type of value (was {}, got {})", grad,
                    changed);
  check<ShapeError>(changed.shape() == grad.shape(), "hook: must not change the size of value (was {}, got {})", grad,
                    changed);
  return changed;
}

Tensor run_leaf_hooks(const Tensor& leaf, Tensor grad) {
  const auto hooks = leaf.impl()->meta ? leaf.impl()->meta->hooks : nullptr;
  if (!hooks) return grad;
  const GradHookList copy = *hooks;  // a hook may remove itself
  for (const auto& [id, call] : copy)
    if (Tensor changed = call(grad); changed.defined()) grad = checked(std::move(changed), grad);
  return grad;
}

bool has_hooks(const Tensor& leaf) { return leaf.impl()->meta && leaf.impl()->meta->hooks; }

void accumulate(const Tensor& leaf, Tensor grad) {
  detail::TensorImpl& impl = *leaf.impl();
  check<ShapeError>(grad.shape() == impl.sizes,
                    "backward: the gradient of a tensor of shape {} must have that shape, got {}", impl.sizes,
                    grad.shape());
  std::lock_guard lock(leaf_mutex(&impl));
  Tensor& held = meta_of(impl).grad;
  if (!held.defined()) {
    const bool layout_kept = grad.strides() == impl.strides || (impl.contiguous && grad.is_contiguous());
    if (is_grad_enabled())
      held = std::move(grad);
    else if (grad.impl()->unique() && grad.impl()->storage->unique() && layout_kept)
      held = std::move(grad);  // nobody else has it
    else
      held = new_tensor_strided(impl.sizes, impl.numel == 0 ? dense_strides(impl.sizes) : empty_like(leaf).strides(),
                                grad.dtype(), grad.device())
                 .copy_(grad);
  } else if (is_grad_enabled()) {
    held = held + grad;
  } else {
    held.add_(grad);
  }
}

class Run {
 public:
  explicit Run(const EngineOptions& options)
      : options_(options), results_(options.inputs ? options.inputs->size() : 0) {}

  std::vector<Tensor> operator()(const std::vector<Edge>& roots, std::vector<Tensor> root_grads) {
    if (options_.inputs) find_path(roots);
    for (std::size_t i = 0; i < roots.size(); ++i) deliver(roots[i], std::move(root_grads[i]));
    while (!order_.empty()) {
      std::pop_heap(order_.begin(), order_.end());
      auto next = pending_.extract(order_.back().node);
      order_.pop_back();
      run_node(next.mapped());
    }
    for (auto& [leaf, sum] : hooked_) accumulate(leaf, run_leaf_hooks(leaf, std::move(sum)));
    for (std::size_t i = 0; i < results_.size(); ++i)
      if (const Tensor& input = (*options_.inputs)[i]; results_[i].defined() && !input.impl()->grad_fn)
        results_[i] = run_leaf_hooks(input, std::move(results_[i]));
    return std::move(results_);
  }

 private:
  struct Pending {
    Ref<Node> node;
    std::vector<Tensor> grads;  // one for each output
  };
  struct Turn {
    std::uint64_t sequence, arrival;  // arrival decides between nodes that different threads made
    Node* node;
    bool operator<(const Turn& other) const {
      return sequence != other.sequence ? sequence < other.sequence : arrival > other.arrival;
    }
  };

  void deliver(const Edge& edge, Tensor grad) {
    if (!grad.defined()) return;
    if (edge.leaf.defined()) {
      // A number on the CPU that met tensors of a device.
      if (grad.impl()->device != edge.leaf.impl()->device) [[unlikely]]
        grad = grad.to(edge.leaf.device());
      if (!options_.inputs && !has_hooks(edge.leaf)) return accumulate(edge.leaf, std::move(grad));
      if (!options_.inputs) return keep_for_hooks(edge.leaf, std::move(grad));
      for (std::size_t i = 0; i < results_.size(); ++i)
        if ((*options_.inputs)[i].is_same(edge.leaf)) add_grad(results_[i], grad);
      return;
    }
    Node* node = edge.node.get();
    if (!node || (options_.inputs && !on_path_.contains(node))) return;
    auto [at, fresh] = pending_.try_emplace(node);
    if (fresh) {
      at->second = {edge.node, std::vector<Tensor>(node->outputs)};
      order_.push_back({node->sequence, arrivals_++, node});
      std::push_heap(order_.begin(), order_.end());
    }
    add_grad(at->second.grads[edge.nr], std::move(grad));
  }

  // A hook sees the whole gradient, once: the parts are added first.
  void keep_for_hooks(const Tensor& leaf, Tensor grad) {
    const auto at =
        std::find_if(hooked_.begin(), hooked_.end(), [&](const auto& entry) { return entry.first.is_same(leaf); });
    if (at == hooked_.end())
      hooked_.emplace_back(leaf, std::move(grad));
    else
      add_grad(at->second, std::move(grad));
  }

  void run_node(Pending& pending) {
    Node& node = *pending.node;
    if (node.hooks) run_hooks(node, pending.grads);
    if (options_.inputs && !capture(node, pending.grads)) return;
    check<ValueError>(!node.released(),
                      "{}: Trying to backward through the graph a second time (or directly access saved tensors after "
                      "they have already been freed). Saved intermediate values of the graph are freed when you call "
                      "backward() or autograd::grad(). Specify retain_graph = true if you need to backward through the "
                      "graph a second time.",
                      node.name);
    slots_.assign(node.inputs, Tensor());
    Grads out(node, slots_.data());
    node.apply(pending.grads.data(), out);
    if (thread_state.anomaly_mode) check_nan(node);
    if (!options_.retain_graph) node.release();
    pending.grads.clear();
    for (std::uint32_t i = 0; i < node.inputs; ++i) deliver(node.edges[i], std::move(slots_[i]));
  }

  static void run_hooks(Node& node, std::vector<Tensor>& grads) {
    const std::vector<NodeHook> copy = *node.hooks;  // a hook may remove itself
    for (const NodeHook& hook : copy)
      if (Tensor& grad = grads[hook.output_nr]; grad.defined())
        if (Tensor changed = hook.call(grad); changed.defined()) grad = checked(std::move(changed), grad);
  }

  // Keeps what arrived for an input that is an output of this node; false where the node need not run for the sake of
  // other inputs.
  bool capture(const Node& node, const std::vector<Tensor>& grads) {
    for (std::size_t i = 0; i < results_.size(); ++i) {
      const detail::TensorImpl& input = *(*options_.inputs)[i].impl();
      if (input.grad_fn.get() == &node) results_[i] = grads[input.output_nr];
    }
    return on_path_.at(&node);
  }

  void check_nan(const Node& node) const {
    for (const Tensor& grad : slots_)
      check<ValueError>(!grad.defined() || !grad.is_floating_point() || !(grad != grad).any().item<bool>(),
                        "Function '{}' returned nan values in its {}th output.", node.name, &grad - slots_.data());
  }

  // Fills on_path_ with the nodes through which an input is reached; the value says whether one lies beyond the node.
  void find_path(const std::vector<Edge>& roots) {
    std::unordered_set<const void*> wanted;
    for (const Tensor& input : *options_.inputs)
      wanted.insert(input.impl()->grad_fn ? static_cast<const void*>(input.impl()->grad_fn.get()) : input.impl());
    std::vector<const Node*> reached;
    std::unordered_set<const Node*> seen;
    for (const Edge& root : roots)
      if (root.node && seen.insert(root.node.get()).second) reached.push_back(root.node.get());
    for (std::size_t i = 0; i < reached.size(); ++i)
      for (std::uint32_t e = 0; e < reached[i]->inputs; ++e)
        if (const Node* from = reached[i]->edges[e].node.get(); from && seen.insert(from).second)
          reached.push_back(from);
    // Every node comes after those that it leads to.
    std::sort(reached.begin(), reached.end(), [](const Node* a, const Node* b) { return a->sequence < b->sequence; });
    for (const Node* node : reached) {
      bool beyond = false;
      for (std::uint32_t e = 0; e < node->inputs; ++e) {
        const Edge& edge = node->edges[e];
        beyond |=
            edge.leaf.defined() ? wanted.contains(edge.leaf.impl()) : edge.node && on_path_.contains(edge.node.get());
      }
      if (beyond || wanted.contains(node)) on_path_[node] = beyond;
    }
  }

  const EngineOptions& options_;
  std::vector<Tensor> results_;
  std::unordered_map<Node*, Pending> pending_;
  std::vector<std::pair<Tensor, Tensor>> hooked_;  // leaves with hooks, and what arrived for them
  std::vector<Turn> order_;
  std::vector<Tensor> slots_;
  std::unordered_map<const Node*, bool> on_path_;
  std::uint64_t arrivals_ = 0;
};

}  // namespace

std::vector<Tensor> run_backward(const std::vector<Edge>& roots, std::vector<Tensor> root_grads,
                                 const EngineOptions& options) {
  GradModeGuard mode(options.create_graph);
  const autocast::Pause pause;  // every op in the dtype of its forward
  return Run(options)(roots, std::move(root_grads));
}

}  // namespace cresset
