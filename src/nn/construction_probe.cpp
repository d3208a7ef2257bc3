#include "nn/construction_probe.h"

namespace cresset::nn {
namespace detail {
namespace {
thread_local ConstructionProbe* innermost = nullptr;
}

ConstructionProbe::ConstructionProbe() : outer_(innermost) { innermost = this; }
ConstructionProbe::~ConstructionProbe() { innermost = outer_; }
ConstructionProbe* ConstructionProbe::current() noexcept { return innermost; }

namespace {
void note(ModuleBase* module) {
  if (innermost) [[unlikely]]
    innermost->modules.insert(module);
}
void note(Parameter* parameter) {
  if (innermost) [[unlikely]]
    innermost->parameters.insert(parameter);
}
void note(Buffer* buffer) {
  if (innermost) [[unlikely]]
    innermost->buffers.insert(buffer);
}
}  // namespace
}  // namespace detail

Parameter::Parameter() { detail::note(this); }
Parameter::Parameter(const Tensor& data, bool requires_grad) : Tensor(data.detach()) {
  if (requires_grad) requires_grad_();
  detail::note(this);
}
Parameter::Parameter(const Parameter& other) : Tensor(other) { detail::note(this); }
Parameter::Parameter(Parameter&& other) noexcept : Tensor(static_cast<Tensor&&>(other)) { detail::note(this); }
Parameter::~Parameter() {
  if (auto* probe = detail::innermost) [[unlikely]]
    probe->parameters.erase(this);
}

Buffer::Buffer() { detail::note(this); }
Buffer::Buffer(const Tensor& data, bool persistent) : Tensor(data.detach()), persistent_(persistent) {
  detail::note(this);
}
Buffer::Buffer(const Buffer& other) : Tensor(other), persistent_(other.persistent_) { detail::note(this); }
Buffer::Buffer(Buffer&& other) noexcept : Tensor(static_cast<Tensor&&>(other)), persistent_(other.persistent_) {
  detail::note(this);
}
Buffer::~Buffer() {
  if (auto* probe = detail::innermost) [[unlikely]]
    probe->buffers.erase(this);
}

ModuleBase::ModuleBase() : state_(std::make_shared<detail::ModuleState>()) { detail::note(this); }
ModuleBase::ModuleBase(const ModuleBase& other) : state_(other.state_) { detail::note(this); }
ModuleBase::ModuleBase(ModuleBase&& other) noexcept : state_(other.state_) { detail::note(this); }
ModuleBase& ModuleBase::operator=(const ModuleBase& other) = default;
ModuleBase& ModuleBase::operator=(ModuleBase&& other) noexcept {
  state_ = other.state_;
  return *this;
}
ModuleBase::~ModuleBase() {
  if (auto* probe = detail::innermost) [[unlikely]]
    probe->modules.erase(this);
}

}  // namespace cresset::nn
