// Registering the kernels that this library is made with.
#pragma once

#include <cresset/extension/registry.h>

namespace cresset {

// As detail::kernel_list(), but asks for no registration first: for use during it.
detail::KernelList& find_or_make_list(std::string_view slot, DeviceType device);

// detail::add_kernel() without loading a backend first: what a backend's own registration needs.
void add_to_list(detail::KernelList& list, std::string_view name, detail::AnyFunction refuses, detail::AnyFunction run,
                 std::string_view before, bool from_outside = false);

// Appends kernels to a slot's list, in the order in which they are to be tried.
template <class Slot, class... Kernels>
void add_builtin(DeviceType device, const Kernels&... kernels) {
  (add_to_list(find_or_make_list(Slot::name, device), kernels.name,
               reinterpret_cast<detail::AnyFunction>(kernels.refuses),
               reinterpret_cast<detail::AnyFunction>(kernels.run), {}),
   ...);
}

}  // namespace cresset
