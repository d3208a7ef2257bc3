// Modules: values that hold parameters, buffers and other modules, and are called.
#pragma once

#include <cresset/autograd.h>
#include <cresset/nn/members.h>
#include <cresset/state_dict.h>

#include <atomic>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace cresset::nn {

class ModuleBase;

struct LoadStateDictOptions {
  bool strict = true;  // missing or unexpected names are an error
};
// What load_state_dict() gives; prints as PyTorch's, `<All keys matched successfully>` where both are empty.
struct IncompatibleKeys {
  std::vector<std::string> missing_keys;
  std::vector<std::string> unexpected_keys;
};
CRESSET_API std::ostream& operator<<(std::ostream& out, const IncompatibleKeys& keys);

struct NamedTensor {
  std::string name;
  Tensor tensor;
};
struct NamedModule {
  std::string name;
  ModuleBase* module;  // valid as long as the module that was asked
};

namespace detail {

// Hooks of one signature; the module's shared state holds them without knowing it.
struct ForwardHooksBase {
  virtual ~ForwardHooksBase() = default;
  virtual std::shared_ptr<ForwardHooksBase> copy() const = 0;
};

// What all copies of a module share.
struct ModuleState {
  std::atomic<bool> plain = false;  // checked, and without hooks: a call goes straight to forward
  std::atomic<bool> checked = false;
  std::atomic<bool> training = true;
  std::shared_ptr<ForwardHooksBase> hooks;
};

struct CopyMemo;

class InputShapes {
 public:
  CRESSET_API void add(const Tensor& tensor);
  CRESSET_API void add(const std::vector<Tensor>& tensors);
  template <class T>
  void add(const T&) {}
  const std::string& str() const { return text_; }

 private:
  std::string text_;
};
// Adds to an error where it arose: `in Net.fc_1 (Linear), input [4, 300]`.
CRESSET_API void add_module_context(Error& error, ModuleBase& module, const InputShapes& inputs) noexcept;

// A call's place in what the thread writes down for <cresset/extension/trace.h>; nothing otherwise.
class CRESSET_API TracedCall {
 public:
  explicit TracedCall(ModuleBase& module);
  ~TracedCall();
  TracedCall(const TracedCall&) = delete;
  TracedCall& operator=(const TracedCall&) = delete;
  bool active() const { return active_; }

 private:
  bool active_;
};

}  // namespace detail

// What modules of every signature have in common. A module is a handle: a copy is a second name for the same module, as
// in Python; parameters, buffers, train/eval flag, hooks and a container's children are shared. clone() makes another
// one. Names of members are those given to CRESSET_MODULE, joined by dots: "block.conv.weight", "layers.0.bias".
class CRESSET_API ModuleBase {
 public:
  virtual ~ModuleBase();

  // ---- what it holds. A tensor or module that is there under two names is listed once, under the first.
  std::vector<Tensor> parameters(bool recurse = true) const;
  std::vector<Tensor> buffers(bool recurse = true) const;
  std::vector<NamedTensor> named_parameters(bool recurse = true) const;
  std::vector<NamedTensor> named_buffers(bool recurse = true) const;
  std::vector<ModuleBase*> children() const;
  std::vector<NamedModule> named_children() const;
  // Itself first (name ""), then its children and theirs.
  std::vector<ModuleBase*> modules() const;
  std::vector<NamedModule> named_modules() const;
  // This module as a T, or null where it is none: `if (auto* conv = module->as<nn::Conv2d>())`.
  template <class T>
  T* as() {
    return dynamic_cast<T*>(this);
  }

  // Parameters and persistent buffers, tied ones under each of their names. The tensors share storage with the module's
  // and have no history.
  StateDict state_dict() const;
  // Copies values into the parameters and buffers, converting dtype and device. Throws ValueError, in PyTorch's words,
  // where a shape differs or, if strict, a name is missing or not known; nothing has changed then.
  IncompatibleKeys load_state_dict(const StateDict& state_dict, const LoadStateDictOptions& options = {});

  // ---- changes, all in place: optimisers, copies and ties stay valid
  // dtype applies to floating-point tensors only, memory_format to those with 4 dimensions.
  ModuleBase& to(const ToOptions& options);
  ModuleBase& to(DType dtype) { return to(ToOptions{.dtype = dtype}); }
  ModuleBase& to(const Device& device) { return to(ToOptions{.device = device}); }
  ModuleBase& to(const char* device) { return to(ToOptions{.device = Device(device)}); }
  ModuleBase& to(const Device& device, DType dtype) { return to(ToOptions{.dtype = dtype, .device = device}); }
  ModuleBase& to(MemoryFormat format) { return to(ToOptions{.memory_format = format}); }
  ModuleBase& cpu() { return to(Device(DeviceType::cpu)); }
  ModuleBase& cuda() { return to(Device(DeviceType::cuda)); }
  ModuleBase& train(bool mode = true);
  ModuleBase& eval() { return train(false); }
  bool is_training() const { return state_->training.load(std::memory_order_relaxed); }
  ModuleBase& requires_grad_(bool requires_grad = true);
  void zero_grad(bool set_to_none = true);
  // Calls `f` with every module, children before their parent, as torch.nn.Module.apply.
  ModuleBase& apply(const std::function<void(ModuleBase&)>& f);

  // ---- what it is called
  std::string class_name() const;  // without namespaces
  // What stands between the parentheses of its line in print(net).
  virtual std::string extra_repr() const;
  // What Python's print shows.
  std::string str() const;
  // Whether both are the same module (Python's `is`).
  bool is_same(const ModuleBase& other) const { return state_ == other.state_; }

  // ---- for the library, CRESSET_MODULE and containers: no user code needs these.
  virtual void list_members(MemberList& members);
  virtual const std::type_info& listed_type() const;
  virtual std::unique_ptr<ModuleBase> alias_copy() const;
  // Children that the class holds in a way of its own; used beside list_members, also in subclasses.
  virtual void list_children(MemberList& members);
  // Gives an alias children of its own, copies made with detail::deep_copy.
  virtual void copy_children(detail::CopyMemo& memo);
  std::vector<Member> members() const;
  // Throws ValueError where a member is not listed or the class lacks CRESSET_MODULE. Done once for all copies.
  void check_members() const {
    if (!state_->checked.load(std::memory_order_acquire)) [[unlikely]]
      run_member_check();
  }
  detail::ModuleState& shared_state() const { return *state_; }
  const std::shared_ptr<detail::ModuleState>& shared_state_ptr() const { return state_; }

 protected:
  ModuleBase();
  ModuleBase(const ModuleBase& other);
  ModuleBase(ModuleBase&& other) noexcept;  // as a copy: what is left behind is still a module
  ModuleBase& operator=(const ModuleBase& other);
  ModuleBase& operator=(ModuleBase&& other) noexcept;

 private:
  friend struct detail::CopyMemo;
  void run_member_check() const;

  std::shared_ptr<detail::ModuleState> state_;
};

CRESSET_API std::ostream& operator<<(std::ostream& out, const ModuleBase& module);
// One line for each module on standard output, as Python's print(net).
CRESSET_API void print(const ModuleBase& module);

template <class Signature>
class ModuleOf;

// A module that is called as R(Args...). A class derives from it, overrides forward and lists its members.
template <class R, class... Args>
class __attribute__((visibility("default"))) ModuleOf<R(Args...)> : public ModuleBase {
 public:
  virtual R forward(Args... args) = 0;

  // Runs the hooks and forward. An error that leaves it says in which module it arose, and with which shapes.
  R operator()(Args... args) {
    const bool plain = shared_state().plain.load(std::memory_order_acquire);
    if (!plain) [[unlikely]]
      check_members();
    try {
      if (plain) [[likely]]
        return forward(std::forward<Args>(args)...);
      return call_with_hooks(std::forward<Args>(args)...);
    } catch (Error& error) {
      detail::InputShapes shapes;
      (shapes.add(args), ...);
      detail::add_module_context(error, *this, shapes);
      throw;
    }
  }

  // Calls `hook(module, args…)` before each forward. It returns nothing, or the argument that takes the place of a
  // single one, or a tuple of all.
  template <class Hook>
  HookHandle register_forward_pre_hook(Hook hook) {
    return add_hook(&Hooks::before, [hook = std::move(hook)](ModuleOf& module, Inputs& inputs) mutable {
      auto call = [&](auto&... in) -> decltype(auto) { return hook(module, std::as_const(in)...); };
      if constexpr (std::is_void_v<decltype(std::apply(call, inputs))>)
        std::apply(call, inputs);
      else if constexpr (sizeof...(Args) == 1 &&
                         !std::is_same_v<std::remove_cvref_t<decltype(std::apply(call, inputs))>, Inputs>)
        std::get<0>(inputs) = std::apply(call, inputs);
      else
        inputs = std::apply(call, inputs);
    });
  }
  // Calls `hook(module, args…, output)` after each forward. It returns nothing, or the value that takes the output's
  // place.
  template <class Hook>
  HookHandle register_forward_hook(Hook hook) {
    return add_hook(&Hooks::after, [hook = std::move(hook)](ModuleOf& module, Inputs& inputs, Output& output) mutable {
      auto call = [&](auto&... in) -> decltype(auto) {
        if constexpr (std::is_void_v<R>)
          return hook(module, std::as_const(in)...);
        else
          return hook(module, std::as_const(in)..., std::as_const(output));
      };
      if constexpr (std::is_void_v<decltype(std::apply(call, inputs))>)
        std::apply(call, inputs);
      else
        output = std::apply(call, inputs);
    });
  }

 private:
  using Inputs = std::tuple<std::remove_cvref_t<Args>...>;
  using Output = std::conditional_t<std::is_void_v<R>, std::tuple<>, std::remove_cvref_t<R>>;
  template <class F>
  using Listed = std::vector<std::shared_ptr<std::function<F>>>;
  struct Hooks : detail::ForwardHooksBase {
    Listed<void(ModuleOf&, Inputs&)> before;
    Listed<void(ModuleOf&, Inputs&, Output&)> after;
    std::shared_ptr<ForwardHooksBase> copy() const override { return std::make_shared<Hooks>(*this); }
  };

  template <class F, class Hook>
  HookHandle add_hook(Listed<F> Hooks::*list, Hook hook) {
    auto& state = shared_state();
    if (!state.hooks) state.hooks = std::make_shared<Hooks>();
    auto hooks = std::static_pointer_cast<Hooks>(state.hooks);
    auto entry = std::make_shared<std::function<F>>(std::move(hook));
    (*hooks.*list).push_back(entry);
    state.plain = false;
    std::weak_ptr<detail::ModuleState> weak_state = shared_state_ptr();
    return HookHandle([weak_state, list, entry] {
      if (auto s = weak_state.lock()) std::erase(static_cast<Hooks&>(*s->hooks).*list, entry);
    });
  }

  R call_with_hooks(Args... args) {
    auto& state = shared_state();
    const detail::TracedCall traced(*this);
    const auto* hooks = static_cast<const Hooks*>(state.hooks.get());
    if (!hooks || (hooks->before.empty() && hooks->after.empty())) {
      if (!traced.active()) state.plain.store(true, std::memory_order_release);
      return forward(std::forward<Args>(args)...);
    }
    // Copies of the lists: a hook may remove itself.
    const auto before = hooks->before;
    Inputs inputs(std::forward<Args>(args)...);
    for (auto& hook : before) (*hook)(*this, inputs);
    Output output = std::apply(
        [&](auto&... in) -> Output {
          if constexpr (std::is_void_v<R>) {
            forward(in...);
            return {};
          } else {
            return forward(in...);
          }
        },
        inputs);
    const auto after = hooks->after;
    for (auto& hook : after) (*hook)(*this, inputs, output);
    if constexpr (!std::is_void_v<R>) return output;
  }
};

using Module = ModuleOf<Tensor(const Tensor&)>;
extern template class CRESSET_API ModuleOf<Tensor(const Tensor&)>;
extern template class CRESSET_API ModuleOf<Tensor(const Tensor&, const Tensor&)>;

}  // namespace cresset::nn
