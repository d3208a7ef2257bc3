#include <cresset/nn/module.h>

#include <set>

#include "nn/class_name.h"

namespace cresset::nn {

template class ModuleOf<Tensor(const Tensor&)>;
template class ModuleOf<Tensor(const Tensor&, const Tensor&)>;

namespace {

std::string joined(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + '.' + name;
}

void walk(ModuleBase& module, const std::string& name, std::set<const void*>& seen, std::vector<NamedModule>& found) {
  if (!seen.insert(&module.shared_state()).second) return;
  found.push_back({name, &module});
  for (const Member& member : module.members())
    if (member.module) walk(*member.module, joined(name, member.name), seen, found);
}

// The tensors of one kind, each once.
template <class T>
std::vector<NamedTensor> named_tensors(const ModuleBase& module, T* Member::*kind, bool recurse) {
  std::vector<NamedTensor> found;
  std::set<const void*> seen;
  const auto add = [&](const std::string& prefix, const ModuleBase& owner) {
    for (const Member& member : owner.members())
      if (const T* tensor = member.*kind; tensor && tensor->defined() && seen.insert(tensor->impl()).second)
        found.push_back({joined(prefix, member.name), *tensor});
  };
  if (recurse)
    for (const NamedModule& owner : module.named_modules()) add(owner.name, *owner.module);
  else
    add("", module);
  return found;
}

template <class T>
auto without_names(const std::vector<T>& named) {
  if constexpr (std::is_same_v<T, NamedTensor>) {
    std::vector<Tensor> tensors;
    for (const auto& item : named) tensors.push_back(item.tensor);
    return tensors;
  } else {
    std::vector<ModuleBase*> modules;
    for (const auto& item : named) modules.push_back(item.module);
    return modules;
  }
}

}  // namespace

std::vector<Member> ModuleBase::members() const {
  MemberList list;
  // Listing hands out the handles; it changes nothing.
  auto& self = const_cast<ModuleBase&>(*this);
  self.list_members(list);
  self.list_children(list);
  return list.take();
}
void ModuleBase::list_children(MemberList&) {}
void ModuleBase::copy_children(detail::CopyMemo&) {}

std::vector<Tensor> ModuleBase::parameters(bool recurse) const { return without_names(named_parameters(recurse)); }
std::vector<Tensor> ModuleBase::buffers(bool recurse) const { return without_names(named_buffers(recurse)); }
std::vector<NamedTensor> ModuleBase::named_parameters(bool recurse) const {
  return named_tensors(*this, &Member::parameter, recurse);
}
std::vector<NamedTensor> ModuleBase::named_buffers(bool recurse) const {
  return named_tensors(*this, &Member::buffer, recurse);
}
std::vector<ModuleBase*> ModuleBase::children() const { return without_names(named_children()); }
std::vector<ModuleBase*> ModuleBase::modules() const { return without_names(named_modules()); }

std::vector<NamedModule> ModuleBase::named_children() const {
  check_members();
  std::vector<NamedModule> found;
  std::set<const void*> seen;
  for (const Member& member : members())
    if (member.module && seen.insert(&member.module->shared_state()).second)
      found.push_back({member.name, member.module});
  return found;
}

std::vector<NamedModule> ModuleBase::named_modules() const {
  check_members();
  std::vector<NamedModule> found;
  std::set<const void*> seen;
  walk(const_cast<ModuleBase&>(*this), "", seen, found);
  // Children that came after the first use have had no check.
  for (const NamedModule& item : found) item.module->check_members();
  return found;
}

ModuleBase& ModuleBase::train(bool mode) {
  for (ModuleBase* module : modules()) module->state_->training.store(mode, std::memory_order_relaxed);
  return *this;
}

ModuleBase& ModuleBase::requires_grad_(bool requires_grad) {
  for (const Tensor& parameter : parameters()) parameter.requires_grad_(requires_grad);
  return *this;
}

void ModuleBase::zero_grad(bool set_to_none) {
  for (const Tensor& parameter : parameters()) {
    const Tensor grad = parameter.grad();
    if (!grad.defined()) continue;
    if (set_to_none)
      parameter.set_grad({});
    else
      grad.detach_().zero_();
  }
}

namespace {
void apply_below(ModuleBase& module, const std::function<void(ModuleBase&)>& f) {
  for (const NamedModule& child : module.named_children()) apply_below(*child.module, f);
  f(module);
}
}  // namespace

ModuleBase& ModuleBase::apply(const std::function<void(ModuleBase&)>& f) {
  apply_below(*this, f);
  return *this;
}

ModuleBase& ModuleBase::to(const ToOptions& options) {
  const auto convert = [&](const Tensor& tensor) {
    ToOptions own = options;
    if (!tensor.is_floating_point()) own.dtype = {};
    if (tensor.dim() != 4) own.memory_format = MemoryFormat::preserve;
    NoGradGuard no_grad;
    const Tensor data = tensor.data();
    const Tensor converted = data.to(own);
    if (!converted.is_same(data)) tensor.set_data(converted);
  };
  for (const Tensor& parameter : parameters()) {
    const Tensor grad = parameter.grad();
    convert(parameter);
    if (!grad.defined()) continue;
    // A parameter whose data changes its type drops its gradient.
    convert(grad);
    parameter.set_grad(grad);
  }
  for (const Tensor& buffer : buffers()) convert(buffer);
  return *this;
}

std::string ModuleBase::class_name() const { return class_name_of(typeid(*this)); }
std::string ModuleBase::extra_repr() const { return {}; }

}  // namespace cresset::nn
