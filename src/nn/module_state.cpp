// state_dict() and load_state_dict() of modules.
#include <fmt/ranges.h>

#include <algorithm>
#include <ostream>

#include "core/check.h"
#include "nn/text.h"

namespace cresset::nn {
namespace {

// Parameters before buffers before children, as PyTorch orders them. The tensors are the module's own.
void collect(const ModuleBase& module, const std::string& prefix, StateDict& found) {
  module.check_members();
  const auto members = module.members();
  for (const Member& member : members)
    if (member.parameter && member.parameter->defined()) found.set(prefix + member.name, *member.parameter);
  for (const Member& member : members)
    if (member.buffer && member.buffer->defined() && member.buffer->persistent())
      found.set(prefix + member.name, *member.buffer);
  for (const Member& member : members)
    if (member.module) collect(*member.module, prefix + member.name + '.', found);
}

// Names that neither the module nor one of its children has, the module's own before its children's: PyTorch's order.
void collect_unexpected(const ModuleBase& module, const std::string& prefix, const StateDict& own,
                        const StateDict& state_dict, std::vector<std::string>& found) {
  const auto members = module.members();
  const auto is_of_child = [&](const std::string& name) {
    return std::any_of(members.begin(), members.end(), [&](const Member& member) {
      return member.module != nullptr && name.starts_with(prefix + member.name + '.');
    });
  };
  for (const auto& [name, tensor] : state_dict)
    if (name.starts_with(prefix) && !own.contains(name) && !is_of_child(name)) found.push_back(name);
  for (const Member& member : members)
    if (member.module) collect_unexpected(*member.module, prefix + member.name + '.', own, state_dict, found);
}

std::string quoted(const std::vector<std::string>& names, char quote) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + (quote + name + quote);
  return text;
}

}  // namespace

StateDict ModuleBase::state_dict() const {
  StateDict own;
  collect(*this, "", own);
  StateDict detached;
  for (const auto& [name, tensor] : own) detached.set(name, tensor.detach());
  return detached;
}

IncompatibleKeys ModuleBase::load_state_dict(const StateDict& state_dict, const LoadStateDictOptions& options) {
  StateDict own;
  collect(*this, "", own);
  IncompatibleKeys keys;
  std::vector<std::string> mismatches;
  for (const auto& [name, tensor] : own) {
    const Tensor* value = state_dict.find(name);
    if (value == nullptr || !value->defined())
      keys.missing_keys.push_back(name);
    else if (!(value->shape() == tensor.shape()))
      mismatches.push_back(
          fmt::format("size mismatch for {}: copying a param with shape {} from checkpoint, the shape "
                      "in current model is {}.",
                      name, torch_size(value->shape()), torch_size(tensor.shape())));
  }
  collect_unexpected(*this, "", own, state_dict, keys.unexpected_keys);

  std::vector<std::string> errors;
  if (options.strict && !keys.missing_keys.empty())
    errors.push_back(fmt::format("Missing key(s) in state_dict: {}. ", quoted(keys.missing_keys, '"')));
  if (options.strict && !keys.unexpected_keys.empty())
    errors.push_back(fmt::format("Unexpected key(s) in state_dict: {}. ", quoted(keys.unexpected_keys, '"')));
  errors.insert(errors.end(), mismatches.begin(), mismatches.end());
  check<ValueError>(errors.empty(), "Error(s) in loading state_dict for {}:\n\t{}", class_name(),
                    fmt::join(errors, "\n\t"));

  NoGradGuard no_grad;
  for (const auto& [name, tensor] : own)
    if (const Tensor* value = state_dict.find(name); value != nullptr && value->defined()) tensor.copy_(*value);
  return keys;
}

std::ostream& operator<<(std::ostream& out, const IncompatibleKeys& keys) {
  if (keys.missing_keys.empty() && keys.unexpected_keys.empty()) return out << "<All keys matched successfully>";
  return out << "_IncompatibleKeys(missing_keys=[" << quoted(keys.missing_keys, '\'') << "], unexpected_keys=["
             << quoted(keys.unexpected_keys, '\'') << "])";
}

}  // namespace cresset::nn
