// Allocation: cudaMalloc, stream-ordered pools, pinned host memory.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "api.h"
#include "graph.h"
#include "report.h"

using namespace cudasim;

namespace {

// Memory is given out in granules, so that its sum over a device follows from the sizes alone.
constexpr size_t kGranule = 512;
size_t rounded(size_t bytes) { return (bytes + kGranule - 1) / kGranule * kGranule; }

bool has_room(Device& device, size_t bytes) { return device.used + bytes <= device.properties.totalGlobalMem; }

struct BeginAllocation final : Work {
  char* base;
  cudaError run(Device&) override {
    Allocation* a = Runtime::instance().memory.find(base);
    if (a == nullptr || a->state != Allocation::kPending) return cudaSuccess;
    a->state = Allocation::kLive;
    Runtime::instance().memory.note(*a, true);
    if (a->of_graph) Runtime::instance().memory.refresh(*a);
    return cudaSuccess;
  }
  std::string what() const override { return "cudaMallocAsync"; }
};

void give_back(Device& device, CUmemPoolHandle_st& pool, size_t bytes) {
  pool.used -= bytes;
  const size_t keep = std::max(pool.used, std::min(pool.reserved, pool.release_threshold));
  device.used -= pool.reserved - keep;
  pool.reserved = keep;
}

struct EndAllocation final : Work {
  char* base;
  cudaError run(Device&) override {
    Runtime& runtime = Runtime::instance();
    Allocation* a = runtime.memory.find(base);
    if (a == nullptr || a->state == Allocation::kFreed) return cudaSuccess;
    runtime.memory.note(*a, true);
    if (a->of_graph) {
      a->state = Allocation::kPending;
      return cudaSuccess;
    }
    release_to_pool(base);
    return cudaSuccess;
  }
  std::string what() const override { return "cudaFreeAsync"; }
};

}  // namespace

void cudasim::release_to_pool(char* base) {
  Runtime& runtime = Runtime::instance();
  Allocation* a = runtime.memory.find(base);
  if (a == nullptr || a->state == Allocation::kFreed) return;
  give_back(*runtime.devices[static_cast<size_t>(a->device)], *a->pool, rounded(a->bytes));
  runtime.memory.release(*a);
}

namespace {

/// Makes room in the pool, if need be by waiting for frees that are under way; false when there is none.
bool reserve(Device& device, CUmemPoolHandle_st& pool, size_t bytes) {
  for (const bool waited : {false, true}) {
    if (waited && !Runtime::instance().captures.empty()) break;
    if (waited) run_device(device);
    const size_t wanted = std::max(pool.reserved, pool.used + bytes);
    const bool fits = pool.max_bytes == 0 || wanted <= pool.max_bytes;
    if (fits && has_room(device, wanted - pool.reserved)) {
      device.used += wanted - pool.reserved;
      pool.reserved = wanted;
      pool.reserved_high = std::max(pool.reserved_high, wanted);
      return true;
    }
  }
  return false;
}

cudaError allocate_async(void** pointer, size_t bytes, CUmemPoolHandle_st& pool, cudaStream_t stream,
                         const void* caller) {
  Runtime& runtime = Runtime::instance();
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return cudaErrorInvalidResourceHandle;
  *pointer = nullptr;
  if (bytes == 0) return cudaSuccess;
  Device& device = *runtime.devices[static_cast<size_t>(pool.device)];
  if (!reserve(device, pool, rounded(bytes))) return cudaErrorMemoryAllocation;
  Allocation* a = runtime.memory.allocate(bytes, pool.device, caller);
  if (a == nullptr) return cudaErrorMemoryAllocation;
  pool.used += rounded(bytes);
  pool.used_high = std::max(pool.used_high, pool.used);
  a->pool = &pool;
  a->state = Allocation::kPending;
  auto begin = std::make_shared<BeginAllocation>();
  begin->base = a->base;
  *pointer = a->base;
  if (target->capture) {
    a->of_graph = true;
    target->capture->body.memory->bases.push_back(a->base);
  }
  return append(*target, std::move(begin));
}

/// The allocation that begins at the address; null, with a report, for anything else.
Allocation* to_free(void* pointer, const char* function) {
  Allocation* a = Runtime::instance().memory.find(pointer);
  const bool begins = a != nullptr && a->base == pointer;
  if (begins && a->state != Allocation::kFreed && !a->freeing) return a;
  const bool freed = begins || Runtime::instance().memory.was_freed(pointer);
  report(freed ? "double free" : "invalid free",
         format("%s(%p)%s", function, pointer, freed ? "" : ": no allocation begins there"));
  return nullptr;
}

}  // namespace

extern "C" {

cudaError_t cudaMalloc(void** pointer, size_t bytes) {
  CUDASIM_UNCAPTURED_CALL;
  if (pointer == nullptr) return remember(cudaErrorInvalidValue);
  *pointer = nullptr;
  if (bytes == 0) return cudaSuccess;
  Device& device = call.runtime.current();
  if (!has_room(device, rounded(bytes))) {
    run_device(device);
    for (CUmemPoolHandle_st* pool : call.runtime.pools) {
      if (pool->device != device.index) continue;
      device.used -= pool->reserved - pool->used;
      pool->reserved = pool->used;
    }
    if (!has_room(device, rounded(bytes))) return remember(cudaErrorMemoryAllocation);
  }
  Allocation* a = call.runtime.memory.allocate(bytes, device.index, __builtin_return_address(0));
  if (a == nullptr) return remember(cudaErrorMemoryAllocation);
  device.used += rounded(bytes);
  *pointer = a->base;
  return cudaSuccess;
}

cudaError_t cudaFree(void* pointer) {
  CUDASIM_UNCAPTURED_CALL;
  if (pointer == nullptr) return cudaSuccess;
  ++call.runtime.counters.synchronisations;
  if (const cudaError_t error = run_device(call.runtime.current()); error != cudaSuccess) return remember(error);
  Allocation* a = to_free(pointer, "cudaFree");
  if (a == nullptr) return remember(cudaErrorInvalidValue);
  Device& device = *call.runtime.devices[static_cast<size_t>(a->device)];
  if (a->pool != nullptr) {
    give_back(device, *a->pool, rounded(a->bytes));
  } else {
    device.used -= rounded(a->bytes);
  }
  call.runtime.memory.release(*a);
  return cudaSuccess;
}

cudaError_t cudaHostAlloc(void** pointer, size_t bytes, unsigned int) {
  CUDASIM_UNCAPTURED_CALL;
  if (pointer == nullptr) return remember(cudaErrorInvalidValue);
  *pointer = nullptr;
  if (bytes == 0) return cudaSuccess;
  if (posix_memalign(pointer, 4096, bytes) != 0) return remember(cudaErrorMemoryAllocation);
  call.runtime.memory.host_blocks()[static_cast<char*>(*pointer)] = {bytes, false};
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** pointer, size_t bytes) { return cudaHostAlloc(pointer, bytes, cudaHostAllocDefault); }

cudaError_t cudaFreeHost(void* pointer) {
  CUDASIM_UNCAPTURED_CALL;
  if (pointer == nullptr) return cudaSuccess;
  auto& blocks = call.runtime.memory.host_blocks();
  const auto found = blocks.find(static_cast<char*>(pointer));
  if (found == blocks.end() || found->second.registered) {
    report("invalid free", format("cudaFreeHost(%p): not of cudaHostAlloc, or freed already", pointer));
    return remember(cudaErrorInvalidValue);
  }
  // Copies that are under way still use it; cudaFreeHost waits for them.
  ++call.runtime.counters.synchronisations;
  for (auto& device : call.runtime.devices) run_device(*device);
  blocks.erase(found);
  std::free(pointer);
  return cudaSuccess;
}

cudaError_t cudaHostRegister(void* pointer, size_t bytes, unsigned int) {
  CUDASIM_CALL;
  if (pointer == nullptr || bytes == 0) return remember(cudaErrorInvalidValue);
  auto& blocks = call.runtime.memory.host_blocks();
  if (blocks.contains(static_cast<char*>(pointer))) return remember(cudaErrorHostMemoryAlreadyRegistered);
  blocks[static_cast<char*>(pointer)] = {bytes, true};
  return cudaSuccess;
}

cudaError_t cudaHostUnregister(void* pointer) {
  CUDASIM_CALL;
  auto& blocks = call.runtime.memory.host_blocks();
  const auto found = blocks.find(static_cast<char*>(pointer));
  if (found == blocks.end() || !found->second.registered) return remember(cudaErrorHostMemoryNotRegistered);
  blocks.erase(found);
  return cudaSuccess;
}

cudaError_t cudaHostGetDevicePointer(void** device_pointer, void* host_pointer, unsigned int) {
  CUDASIM_CALL;
  if (!call.runtime.memory.pinned(host_pointer, 1)) return remember(cudaErrorInvalidValue);
  *device_pointer = host_pointer;
  return cudaSuccess;
}

cudaError_t cudaMallocAsync(void** pointer, size_t bytes, cudaStream_t stream) {
  CUDASIM_CALL;
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return remember(cudaErrorInvalidResourceHandle);
  CUmemPoolHandle_st& pool = *call.runtime.devices[static_cast<size_t>(target->device)]->pool;
  return remember(allocate_async(pointer, bytes, pool, stream, __builtin_return_address(0)));
}

cudaError_t cudaMallocFromPoolAsync(void** pointer, size_t bytes, cudaMemPool_t pool, cudaStream_t stream) {
  CUDASIM_CALL;
  return remember(allocate_async(pointer, bytes, *pool, stream, __builtin_return_address(0)));
}

cudaError_t cudaFreeAsync(void* pointer, cudaStream_t stream) {
  CUDASIM_CALL;
  if (pointer == nullptr) return cudaSuccess;
  CUstream_st* target = resolve(stream);
  if (target == nullptr) return remember(cudaErrorInvalidResourceHandle);
  Allocation* a = to_free(pointer, "cudaFreeAsync");
  if (a == nullptr || a->pool == nullptr) return remember(cudaErrorInvalidValue);
  if (target->capture && !a->of_graph) return remember(cudaErrorInvalidValue);
  a->freeing = !a->of_graph || target->capture != nullptr;
  auto end = std::make_shared<EndAllocation>();
  end->base = a->base;
  return remember(append(*target, std::move(end)));
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  CUDASIM_CALL;
  const Device& device = call.runtime.current();
  *total = device.properties.totalGlobalMem;
  *free = *total - device.used;
  return cudaSuccess;
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
  Call call;
  if (call.runtime.devices.empty()) return remember(cudaErrorNoDevice);
  auto* address = const_cast<void*>(pointer);
  const Allocation* a = call.runtime.memory.find(pointer);
  if (a != nullptr && a->state != Allocation::kFreed) {
    *attributes = {cudaMemoryTypeDevice, a->device, address, nullptr};
  } else if (call.runtime.memory.pinned(pointer, 1)) {
    *attributes = {cudaMemoryTypeHost, current_device(), address, address};
  } else {
    *attributes = {cudaMemoryTypeUnregistered, -1, nullptr, address};
  }
  return cudaSuccess;
}

}  // extern "C"
