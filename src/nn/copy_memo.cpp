#include "nn/copy_memo.h"

namespace cresset::nn::detail {

Tensor CopyMemo::copy_of(const Tensor& tensor) {
  Tensor& copy = tensors[tensor.impl()];
  if (!copy.defined()) {
    copy = tensor.detach().clone();
    if (tensor.requires_grad()) copy.requires_grad_();
  }
  return copy;
}

void CopyMemo::own(ModuleBase& alias) {
  auto& state = states[alias.state_.get()];
  if (!state) {
    state = std::make_shared<ModuleState>();
    state->checked = alias.state_->checked.load();
    state->training = alias.state_->training.load();
    if (alias.state_->hooks) state->hooks = alias.state_->hooks->copy();
  }
  alias.state_ = state;
  alias.copy_children(*this);
  MemberList list;
  alias.list_members(list);
  for (Member& member : list.take()) {
    if (member.module) {
      own(*member.module);
    } else if (member.parameter) {
      if (!member.parameter->defined()) continue;
      Tensor copy = copy_of(*member.parameter);
      static_cast<Tensor&>(*member.parameter) = copy;
    } else if (member.buffer->defined()) {
      Tensor copy = copy_of(*member.buffer);
      static_cast<Tensor&>(*member.buffer) = copy;
    }
  }
}

void deep_copy_members(ModuleBase& alias) {
  alias.check_members();
  CopyMemo().own(alias);
}

}  // namespace cresset::nn::detail
