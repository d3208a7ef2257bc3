// Launches: their limits, and how they come into a stream.
#include "cudasim/launch.h"

#include <map>

#include "device.h"
#include "report.h"
#include "work.h"

namespace cudasim {
namespace {

std::map<const void*, int>& known_bounds() {
  static auto& bounds = *new std::map<const void*, int>;
  return bounds;
}

cudaError over(const Launch& launch, cudaError error, const std::string& text) {
  report("launch over a limit", "kernel " + kernel_name(*launch.kernel) + ": " + text);
  return error;
}

}  // namespace

// __launch_bounds__(n) puts n no-operations before the kernel and their address into a section: the entry that stands
// nearest before the kernel is its own, if there is nothing but no-operations between.
int max_threads_of(const Kernel& kernel) {
  const auto found = known_bounds().find(kernel.function);
  if (found != known_bounds().end()) return found->second;
  const auto* function = static_cast<const unsigned char*>(kernel.function);
  const unsigned char* nearest = nullptr;
  for (char* const* entry = kernel.bounds; entry != kernel.bounds_end; ++entry) {
    const auto* place = reinterpret_cast<const unsigned char*>(*entry);
    if (place < function && place > nearest) nearest = place;
  }
  int bound = 1024;
#if defined(__x86_64__)
  if (nearest != nullptr && function - nearest <= 1024) {
    bool padding = true;
    for (const auto* p = nearest; p < function; ++p) padding &= *p == 0x90;
    if (padding) bound = static_cast<int>(function - nearest);
  }
#endif
  known_bounds()[kernel.function] = bound;
  return bound;
}

int max_threads_of(const void* function) {
  const auto found = known_bounds().find(function);
  return found != known_bounds().end() ? found->second : 1024;
}

cudaError check_launch(const Device& device, const Launch& launch) {
  const cudaDeviceProp& p = device.properties;
  const dim3 g = launch.grid, b = launch.block;
  const unsigned long long threads = 1ull * b.x * b.y * b.z;
  const auto above = [](unsigned value, int limit) { return value > static_cast<unsigned>(limit); };
  if (threads == 0 || g.x == 0 || g.y == 0 || g.z == 0) {
    return over(launch, cudaErrorInvalidConfiguration,
                format("grid (%u,%u,%u) or block (%u,%u,%u) is empty", g.x, g.y, g.z, b.x, b.y, b.z));
  }
  if (above(b.x, p.maxThreadsDim[0]) || above(b.y, p.maxThreadsDim[1]) || above(b.z, p.maxThreadsDim[2]) ||
      threads > static_cast<unsigned>(p.maxThreadsPerBlock)) {
    return over(launch, cudaErrorInvalidConfiguration,
                format("block (%u,%u,%u); at most %d threads, and %d, %d, %d a dimension", b.x, b.y, b.z,
                       p.maxThreadsPerBlock, p.maxThreadsDim[0], p.maxThreadsDim[1], p.maxThreadsDim[2]));
  }
  if (above(g.x, p.maxGridSize[0]) || above(g.y, p.maxGridSize[1]) || above(g.z, p.maxGridSize[2])) {
    return over(launch, cudaErrorInvalidConfiguration,
                format("grid (%u,%u,%u); at most %d, %d, %d", g.x, g.y, g.z, p.maxGridSize[0], p.maxGridSize[1],
                       p.maxGridSize[2]));
  }
  const int bound = max_threads_of(*launch.kernel);
  if (threads > static_cast<unsigned>(bound)) {
    return over(launch, cudaErrorLaunchOutOfResources,
                format("%llu threads a block; its __launch_bounds__ allow %d", threads, bound));
  }
  const auto& raised = Runtime::instance().dynamic_shared_limits;
  const auto found = raised.find(launch.kernel->function);
  const size_t allowed = found != raised.end() ? static_cast<size_t>(found->second) : p.sharedMemPerBlock;
  if (launch.dynamic_shared > allowed) {
    return over(launch, cudaErrorInvalidValue,
                format("%zu bytes of dynamic shared memory; %zu are allowed (cudaFuncSetAttribute raises it to %zu)",
                       launch.dynamic_shared, allowed, p.sharedMemPerBlockOptin));
  }
  return cudaSuccess;
}

cudaError enqueue(Launch* launch, cudaStream_t stream) {
  auto work = std::make_shared<KernelWork>(launch);
  Call call;
  if (call.runtime.devices.empty()) return remember(cudaErrorNoDevice);
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return remember(cudaErrorInvalidResourceHandle);
  if (target->device != current_device()) return remember(cudaErrorInvalidResourceHandle);
  Device& device = *call.runtime.devices[static_cast<size_t>(target->device)];
  if (device.sticky != cudaSuccess) return remember(device.sticky);
  if (call.runtime.settings.no_code) return remember(cudaErrorNoKernelImageForDevice);
  const cudaError error = check_launch(device, *launch);
  if (error != cudaSuccess) return remember(error);
  ++launch->kernel->launches;
  return remember(append(*target, std::move(work)));
}

}  // namespace cudasim
