// Deep copies that keep what is shared inside the copied module shared.
#pragma once

#include <cresset/nn/module.h>

#include <memory>
#include <unordered_map>

namespace cresset::nn::detail {

// What was copied to what, for one clone().
struct CopyMemo {
  // Turns an alias into a module of its own, all the way down.
  void own(ModuleBase& alias);
  Tensor copy_of(const Tensor& tensor);
  // A new, owned module of the same class.
  template <class M>
  std::shared_ptr<M> copy_of(const std::shared_ptr<M>& module) {
    auto& copy = children[module.get()];
    if (!copy) {
      copy = module->alias_copy();
      own(*copy);
    }
    return std::static_pointer_cast<M>(copy);
  }

  std::unordered_map<const void*, Tensor> tensors;
  std::unordered_map<const ModuleState*, std::shared_ptr<ModuleState>> states;
  std::unordered_map<const void*, std::shared_ptr<ModuleBase>> children;
  std::unordered_map<const void*, std::shared_ptr<void>> containers;
};

}  // namespace cresset::nn::detail
