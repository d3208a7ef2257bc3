// The kernels of this library.
#pragma once

#include <cresset/extension/kernel.h>

#include "core/device_functions.h"

namespace cresset::cuda::backend {

// Gives the core every kernel, in the order in which they are to be tried.
void register_kernels(const DeviceHost& host);

template <class Slot, class... Kernels>
void add(const DeviceHost& host, const Kernels&... kernels) {
  (host.add_kernel(Slot::name, kernels.name, reinterpret_cast<void (*)()>(kernels.refuses),
                   reinterpret_cast<void (*)()>(kernels.run)),
   ...);
}

}  // namespace cresset::cuda::backend
