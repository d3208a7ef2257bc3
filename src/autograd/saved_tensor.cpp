#include "autograd/saved_tensor.h"

#include "autograd/record.h"
#include "core/check.h"

namespace cresset {

SavedTensor::SavedTensor(const Tensor& tensor) : tensor_(tensor) {
  if (!tensor.defined()) return;
  const detail::TensorImpl& impl = *tensor.impl();
  check<ValueError>(!impl.inference,
                    "Inference tensors cannot be saved for backward. To work around you can make a clone to get a "
                    "normal tensor and use it in autograd.");
  version_ = impl.version().load(std::memory_order_relaxed);
}

SavedTensor SavedTensor::output(const Tensor& tensor, std::uint32_t nr) {
  SavedTensor saved(alias(tensor));
  saved.output_ = true;
  saved.output_nr_ = nr;
  return saved;
}

Tensor SavedTensor::get(Node& node) const {
  if (!tensor_.defined()) return tensor_;
  const detail::TensorImpl& impl = *tensor_.impl();
  const std::uint32_t now = impl.version().load(std::memory_order_relaxed);
  if (now != version_) [[unlikely]] {
    std::string history;
    if (output_) history = fmt::format(", which is output {} of {},", output_nr_, node.name);
    if (impl.grad_fn) history = fmt::format(", which is output {} of {},", impl.output_nr, impl.grad_fn->name);
    fail<ValueError>(
        "{}: one of the variables needed for gradient computation has been modified by an inplace operation: [{}]{} is "
        "at version {}; expected version {} instead",
        node.name, tensor_, history, now, version_);
  }
  if (!output_ || !is_grad_enabled()) return tensor_;
  Tensor with_history = alias(tensor_);
  with_history.impl()->grad_fn = Ref<Node>::share(&node);
  with_history.impl()->output_nr = output_nr_;
  return with_history;
}

Tensor once_differentiable(const char* op, const Tensor& grad) {
  check<UnsupportedError>(!is_grad_enabled(),
                          "{}: its backward has no gradient itself, so create_graph is not possible here", op);
  return grad.detach();
}

}  // namespace cresset
