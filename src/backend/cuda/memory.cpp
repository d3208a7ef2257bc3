#include "backend/cuda/memory.h"

#include <array>
#include <atomic>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "backend/cuda/graph.h"
#include "backend/cuda/graph_memory.h"
#include "backend/cuda/synchronize.h"

namespace cresset::cuda::backend {
namespace {

struct Pool {
  std::atomic<std::int64_t> allocated{0}, peak{0}, allocations{0}, limit{0};
  // Streams beside its own that use a block: few have any.
  std::atomic<int> shared_blocks{0};
  std::mutex mutex;
  std::unordered_map<void*, std::vector<cudaStream_t>> uses;
};
Pool& pool_of(int device) {
  static auto* all = new std::array<Pool, 128>;
  return (*all)[static_cast<std::size_t>(device)];
}

cudaMemPool_t cuda_pool(int device) {
  cudaMemPool_t pool = nullptr;
  check_cuda(cudaDeviceGetDefaultMemPool(&pool, device), "cudaDeviceGetDefaultMemPool");
  return pool;
}

std::int64_t reserved_bytes(int device) {
  std::uint64_t bytes = 0;
  check_cuda(cudaMemPoolGetAttribute(cuda_pool(device), cudaMemPoolAttrReservedMemCurrent, &bytes),
             "cudaMemPoolGetAttribute");
  return static_cast<std::int64_t>(bytes) + graph_bytes(device);
}

[[noreturn]] void fail_out_of_memory(int device, std::size_t bytes) {
  const Pool& pool = pool_of(device);
  if (const std::int64_t limit = pool.limit; limit > 0)
    fail<OutOfMemoryError>("cuda:{}: cannot allocate {} bytes: tensors hold {}, and set_memory_limit allows {}", device,
                           bytes, pool.allocated.load(), limit);
  std::size_t free = 0, total = 0;
  check_cuda(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  fail<OutOfMemoryError>(
      "cuda:{}: cannot allocate {} bytes: the device has {}, of which {} are free; this process's tensors hold {}, its "
      "pool {}",
      device, bytes, total, free, pool.allocated.load(), reserved_bytes(device));
}

void raise_peak(Pool& pool, std::int64_t now) {
  std::int64_t peak = pool.peak.load(std::memory_order_relaxed);
  while (now > peak && !pool.peak.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
}

// The block's own stream waits for the others that use it.
void wait_for_users(Pool& pool, void* data, cudaStream_t stream) {
  std::vector<cudaStream_t> users;
  {
    const std::scoped_lock lock(pool.mutex);
    const auto found = pool.uses.find(data);
    if (found == pool.uses.end()) return;
    users = std::move(found->second);
    pool.uses.erase(found);
    --pool.shared_blocks;
  }
  for (cudaStream_t user : users) {
    cudaEvent_t event = nullptr;
    if (cudaEventCreateWithFlags(&event, cudaEventDisableTiming) != cudaSuccess) return ignore_error(cudaErrorUnknown);
    ignore_error(cudaEventRecord(event, user));
    ignore_error(cudaStreamWaitEvent(stream, event, 0));
    ignore_error(cudaEventDestroy(event));
  }
}

// Null where there is no room.
void* allocate_from_pool(int device, cudaStream_t stream, std::size_t bytes) {
  void* data = nullptr;
  cudaError_t error = cudaMallocAsync(&data, bytes, stream);
  if (error == cudaErrorMemoryAllocation) {
    // What other streams have given back, and blocks of other sizes, may be enough once they are joined.
    ignore_error(error);
    count_wait();
    ignore_error(cudaDeviceSynchronize());
    ignore_error(cudaMemPoolTrimTo(cuda_pool(device), 0));
    error = cudaMallocAsync(&data, bytes, stream);
  }
  if (error == cudaErrorMemoryAllocation) {
    ignore_error(error);
    return nullptr;
  }
  check_cuda(error, fmt::format("cuda:{}: allocating {} bytes", device, bytes));
  return data;
}

// A capture waits for nothing: only what the pool has unused can make room.
void* allocate_captured(GraphMemory& memory, int device, cudaStream_t stream, std::size_t bytes) {
  void* data = allocate_for_graph(memory, stream, bytes);
  if (data) return data;
  check_cuda(cudaMemPoolTrimTo(cuda_pool(device), 0), "cudaMemPoolTrimTo");
  return allocate_for_graph(memory, stream, bytes);
}

}  // namespace

void* allocate(int device, void* stream, std::size_t bytes) {
  activate(device);
  Pool& pool = pool_of(device);
  const auto size = static_cast<std::int64_t>(bytes);
  const std::int64_t now = pool.allocated.fetch_add(size) + size;
  void* data = nullptr;
  try {
    if (const std::int64_t limit = pool.limit; limit == 0 || now <= limit) {
      GraphMemory* memory = memory_of_capture(device);
      data = memory ? allocate_captured(*memory, device, stream_of(stream), bytes)
                    : allocate_from_pool(device, stream_of(stream), bytes);
    }
  } catch (...) {
    pool.allocated -= size;
    throw;
  }
  if (!data) {
    pool.allocated -= size;
    fail_out_of_memory(device, bytes);
  }
  ++pool.allocations;
  raise_peak(pool, now);
  return data;
}

void release(int device, void* stream, void* data, std::size_t bytes) noexcept {
  try {
    activate(device);
    Pool& pool = pool_of(device);
    pool.allocated -= static_cast<std::int64_t>(bytes);
    if (release_to_graph(data)) return;
    if (pool.shared_blocks.load(std::memory_order_relaxed) > 0) wait_for_users(pool, data, stream_of(stream));
    ignore_error(cudaFreeAsync(data, stream_of(stream)));
  } catch (...) {  // a device that has failed keeps its memory until the process ends
  }
}

void record_use(int device, void* data, void* stream) {
  // What a graph uses must live as long as the graph: its stream of the capture is none that could be waited for.
  if (share_graph_block(data) || is_capturing(device)) return;
  Pool& pool = pool_of(device);
  const std::scoped_lock lock(pool.mutex);
  auto& users = pool.uses[data];
  if (users.empty()) ++pool.shared_blocks;
  for (cudaStream_t user : users)
    if (user == stream_of(stream)) return;
  users.push_back(stream_of(stream));
}

void read_memory_stats(int device, MemoryStats& out) {
  const Pool& pool = pool_of(device);
  out = {.allocated = pool.allocated,
         .peak_allocated = pool.peak,
         .reserved = reserved_bytes(device),
         .allocations = pool.allocations};
}
void reset_peak(int device) { pool_of(device).peak = pool_of(device).allocated.load(); }
void limit_memory(int device, std::int64_t bytes) { pool_of(device).limit = bytes; }

void give_back_unused(int device) {
  activate(device);
  check_cuda(cudaMemPoolTrimTo(cuda_pool(device), 0), "cudaMemPoolTrimTo");
  give_back_unused_pinned();
}

}  // namespace cresset::cuda::backend
