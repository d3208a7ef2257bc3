// What kernels on a device are asked with.
#include <cresset/extension/registry.h>

#include <array>
#include <atomic>

#include "core/device_functions.h"

namespace cresset {
namespace {

// The compute capability, asked for once a device.
int sm_of(Device device) {
  static std::array<std::atomic<int>, 128> known{};
  std::atomic<int>& sm = known[static_cast<std::size_t>(device.index)];
  if (sm == 0) {
    cuda::DeviceProperties properties;
    device_functions(device).properties(device.index, properties);
    sm = 10 * properties.major + properties.minor;
  }
  return sm;
}

}  // namespace

const Context& detail::context_of_device(Device device) {
  thread_local Context context;
  context = context_of_thread();
  context.stream = current_device_stream(device);
  context.device = device.index;
  context.sm = sm_of(device);
  return context;
}

}  // namespace cresset
