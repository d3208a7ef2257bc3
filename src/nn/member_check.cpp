// Finds members that CRESSET_MODULE does not list.
#include <fmt/ranges.h>

#include "core/check.h"
#include "nn/class_name.h"
#include "nn/construction_probe.h"

namespace cresset::nn {
namespace {

void forget_listed(ModuleBase& module, detail::ConstructionProbe& probe) {
  probe.modules.erase(&module);
  for (const Member& member : module.members()) {
    if (member.module) forget_listed(*member.module, probe);
    probe.parameters.erase(member.parameter);
    probe.buffers.erase(member.buffer);
  }
}

// What a copy of `module` holds beside what it lists, in words.
std::vector<std::string> unlisted_members(const ModuleBase& module) {
  detail::ConstructionProbe probe;
  const std::unique_ptr<ModuleBase> copy = module.alias_copy();
  forget_listed(*copy, probe);
  std::vector<std::string> found;
  // An unlisted module brings its own members with it; only itself is worth a word.
  const auto modules = probe.modules;
  for (ModuleBase* unlisted : modules)
    for (const Member& member : unlisted->members()) {
      if (member.module) forget_listed(*member.module, probe);
      probe.parameters.erase(member.parameter);
      probe.buffers.erase(member.buffer);
    }
  for (ModuleBase* unlisted : probe.modules) found.push_back("a " + unlisted->class_name());
  const auto add_tensors = [&](const auto& tensors, const char* kind) {
    for (const auto* unlisted : tensors)
      found.push_back(unlisted->defined() ? fmt::format("a {} of shape {}", kind, unlisted->shape().str())
                                          : fmt::format("an undefined {}", kind));
  };
  add_tensors(probe.parameters, "Parameter");
  add_tensors(probe.buffers, "Buffer");
  return found;
}

}  // namespace

void ModuleBase::run_member_check() const {
  check<ValueError>(typeid(*this) == listed_type(),
                    "{0}: every class of module needs CRESSET_MODULE(…) with all its members, those of its base "
                    "classes included; {0} has none of its own",
                    class_name());
  // The children first, so that what remains is this class's own fault.
  for (const Member& member : members())
    if (member.module) member.module->check_members();
  const auto unlisted = unlisted_members(*this);
  check<ValueError>(unlisted.empty(),
                    "{}: CRESSET_MODULE(…) must list every module, parameter and buffer of the class and its base "
                    "classes, but not listed: {}",
                    class_name(), fmt::join(unlisted, ", "));
  state_->checked.store(true, std::memory_order_release);
}

// The base's own listing and copy stand for a class without the macro.
void ModuleBase::list_members(MemberList&) {}
const std::type_info& ModuleBase::listed_type() const { return typeid(ModuleBase); }
std::unique_ptr<ModuleBase> ModuleBase::alias_copy() const {
  fail<ValueError>("{}: a class of module needs CRESSET_MODULE(…) to be copied", class_name());
}

}  // namespace cresset::nn
