#include "work.h"

#include <cstring>

#include "device.h"
#include "faults.h"
#include "report.h"

namespace cudasim {
namespace {

/// Opens what a copy or fill touches; false, with a report, where it may not.
bool open_range(const void* address, const char* what, bool write) {
  Memory& memory = Runtime::instance().memory;
  Allocation* a = memory.find(address);
  if (a == nullptr) return true;  // host memory
  if (a->state != Allocation::kLive) {
    report(a->state == Allocation::kFreed ? "use after free" : "use before allocation",
           format("%s of byte %td of an allocation of %zu bytes on device %d", what,
                  static_cast<const char*>(address) - a->base, a->bytes, a->device));
    return false;
  }
  memory.open(*a, write);
  return true;
}

}  // namespace

cudaError KernelWork::run(Device& device) {
  Runtime& runtime = Runtime::instance();
  use_fault_stack();
  ++runtime.counters.launches;
  size_t bytes = 0;
  const void* arguments = launch->arguments(&bytes);
  runtime.memory.open_arguments(arguments, bytes, device.index);
  runtime.running_device = device.index;
  // Both kinds together have the plain limit until the kernel's is raised: on an H100 a launch with 48 KiB of one and a
  // word of the other fails.
  const bool raised = runtime.dynamic_shared_limits.contains(launch->kernel->function);
  const SharedLimits limits{
      .static_bytes = device.properties.sharedMemPerBlock,
      .total_bytes = raised ? device.properties.sharedMemPerBlockOptin : device.properties.sharedMemPerBlock};
  Random* random = runtime.settings.seed == 0 ? nullptr : &runtime.random;
  constexpr bool kCanRunTwice = !CUDASIM_ASAN && !CUDASIM_TSAN;
  if (kCanRunTwice && runtime.settings.uninitialised) return run_twice(*launch, limits, random);
  return Runner::instance().run(*launch, limits, random, 0xff);
}

std::string KernelWork::what() const { return "kernel " + kernel_name(*launch->kernel); }

cudaError CopyWork::run(Device&) {
  Runtime& runtime = Runtime::instance();
  ++runtime.counters.copies;
  const bool open = open_range(to, "copy to", true) && (!staged.empty() || open_range(from, "copy from", false));
  if (open) {
    const char* source = staged.empty() ? static_cast<const char*>(from) : staged.data();
    const size_t source_pitch = staged.empty() ? from_pitch : width;
    for (size_t row = 0; row < height; ++row) {
      std::memmove(static_cast<char*>(to) + row * to_pitch, source + row * source_pitch, width);
    }
  }
  return open ? cudaSuccess : cudaErrorIllegalAddress;
}

cudaError FillWork::run(Device&) {
  const bool open = open_range(to, "fill", true);
  if (open) {
    for (size_t row = 0; row < height; ++row) std::memset(static_cast<char*>(to) + row * pitch, value, width);
  }
  return open ? cudaSuccess : cudaErrorIllegalAddress;
}

cudaError HostWork::run(Device&) {
  function(user_data);
  return cudaSuccess;
}

}  // namespace cudasim
