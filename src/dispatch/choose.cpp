// Choosing a kernel where that is more than taking the first: forcing, logging, errors.
#include <cresset/cuda.h>
#include <cresset/extension/registry.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "core/check.h"
#include "core/cpu_info.h"
#include "core/thread_state.h"
#include "dispatch/state.h"
#include "trace/trace.h"

namespace cresset {
namespace {

// `CRESSET_LOG=dispatch` prints every choice to stderr, with the reasons of those that refused.
bool logging() noexcept {
  static const bool on = [] {
    const char* value = std::getenv("CRESSET_LOG");
    return value && std::string_view(value).find("dispatch") != std::string_view::npos;
  }();
  return on;
}

bool fits(std::string_view op, std::string_view slot) {
  return op == "*" || op == slot || (slot.starts_with(op) && slot[op.size()] == '.');
}

const ForcedKernel* forced_for(std::string_view slot) {
  if (!thread_state.dispatch) return nullptr;
  const auto& forced = thread_state.dispatch->forced;
  const auto at = std::find_if(forced.rbegin(), forced.rend(), [&](const ForcedKernel& f) { return fits(f.op, slot); });
  return at == forced.rend() ? nullptr : &*at;
}

Context& process_context() {
  static Context context = [] {
    Context c;
    c.isa = cpu_isa();
    return c;
  }();
  return context;
}

// Whether a slot has the kernel on another type of device: forcing it there says nothing here.
bool is_known_elsewhere(const detail::KernelList& list, std::string_view kernel) {
  const DeviceType other = list.device == DeviceType::cpu ? DeviceType::cuda : DeviceType::cpu;
  const auto& order = *detail::kernel_list(list.slot, other).order.load();
  return std::any_of(order.begin(), order.end(), [&](const detail::AnyKernel* k) { return k->name == kernel; });
}

const char* device_name(DeviceType device) { return device == DeviceType::cpu ? "cpu" : "cuda"; }
// For the log: nothing that ran on a simulated device may read as if it had run on a GPU.
const char* device_in_log(DeviceType device) {
  return device == DeviceType::cpu ? "cpu" : cuda::is_simulated() ? "cuda (simulated)" : "cuda";
}

}  // namespace

const Context& detail::context_of_thread() noexcept { return process_context(); }
const Context& current_context() { return process_context(); }
void allow_nondeterministic(bool allow) { process_context().allow_nondeterministic = allow; }
void allow_tf32(bool allow) { process_context().allow_tf32 = allow; }
void set_workspace_limit(std::int64_t bytes) {
  check<ValueError>(bytes >= 0, "set_workspace_limit: must not be negative, got {}", bytes);
  process_context().workspace_limit = bytes;
}

bool detail::choice_is_special() noexcept { return thread_state.dispatch || logging(); }

void detail::fail_no_kernel(const KernelList& list, const void* problem, const Context& context,
                            RefusesErased refuses) {
  std::string reasons;
  check<UnsupportedError>(!list.order.load()->empty(), "{}: has no {} kernel", list.slot, device_name(list.device));
  for (const AnyKernel* kernel : *list.order.load())
    reasons += fmt::format("\n  {} refused: {}", kernel->name, refuses(kernel->refuses, problem, context).str());
  fail<UnsupportedError>("{}: no {} kernel takes this problem{}", list.slot, device_name(list.device), reasons);
}

void detail::fail_in_kernel(const KernelList& list, const AnyKernel& kernel) {
  if (!kernel.from_outside) throw;  // the library's own are typed and name their op
  const std::string where = fmt::format("in {}, kernel '{}'", list.slot, kernel.name);
  try {
    throw;
  } catch (Error& error) {
    error.add_context(where);
    throw;
  } catch (const std::bad_alloc&) {
    fail<OutOfMemoryError>("there is no memory left\n{}", where);
  } catch (const std::exception& error) {
    fail<BackendError>("{}\n{}", error.what(), where);
  } catch (...) {
    fail<BackendError>("something that is no std::exception was thrown\n{}", where);
  }
}

bool forces_kernel(std::string_view slot, std::string_view kernel) {
  const ForcedKernel* forced = forced_for(slot);
  return forced && forced->kernel == kernel;
}

const detail::AnyKernel& detail::choose_slowly(const KernelList& list, const void* problem, const Context& context,
                                               RefusesErased refuses) {
  trace::check_known(list.slot);
  const auto& order = *list.order.load();
  const ForcedKernel* forced = forced_for(list.slot);
  const auto wanted =
      !forced ? order.end()
              : std::find_if(order.begin(), order.end(), [&](const AnyKernel* k) { return k->name == forced->kernel; });
  check<UnsupportedError>(!forced || wanted != order.end() || forced->op == "*" || forced->forcing == Forcing::prefer ||
                              is_known_elsewhere(list, forced->kernel),
                          "{}: has no {} kernel named '{}'", list.slot, device_name(list.device),
                          forced ? forced->kernel : "");
  std::vector<const AnyKernel*> tried;
  if (wanted != order.end()) tried.push_back(*wanted);
  if (wanted == order.end() || forced->forcing == Forcing::prefer)
    for (const AnyKernel* kernel : order)
      if (wanted == order.end() || kernel != *wanted) tried.push_back(kernel);
  check<UnsupportedError>(!tried.empty(), "{}: has no {} kernel", list.slot, device_name(list.device));
  std::string reasons;
  for (const AnyKernel* kernel : tried) {
    const Refusal refusal = refuses(kernel->refuses, problem, context);
    if (!refusal) {
      if (logging())
        std::fprintf(stderr, "cresset dispatch: %s on %s: %s%s\n", list.slot.c_str(), device_in_log(list.device),
                     kernel->name.c_str(), reasons.c_str());
      return *kernel;
    }
    reasons += fmt::format("\n  {} refused: {}", kernel->name, refusal.str());
  }
  fail<UnsupportedError>("{}: no {} kernel takes this problem{}", list.slot, device_name(list.device), reasons);
}

ForceKernelGuard::ForceKernelGuard(std::string_view kernels, Forcing forcing) : before_(thread_state.dispatch) {
  auto state = std::make_unique<DispatchState>();
  if (before_) *state = *before_;
  while (!kernels.empty()) {
    const std::string_view entry = kernels.substr(0, kernels.find(','));
    kernels.remove_prefix(std::min(kernels.size(), entry.size() + 1));
    const auto equals = entry.find('=');
    check<ValueError>(equals != std::string_view::npos && equals > 0 && equals + 1 < entry.size(),
                      "force: an entry reads op=kernel, got '{}'", entry);
    state->forced.push_back({std::string(entry.substr(0, equals)), std::string(entry.substr(equals + 1)), forcing});
  }
  state_ = std::move(state);
  thread_state.dispatch = state_.get();
}
ForceKernelGuard::~ForceKernelGuard() { thread_state.dispatch = before_; }

DispatchSnapshot::DispatchSnapshot()
    : state_(thread_state.dispatch ? std::make_shared<const DispatchState>(*thread_state.dispatch) : nullptr) {}
DispatchSnapshot::Guard::Guard(std::shared_ptr<const DispatchState> state)
    : state_(std::move(state)), before_(std::exchange(thread_state.dispatch, state_.get())) {}
DispatchSnapshot::Guard::~Guard() { thread_state.dispatch = before_; }

}  // namespace cresset
