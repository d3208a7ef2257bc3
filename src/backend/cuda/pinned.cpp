// Pinned memory of the host.
#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <vector>

#include "backend/cuda/graph.h"
#include "backend/cuda/memory.h"

namespace cresset::cuda::backend {
namespace {

struct Block {
  std::size_t size;
  bool handed_out = true;
  std::vector<cudaEvent_t> users = {};  // what must be done before the block is free
  int graphs = 0;                       // that copy from or to it
};

struct Pinned {
  std::mutex mutex;
  std::map<const char*, Block> blocks;  // by address
};
Pinned& pinned() {
  static auto* p = new Pinned;
  return *p;
}

bool done(Block& block) {
  std::erase_if(block.users, [](cudaEvent_t event) {
    const cudaError_t error = cudaEventQuery(event);
    ignore_error(error);
    if (error == cudaErrorNotReady) return false;
    ignore_error(cudaEventDestroy(event));
    return true;
  });
  return block.users.empty() && block.graphs == 0;
}

// The block that holds the address; end where there is none.
auto find(Pinned& p, const void* address) {
  auto at = p.blocks.upper_bound(static_cast<const char*>(address));
  if (at == p.blocks.begin()) return p.blocks.end();
  --at;
  return static_cast<const char*>(address) < at->first + at->second.size ? at : p.blocks.end();
}

}  // namespace

void* allocate_pinned(std::size_t bytes) {
  const std::size_t size = std::bit_ceil(std::max<std::size_t>(bytes, 4096));
  Pinned& p = pinned();
  const std::scoped_lock lock(p.mutex);
  for (auto& [address, block] : p.blocks)
    if (!block.handed_out && block.size == size && done(block)) {
      block.handed_out = true;
      return const_cast<char*>(address);
    }
  void* address = nullptr;
  const cudaError_t error = cudaHostAlloc(&address, size, cudaHostAllocPortable);
  if (error == cudaErrorMemoryAllocation) {
    ignore_error(error);
    fail<OutOfMemoryError>("cannot pin {} bytes of host memory", size);
  }
  check_cuda(error, "cudaHostAlloc");
  p.blocks.emplace(static_cast<const char*>(address), Block{.size = size});
  return address;
}

void release_pinned(void* address) noexcept {
  Pinned& p = pinned();
  const std::scoped_lock lock(p.mutex);
  if (const auto at = find(p, address); at != p.blocks.end()) at->second.handed_out = false;
}

bool is_pinned(const void* address) {
  Pinned& p = pinned();
  const std::scoped_lock lock(p.mutex);
  return find(p, address) != p.blocks.end();
}

void record_pinned_use(const void* address, int device, cudaStream_t stream) {
  if (is_capturing(device)) {
    hold_pinned_for_capture(address);
    Pinned& p = pinned();
    const std::scoped_lock lock(p.mutex);
    if (const auto at = find(p, address); at != p.blocks.end()) ++at->second.graphs;
    return;
  }
  activate(device);
  cudaEvent_t event = nullptr;
  check_cuda(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreate");
  const cudaError_t error = cudaEventRecord(event, stream);
  Pinned& p = pinned();
  const std::scoped_lock lock(p.mutex);
  if (const auto at = find(p, address); at != p.blocks.end()) at->second.users.push_back(event);
  check_cuda(error, "cudaEventRecord");
}

void release_pinned_hold(const void* address) noexcept {
  Pinned& p = pinned();
  const std::scoped_lock lock(p.mutex);
  if (const auto at = find(p, address); at != p.blocks.end()) --at->second.graphs;
}

void give_back_unused_pinned() noexcept {
  Pinned& p = pinned();
  const std::scoped_lock lock(p.mutex);
  for (auto at = p.blocks.begin(); at != p.blocks.end();) {
    if (at->second.handed_out || !done(at->second)) {
      ++at;
      continue;
    }
    ignore_error(cudaFreeHost(const_cast<char*>(at->first)));
    at = p.blocks.erase(at);
  }
}

}  // namespace cresset::cuda::backend
