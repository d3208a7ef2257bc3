// The public face of the tape.
#include <cresset/autograd.h>
#include <cresset/ops.h>

#include <algorithm>
#include <atomic>

#include "autograd/engine.h"
#include "autograd/record.h"
#include "core/check.h"
#include "core/thread_state.h"

namespace cresset {

bool is_grad_enabled() noexcept { return thread_state.grad_enabled; }
bool is_inference_mode_enabled() noexcept { return thread_state.inference_mode; }

GradModeGuard::GradModeGuard(bool enabled) noexcept : before_(std::exchange(thread_state.grad_enabled, enabled)) {}
GradModeGuard::~GradModeGuard() { thread_state.grad_enabled = before_; }

InferenceMode::InferenceMode(bool enabled) noexcept
    : grad_before_(thread_state.grad_enabled), inference_before_(thread_state.inference_mode) {
  thread_state.inference_mode = enabled;
  thread_state.grad_enabled = !enabled;
}
InferenceMode::~InferenceMode() {
  thread_state.grad_enabled = grad_before_;
  thread_state.inference_mode = inference_before_;
}

autograd::DetectAnomaly::DetectAnomaly(bool check_nan) noexcept
    : before_(std::exchange(thread_state.anomaly_mode, check_nan)) {}
autograd::DetectAnomaly::~DetectAnomaly() { thread_state.anomaly_mode = before_; }

namespace {

// Edges and starting gradients of tensors to differentiate.
std::pair<std::vector<Edge>, std::vector<Tensor>> roots_of(const char* op, const std::vector<Tensor>& tensors,
                                                           const std::vector<Tensor>& grads) {
  check<ValueError>(grads.empty() || grads.size() == tensors.size(), "{}: got {} tensors and {} gradients", op,
                    tensors.size(), grads.size());
  std::pair<std::vector<Edge>, std::vector<Tensor>> roots;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& t = tensors[i];
    const detail::TensorImpl& impl = impl_of(t);
    Edge edge = gradient_edge(t);
    check<ValueError>(edge.valid(), "{}: element {} of tensors does not require grad and does not have a grad_fn", op,
                      i);
    Tensor grad = grads.empty() ? Tensor() : grads[i];
    if (!grad.defined()) {
      check<ShapeError>(impl.numel == 1, "{}: grad can be implicitly created only for scalar outputs, got shape {}", op,
                        impl.sizes);
      grad = ones_like(t);
    }
    check<ShapeError>(grad.shape() == impl.sizes,
                      "{}: Mismatch in shape: grad_output[{}] has a shape of {} and output[{}] has a shape of {}", op,
                      i, grad.shape(), i, impl.sizes);
    if (grad.dtype() != impl.dtype) grad = grad.to(impl.dtype);
    roots.first.push_back(std::move(edge));
    roots.second.push_back(std::move(grad));
  }
  return roots;
}

std::uint64_t next_hook_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

void autograd::backward(const std::vector<Tensor>& tensors, const std::vector<Tensor>& grad_tensors,
                        BackwardOptions options) {
  auto [edges, grads] = roots_of("backward", tensors, grad_tensors);
  run_backward(edges, std::move(grads),
               {.retain_graph = options.retain_graph || options.create_graph, .create_graph = options.create_graph});
}

std::vector<Tensor> autograd::grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                                   const GradOptions& options) {
  check<ValueError>(!inputs.empty(), "grad: inputs cannot be empty");
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    impl_of(inputs[i]);
    check<ValueError>(wants_grad(inputs[i]), "grad: One of the differentiated Tensors does not require grad (input {})",
                      i);
  }
  auto [edges, grads] = roots_of("grad", outputs, options.grad_outputs);
  auto results = run_backward(edges, std::move(grads),
                              {.retain_graph = options.retain_graph.value_or(options.create_graph),
                               .create_graph = options.create_graph,
                               .inputs = &inputs});
  for (std::size_t i = 0; i < results.size(); ++i)
    check<ValueError>(results[i].defined() || options.allow_unused,
                      "grad: One of the differentiated Tensors appears to not have been used in the graph (input {}). "
                      "Set allow_unused = true if this is the desired behavior.",
                      i);
  return results;
}

void Tensor::backward(const Tensor& gradient, BackwardOptions options) const {
  autograd::backward({*this}, {gradient}, options);
}

bool Tensor::requires_grad() const {
  impl_of(*this);
  return wants_grad(*this);
}
bool Tensor::is_leaf() const {
  impl_of(*this);
  wants_grad(*this);  // brings a view up to date
  return !impl_->grad_fn;
}
const Tensor& Tensor::requires_grad_(bool requires_grad) const {
  detail::TensorImpl& impl = impl_of(*this);
  check<ValueError>(!impl.grad_fn || requires_grad,
                    "requires_grad_: you can only change requires_grad flags of leaf variables. If you want to use a "
                    "computed variable in a subgraph that doesn't require differentiation use detach().");
  check<DTypeError>(!requires_grad || cresset::is_floating_point(impl.dtype),
                    "requires_grad_: only Tensors of floating point dtype can require gradients, got {}",
                    cresset::name(impl.dtype));
  check<ValueError>(!requires_grad || !impl.inference || thread_state.inference_mode,
                    "requires_grad_: Setting requires_grad=True on inference tensor outside InferenceMode is not "
                    "allowed.");
  if (impl.grad_fn) return *this;
  impl.requires_grad = requires_grad;
  if (requires_grad) meta_of(impl);  // made now: threads that share a leaf must not make it at once
  return *this;
}

Tensor Tensor::grad() const {
  const detail::TensorImpl& impl = impl_of(*this);
  if (!impl.meta) return {};
  return impl.meta->retained_grad ? *impl.meta->retained_grad : impl.meta->grad;
}
void Tensor::set_grad(const Tensor& grad) const {
  detail::TensorImpl& impl = impl_of(*this);
  if (!grad.defined() && !impl.meta) return;
  check<ShapeError>(!grad.defined() || grad.shape() == impl.sizes,
                    "set_grad: the gradient must have the tensor's shape {}, got {}", impl.sizes,
                    grad.defined() ? grad.shape() : Shape());
  check<DTypeError>(!grad.defined() || grad.dtype() == impl.dtype,
                    "set_grad: the gradient must have the tensor's type {}, got {}", cresset::name(impl.dtype),
                    grad.defined() ? cresset::name(grad.dtype()) : "");
  meta_of(impl).grad = grad;
}

std::string Tensor::grad_fn_name() const {
  impl_of(*this);
  wants_grad(*this);
  return impl_->grad_fn ? impl_->grad_fn->name : "";
}

void Tensor::retain_grad() const {
  check<ValueError>(requires_grad(), "retain_grad: can't retain_grad on Tensor that has requires_grad=False");
  if (is_leaf() || meta_of(*impl_).retained_grad) return;
  auto kept = std::make_shared<Tensor>();
  meta_of(*impl_).retained_grad = kept;
  // After all other hooks, also those that come later: what is kept is what goes on.
  Node& node = *impl_->grad_fn;
  if (!node.hooks) node.hooks = std::make_shared<std::vector<NodeHook>>();
  node.hooks->push_back({.output_nr = impl_->output_nr,
                         .id = next_hook_id(),
                         .call =
                             [kept](const Tensor& grad) {
                               *kept = kept->defined() ? *kept + grad : grad;
                               return Tensor();
                             },
                         .retains = true});
}

HookHandle Tensor::register_hook(GradHook hook) const {
  check<ValueError>(requires_grad(), "register_hook: cannot register a hook on a tensor that doesn't require gradient");
  const std::uint64_t id = next_hook_id();
  if (!impl_->grad_fn) {
    auto& hooks = meta_of(*impl_).hooks;
    if (!hooks) hooks = std::make_shared<GradHookList>();
    hooks->emplace_back(id, std::move(hook.call));
    return HookHandle([weak = std::weak_ptr(hooks), id] {
      if (auto list = weak.lock()) std::erase_if(*list, [id](const auto& entry) { return entry.first == id; });
    });
  }
  Node& node = *impl_->grad_fn;
  if (!node.hooks) node.hooks = std::make_shared<std::vector<NodeHook>>();
  const auto retaining =
      std::find_if(node.hooks->begin(), node.hooks->end(), [](const NodeHook& other) { return other.retains; });
  node.hooks->insert(retaining, {.output_nr = impl_->output_nr, .id = id, .call = std::move(hook.call)});
  return HookHandle([weak = std::weak_ptr(node.hooks), id] {
    if (auto list = weak.lock()) std::erase_if(*list, [id](const NodeHook& entry) { return entry.id == id; });
  });
}

}  // namespace cresset
