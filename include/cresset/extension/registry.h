// The one registry of kernels, and how a slot's kernels are chosen and run.
#pragma once

#include <cresset/device.h>
#include <cresset/extension/kernel.h>

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

namespace cresset {

namespace detail {

using AnyFunction = void (*)();
using DescribeProblem = std::string (*)(const void* problem);

struct AnyKernel {
  std::string name;
  AnyFunction refuses;
  AnyFunction run;
  bool from_outside;  // added by register_kernel()
  mutable std::atomic<bool> ran{false};
  AnyKernel(std::string n, AnyFunction r, AnyFunction f, bool o)
      : name(std::move(n)), refuses(r), run(f), from_outside(o) {}
};

// The kernels of one slot on one device, in the order in which they are tried. Lists are replaced, never changed, so
// that readers need no lock.
struct KernelList {
  std::string slot;
  DeviceType device;
  std::atomic<const std::vector<const AnyKernel*>*> order;
};

// Finds the list, making it where it is new. The same list for the same name in every library of the process; lists are
// never destroyed.
CRESSET_API KernelList& kernel_list(std::string_view slot, DeviceType device);
// Before the kernel named `before`, or last where that is empty. ValueError where the name is taken or `before` is not
// there; where there is no CUDA device, nothing is asked of `before`.
CRESSET_API void add_kernel(KernelList& list, std::string_view name, AnyFunction refuses, AnyFunction run,
                            std::string_view before);

// Whether this thread forces kernels or the process logs choices; then choose_slowly decides.
CRESSET_API bool choice_is_special() noexcept;
using RefusesErased = Refusal (*)(AnyFunction refuses, const void* problem, const Context& context);
CRESSET_API const AnyKernel& choose_slowly(const KernelList& list, const void* problem, const Context& context,
                                           RefusesErased refuses);
CRESSET_API const Context& context_of_thread() noexcept;
// The same with the device and its current stream; the device becomes the thread's. Not for the CPU. DeviceError where
// it cannot be used.
CRESSET_API const Context& context_of_device(Device device);
[[noreturn]] CRESSET_API void fail_no_kernel(const KernelList& list, const void* problem, const Context& context,
                                             RefusesErased refuses);
// Throws the exception that is being handled on, out of a kernel: from outside with op and kernel.
[[noreturn]] CRESSET_API void fail_in_kernel(const KernelList& list, const AnyKernel& kernel);

template <class Slot>
KernelList& list_of(DeviceType device) {
  static KernelList* const lists[kDeviceTypes] = {&kernel_list(Slot::name, DeviceType::cpu),
                                                  &kernel_list(Slot::name, DeviceType::cuda)};
  return *lists[static_cast<int>(device)];
}

template <class Slot>
Refusal ask(AnyFunction refuses, const void* problem, const Context& context) {
  if (!refuses) return {};
  return reinterpret_cast<decltype(Kernel<Slot>::refuses)>(refuses)(
      *static_cast<const typename Slot::Problem*>(problem), context);
}

}  // namespace detail

// Adds a kernel of an outside project to a slot: before the kernel named `before`, or last. For CUDA devices the
// backend is loaded first; on a machine without one the kernel is kept and never run, so that one program serves both.
// What its `run` throws reaches the op's caller as an Error with a line that names slot and kernel: errors of this
// library with their type, std::bad_alloc as OutOfMemoryError, all others as BackendError.
template <class Slot>
void register_kernel(DeviceType device, const Kernel<Slot>& kernel, std::string_view before = {}) {
  detail::add_kernel(detail::list_of<Slot>(device), kernel.name, reinterpret_cast<detail::AnyFunction>(kernel.refuses),
                     reinterpret_cast<detail::AnyFunction>(kernel.run), before);
}

// Runs the first kernel of the slot's list that does not refuse the problem. UnsupportedError, with every kernel's
// reason, where all refuse. On a CUDA device the work may still run when the call returns.
template <class Slot, class... Pointers>
void run(Device device, const typename Slot::Problem& problem, Pointers... pointers) {
  const detail::KernelList& list = detail::list_of<Slot>(device.type);
  const Context& context = device.is_cpu() ? detail::context_of_thread() : detail::context_of_device(device);
  const detail::AnyKernel* chosen = nullptr;
  if (detail::choice_is_special()) [[unlikely]] {
    chosen = &detail::choose_slowly(list, &problem, context, detail::ask<Slot>);
  } else {
    for (const detail::AnyKernel* kernel : *list.order.load(std::memory_order_acquire)) {
      if (detail::ask<Slot>(kernel->refuses, &problem, context)) continue;
      chosen = kernel;
      break;
    }
    if (!chosen) [[unlikely]]
      detail::fail_no_kernel(list, &problem, context, detail::ask<Slot>);
  }
  if (!chosen->ran.load(std::memory_order_relaxed)) chosen->ran.store(true, std::memory_order_relaxed);
  try {
    reinterpret_cast<typename Slot::Run*>(chosen->run)(problem, context, pointers...);
  } catch (...) {
    detail::fail_in_kernel(list, *chosen);
  }
}

}  // namespace cresset
