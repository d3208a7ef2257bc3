// Memory pools and their statistics.
#include <algorithm>
#include <cstring>

#include "api.h"

using namespace cudasim;

namespace {

Device* device_at(Runtime& runtime, int device) {
  if (device < 0 || device >= static_cast<int>(runtime.devices.size())) return nullptr;
  return runtime.devices[static_cast<size_t>(device)].get();
}

}  // namespace

extern "C" {

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device) {
  Call call;
  Device* d = device_at(call.runtime, device);
  if (d == nullptr) return remember(cudaErrorInvalidDevice);
  *pool = d->default_pool.get();
  return cudaSuccess;
}

cudaError_t cudaDeviceGetMemPool(cudaMemPool_t* pool, int device) {
  Call call;
  Device* d = device_at(call.runtime, device);
  if (d == nullptr) return remember(cudaErrorInvalidDevice);
  *pool = d->pool;
  return cudaSuccess;
}

cudaError_t cudaDeviceSetMemPool(int device, cudaMemPool_t pool) {
  Call call;
  Device* d = device_at(call.runtime, device);
  if (d == nullptr || pool == nullptr) return remember(cudaErrorInvalidValue);
  d->pool = pool;
  return cudaSuccess;
}

cudaError_t cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps* properties) {
  CUDASIM_CALL;
  Device* d = device_at(call.runtime, properties->location.id);
  if (d == nullptr || properties->location.type != cudaMemLocationTypeDevice ||
      properties->allocType != cudaMemAllocationTypePinned) {
    return remember(cudaErrorInvalidValue);
  }
  auto* made = new CUmemPoolHandle_st;
  made->device = d->index;
  made->max_bytes = properties->maxSize;
  call.runtime.pools.push_back(made);
  *pool = made;
  return cudaSuccess;
}

cudaError_t cudaMemPoolDestroy(cudaMemPool_t pool) {
  CUDASIM_CALL;
  const auto found = std::find(call.runtime.pools.begin(), call.runtime.pools.end(), pool);
  if (found == call.runtime.pools.end() || pool->is_default) return remember(cudaErrorInvalidValue);
  Device& device = *call.runtime.devices[static_cast<size_t>(pool->device)];
  if (device.pool == pool) device.pool = device.default_pool.get();
  // What is still allocated from it stays until freed; the handle stays for it, in the list of all pools.
  device.used -= pool->reserved - pool->used;
  pool->reserved = pool->used;
  pool->release_threshold = 0;
  return cudaSuccess;
}

cudaError_t cudaMemPoolTrimTo(cudaMemPool_t pool, size_t bytes_to_keep) {
  CUDASIM_CALL;
  const size_t keep = std::max(pool->used, std::min(pool->reserved, bytes_to_keep));
  call.runtime.devices[static_cast<size_t>(pool->device)]->used -= pool->reserved - keep;
  pool->reserved = keep;
  return cudaSuccess;
}

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value) {
  CUDASIM_CALL;
  unsigned long long figure = 0;
  switch (attribute) {
    case cudaMemPoolAttrReleaseThreshold: figure = pool->release_threshold; break;
    case cudaMemPoolAttrReservedMemCurrent: figure = pool->reserved; break;
    case cudaMemPoolAttrReservedMemHigh: figure = pool->reserved_high; break;
    case cudaMemPoolAttrUsedMemCurrent: figure = pool->used; break;
    case cudaMemPoolAttrUsedMemHigh: figure = pool->used_high; break;
    case cudaMemPoolReuseFollowEventDependencies:
    case cudaMemPoolReuseAllowOpportunistic:
    case cudaMemPoolReuseAllowInternalDependencies: *static_cast<int*>(value) = 1; return cudaSuccess;
    default: return remember(cudaErrorInvalidValue);
  }
  std::memcpy(value, &figure, sizeof figure);
  return cudaSuccess;
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value) {
  CUDASIM_CALL;
  switch (attribute) {
    case cudaMemPoolAttrReleaseThreshold: {
      unsigned long long threshold = 0;
      std::memcpy(&threshold, value, sizeof threshold);
      pool->release_threshold = threshold;
      return cudaSuccess;
    }
    // Only a reset to zero is allowed.
    case cudaMemPoolAttrReservedMemHigh: pool->reserved_high = pool->reserved; return cudaSuccess;
    case cudaMemPoolAttrUsedMemHigh: pool->used_high = pool->used; return cudaSuccess;
    case cudaMemPoolReuseFollowEventDependencies:
    case cudaMemPoolReuseAllowOpportunistic:
    case cudaMemPoolReuseAllowInternalDependencies: return cudaSuccess;
    default: return remember(cudaErrorInvalidValue);
  }
}

}  // extern "C"
