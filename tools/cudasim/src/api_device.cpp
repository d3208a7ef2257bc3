// Devices, versions, functions.
#include <algorithm>
#include <cstdio>

#include "api.h"
#include "work.h"

using namespace cudasim;

namespace {

bool valid(int device) { return device >= 0 && device < static_cast<int>(Runtime::instance().devices.size()); }

Device& at(int device) { return *Runtime::instance().devices[static_cast<size_t>(device)]; }

}  // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  Call call;
  *count = 0;
  if (call.runtime.settings.driver < CUDART_VERSION) return remember(cudaErrorInsufficientDriver);
  *count = static_cast<int>(call.runtime.devices.size());
  return *count == 0 ? remember(cudaErrorNoDevice) : cudaSuccess;
}

cudaError_t cudaGetDevice(int* device) {
  Call call;
  if (call.runtime.devices.empty()) return remember(cudaErrorNoDevice);
  *device = current_device();
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  Call call;
  if (call.runtime.devices.empty()) return remember(cudaErrorNoDevice);
  if (!valid(device)) return remember(cudaErrorInvalidDevice);
  current_device() = device;
  return cudaSuccess;
}

cudaError_t cudaInitDevice(int device, unsigned int, unsigned int) {
  Call call;
  return valid(device) ? cudaSuccess : remember(cudaErrorInvalidDevice);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  Call call;
  if (!valid(device)) return remember(cudaErrorInvalidDevice);
  *properties = at(device).properties;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  Call call;
  if (!valid(device)) return remember(cudaErrorInvalidDevice);
  const cudaDeviceProp& p = at(device).properties;
  switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock: *value = p.maxThreadsPerBlock; break;
    case cudaDevAttrMaxBlockDimX: *value = p.maxThreadsDim[0]; break;
    case cudaDevAttrMaxBlockDimY: *value = p.maxThreadsDim[1]; break;
    case cudaDevAttrMaxBlockDimZ: *value = p.maxThreadsDim[2]; break;
    case cudaDevAttrMaxGridDimX: *value = p.maxGridSize[0]; break;
    case cudaDevAttrMaxGridDimY: *value = p.maxGridSize[1]; break;
    case cudaDevAttrMaxGridDimZ: *value = p.maxGridSize[2]; break;
    case cudaDevAttrMaxSharedMemoryPerBlock: *value = static_cast<int>(p.sharedMemPerBlock); break;
    case cudaDevAttrTotalConstantMemory: *value = static_cast<int>(p.totalConstMem); break;
    case cudaDevAttrWarpSize: *value = p.warpSize; break;
    case cudaDevAttrMaxRegistersPerBlock: *value = p.regsPerBlock; break;
    case cudaDevAttrClockRate: *value = 1000000; break;  // kHz; nothing is timed by it
    case cudaDevAttrMultiProcessorCount: *value = p.multiProcessorCount; break;
    case cudaDevAttrMemoryClockRate: *value = 1000000; break;
    case cudaDevAttrGlobalMemoryBusWidth: *value = p.memoryBusWidth; break;
    case cudaDevAttrL2CacheSize: *value = p.l2CacheSize; break;
    case cudaDevAttrMaxThreadsPerMultiProcessor: *value = p.maxThreadsPerMultiProcessor; break;
    case cudaDevAttrComputeCapabilityMajor: *value = p.major; break;
    case cudaDevAttrComputeCapabilityMinor: *value = p.minor; break;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor: *value = static_cast<int>(p.sharedMemPerMultiprocessor); break;
    case cudaDevAttrMaxRegistersPerMultiprocessor: *value = p.regsPerMultiprocessor; break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = static_cast<int>(p.sharedMemPerBlockOptin); break;
    case cudaDevAttrMaxBlocksPerMultiprocessor: *value = p.maxBlocksPerMultiProcessor; break;
    case cudaDevAttrReservedSharedMemoryPerBlock: *value = static_cast<int>(p.reservedSharedMemPerBlock); break;
    case cudaDevAttrMemoryPoolsSupported: *value = p.memoryPoolsSupported; break;
    default: return remember(cudaErrorInvalidValue);
  }
  return cudaSuccess;
}

cudaError_t cudaDeviceGetPCIBusId(char* bus_id, int length, int device) {
  Call call;
  if (!valid(device)) return remember(cudaErrorInvalidDevice);
  std::snprintf(bus_id, static_cast<size_t>(length), "0000:%02x:00.0", at(device).properties.pciBusID);
  return cudaSuccess;
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  if (least != nullptr) *least = 0;
  if (greatest != nullptr) *greatest = -5;
  return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() {
  CUDASIM_UNCAPTURED_CALL;
  ++call.runtime.counters.synchronisations;
  return remember(run_device(call.runtime.current()));
}

cudaError_t cudaDeviceReset() {
  Call call;
  const int device = current_device();
  call.runtime.reset(call.runtime.settings);
  current_device() = device;
  return cudaSuccess;
}

cudaError_t cudaDeviceCanAccessPeer(int* can, int device, int peer) {
  Call call;
  if (!valid(device) || !valid(peer)) return remember(cudaErrorInvalidDevice);
  *can = device != peer;
  return cudaSuccess;
}

cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned int) {
  CUDASIM_CALL;
  if (!valid(peer) || peer == current_device()) return remember(cudaErrorInvalidDevice);
  auto enabled = call.runtime.current().peers[static_cast<size_t>(peer)];
  if (enabled) return remember(cudaErrorPeerAccessAlreadyEnabled);
  enabled = true;
  return cudaSuccess;
}

cudaError_t cudaDeviceDisablePeerAccess(int peer) {
  CUDASIM_CALL;
  if (!valid(peer) || peer == current_device()) return remember(cudaErrorInvalidDevice);
  auto enabled = call.runtime.current().peers[static_cast<size_t>(peer)];
  if (!enabled) return remember(cudaErrorPeerAccessNotEnabled);
  enabled = false;
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* version) {
  Call call;
  return *version = call.runtime.settings.driver, cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) { return *version = CUDART_VERSION, cudaSuccess; }

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* function) {
  CUDASIM_CALL;
  *attributes = {};
  attributes->maxThreadsPerBlock = max_threads_of(function);
  attributes->numRegs = 32;  // the host compiler counts other registers; kernel_report reads the device's
  attributes->binaryVersion = attributes->ptxVersion =
      call.runtime.current().properties.major * 10 + call.runtime.current().properties.minor;
  const auto found = call.runtime.dynamic_shared_limits.find(function);
  attributes->maxDynamicSharedSizeBytes = found != call.runtime.dynamic_shared_limits.end() ? found->second : 48 << 10;
  return cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute attribute, int value) {
  CUDASIM_CALL;
  if (attribute == cudaFuncAttributePreferredSharedMemoryCarveout) return cudaSuccess;
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 ||
      static_cast<size_t>(value) > call.runtime.current().properties.sharedMemPerBlockOptin) {
    return remember(cudaErrorInvalidValue);
  }
  call.runtime.dynamic_shared_limits[function] = value;
  return cudaSuccess;
}

cudaError_t cudaFuncSetCacheConfig(const void*, cudaFuncCache) { return cudaSuccess; }

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* function, int block_size,
                                                          size_t dynamic_shared) {
  CUDASIM_CALL;
  const cudaDeviceProp& p = call.runtime.current().properties;
  if (block_size <= 0 || block_size > max_threads_of(function)) return remember(cudaErrorInvalidValue);
  const int rounded = (block_size + 31) / 32 * 32;
  int most = std::min(p.maxThreadsPerMultiProcessor / rounded, p.maxBlocksPerMultiProcessor);
  const size_t shared = dynamic_shared + p.reservedSharedMemPerBlock;
  if (shared != 0) most = std::min(most, static_cast<int>(p.sharedMemPerMultiprocessor / shared));
  *blocks = most;
  return cudaSuccess;
}

}  // extern "C"
