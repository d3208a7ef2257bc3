// Says of an error in which module it arose.
#include <cresset/nn/module.h>

namespace cresset::nn::detail {

void InputShapes::add(const Tensor& tensor) {
  if (!tensor.defined()) return;
  text_ += text_.empty() ? "" : ", ";
  text_ += tensor.shape().str();
}
void InputShapes::add(const std::vector<Tensor>& tensors) {
  for (const Tensor& tensor : tensors) add(tensor);
}

namespace {

// The error that passes through this thread's modules, from the innermost out. Each module sees only its own members,
// so the path grows by one name at each of them.
struct Passing {
  Error original;
  Error last;  // as the module below left it
  std::weak_ptr<ModuleState> module;
  std::string path;  // from that module down
  std::string where;
};
thread_local std::optional<Passing> passing;

std::optional<std::string> name_within(ModuleBase& module, const std::shared_ptr<ModuleState>& inner) {
  for (const NamedModule& item : module.named_modules())
    if (inner && item.module->shared_state_ptr() == inner) return item.name;
  return {};
}

void add_context(Error& error, ModuleBase& module, const InputShapes& inputs) {
  // The same text at the same place: nobody else has touched or replaced the error since.
  if (passing && passing->last.what() == error.what()) {
    const auto name = name_within(module, passing->module.lock());
    if (name && !name->empty()) {
      passing->path = passing->path.empty() ? *name : *name + '.' + passing->path;
      error = passing->original;
      error.add_context("in " + module.class_name() + '.' + passing->path + ' ' + passing->where);
      passing->last = error;
      passing->module = module.shared_state_ptr();
      return;
    }
  }
  const std::string shapes = inputs.str().empty() ? "" : ", input " + inputs.str();
  passing = Passing{.original = error,
                    .last = error,
                    .module = module.shared_state_ptr(),
                    .path = {},
                    .where = '(' + module.class_name() + ')' + shapes};
  error.add_context("in " + module.class_name() + shapes);
  passing->last = error;
}

}  // namespace

void add_module_context(Error& error, ModuleBase& module, const InputShapes& inputs) noexcept {
  try {
    add_context(error, module, inputs);
  } catch (...) {
    // The error itself matters more than where it arose.
  }
}

}  // namespace cresset::nn::detail
