// The kernels of a slot, each bound to one problem and its pointers.
#pragma once

#include <cresset/dispatch.h>
#include <cresset/extension/registry.h>

#include <string>
#include <vector>

#include "bench_kernels/task.h"

namespace cresset::program::bench {

// All that are registered for the device, those that refuse with their reason. A kernel is called as run<Slot>() calls
// it, without the choosing.
template <class Slot, class... Pointers>
std::vector<Candidate> candidates_of(const Device& device, const typename Slot::Problem& problem,
                                     Pointers... pointers) {
  const detail::KernelList& list = detail::list_of<Slot>(device.type);
  const auto context = [device]() -> const Context& {
    return device.is_cpu() ? detail::context_of_thread() : detail::context_of_device(device);
  };
  std::vector<Candidate> out;
  bool found = false;
  for (const detail::AnyKernel* kernel : *list.order.load()) {
    const auto refusal = [&] { return detail::ask<Slot>(kernel->refuses, &problem, context()); };
    const bool chosen = !found && !refusal();
    found = found || chosen;
    const ForceKernelGuard force(std::string(Slot::name) + "=" + kernel->name);
    out.push_back({kernel->name, refusal().str(),
                   [=, &list] {
                     try {
                       reinterpret_cast<typename Slot::Run*>(kernel->run)(problem, context(), pointers...);
                     } catch (...) {
                       detail::fail_in_kernel(list, *kernel);
                     }
                   },
                   chosen});
  }
  return out;
}

}  // namespace cresset::program::bench
