#include <cresset/dispatch.h>
#include <cresset/extension/registry.h>

#include <algorithm>
#include <deque>
#include <mutex>

#include "backend/cpu/kernel_list.h"
#include "core/check.h"
#include "core/device_functions.h"
#include "dispatch/builtin.h"

namespace cresset {
namespace {

using Order = std::vector<const detail::AnyKernel*>;

struct Registry {
  std::mutex mutex;
  std::deque<detail::KernelList> lists;
  std::deque<detail::AnyKernel> all;
  std::deque<Order> orders;  // replaced ones stay: a reader may still walk them
};

// Never destroyed: static destructors of users may still run ops.
Registry& registry() {
  static auto* r = new Registry;
  return *r;
}

}  // namespace

std::string Refusal::str() const {
  return format_ ? fmt::format(fmt::runtime(format_), figures_[0], figures_[1], figures_[2], figures_[3]) : "";
}

detail::KernelList& find_or_make_list(std::string_view slot, DeviceType device) {
  Registry& r = registry();
  std::lock_guard lock(r.mutex);
  for (detail::KernelList& list : r.lists)
    if (list.slot == slot && list.device == device) return list;
  detail::KernelList& list = r.lists.emplace_back();
  list.slot = slot;
  list.device = device;
  list.order = &r.orders.emplace_back();
  return list;
}

detail::KernelList& detail::kernel_list(std::string_view slot, DeviceType device) {
  static const bool registered = (register_cpu_kernels(), true);
  static_cast<void>(registered);
  return find_or_make_list(slot, device);
}

void detail::add_kernel(KernelList& list, std::string_view name, AnyFunction refuses, AnyFunction run,
                        std::string_view before) {
  // Loaded, so that `before` may name one of its kernels. Without it nothing of the list will ever run.
  if (list.device != DeviceType::cpu && !find_device_functions()) before = {};
  add_to_list(list, name, refuses, run, before, true);
}

void add_to_list(detail::KernelList& list, std::string_view name, detail::AnyFunction refuses, detail::AnyFunction run,
                 std::string_view before, bool from_outside) {
  Registry& r = registry();
  std::lock_guard lock(r.mutex);
  Order order = *list.order.load();
  const auto named = [&](std::string_view wanted) {
    return std::find_if(order.begin(), order.end(), [&](const detail::AnyKernel* k) { return k->name == wanted; });
  };
  check<ValueError>(!name.empty() && run, "register_kernel: a kernel of {} needs a name and a function", list.slot);
  check<ValueError>(named(name) == order.end(), "register_kernel: {} has a kernel named '{}' already", list.slot, name);
  const auto at = before.empty() ? order.end() : named(before);
  check<ValueError>(before.empty() || at != order.end(), "register_kernel: {} has no kernel named '{}' to stand before",
                    list.slot, before);
  order.insert(at, &r.all.emplace_back(std::string(name), refuses, run, from_outside));
  list.order = &r.orders.emplace_back(std::move(order));
}

std::vector<KernelInfo> list_kernels() {
  detail::kernel_list("copy", DeviceType::cpu);  // the lists are filled when first asked for
  Registry& r = registry();
  std::lock_guard lock(r.mutex);
  std::vector<KernelInfo> result;
  for (const detail::KernelList& list : r.lists)
    for (const detail::AnyKernel* kernel : *list.order.load())
      result.push_back({list.slot, list.device, kernel->name, kernel->ran.load()});
  std::stable_sort(result.begin(), result.end(),
                   [](const KernelInfo& a, const KernelInfo& b) { return a.slot < b.slot; });
  return result;
}

}  // namespace cresset
