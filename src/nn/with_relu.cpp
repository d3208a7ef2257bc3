#include "nn/with_relu.h"

#include <cresset/nn/activation.h>
#include <cresset/nn/batch_norm.h>
#include <cresset/nn/conv.h>
#include <cresset/nn/linear.h>

namespace cresset::nn {
namespace {

// As a call of the module would, whose members have been checked.
template <class M>
Tensor run(Module& module, const Tensor& input) {
  try {
    return static_cast<M&>(module).forward_relu(input);
  } catch (Error& error) {
    detail::InputShapes shapes;
    shapes.add(input);
    detail::add_module_context(error, module, shapes);
    throw;
  }
}

// Neither hooks nor members that are not checked yet.
bool is_plain(Module& module) { return module.shared_state().plain.load(std::memory_order_acquire); }

}  // namespace

std::optional<Tensor> with_relu(Module& module, Module& next, const Tensor& input) {
  if (!input.defined() || input.device().is_cpu()) return {};  // no kernels: not worth the questions
  // Classes of a user's own may do more than those that they extend.
  const std::type_info& type = typeid(module);
  if (typeid(next) != typeid(ReLU) || !is_plain(module) || !is_plain(next)) return {};
  if (type == typeid(Conv2d)) return run<Conv2d>(module, input);
  if (type == typeid(Linear)) return run<Linear>(module, input);
  if (type == typeid(BatchNorm1d)) return run<BatchNorm1d>(module, input);
  if (type == typeid(BatchNorm2d)) return run<BatchNorm2d>(module, input);
  return {};
}

}  // namespace cresset::nn
