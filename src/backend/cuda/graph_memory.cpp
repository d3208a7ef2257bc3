#include "backend/cuda/graph_memory.h"

#include <array>
#include <atomic>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace cresset::cuda::backend {
namespace {

constexpr std::size_t kGranule = 512;

struct Block {
  GraphMemory* owner;
  std::size_t size;
  cudaStream_t stream;
  bool in_use = true;
  bool shared = false;
};

struct Blocks {
  std::mutex mutex;
  std::unordered_map<void*, Block> all;
  std::atomic<int> memories{0};  // with none, nobody needs to look
  std::array<std::atomic<std::int64_t>, 128> bytes{};
};
Blocks& blocks() {
  static auto* b = new Blocks;
  return *b;
}

}  // namespace

struct GraphMemory {
  int device;
  bool capturing = true;
  bool dropped = false;
  std::int64_t held = 0;  // blocks that tensors hold
  std::vector<void*> made = {};
};

namespace {

// Under the lock, once neither the graph nor a tensor needs it.
void give_back(Blocks& b, GraphMemory& memory) noexcept {
  for (void* data : memory.made) {
    const auto at = b.all.find(data);
    b.bytes[static_cast<std::size_t>(memory.device)] -= static_cast<std::int64_t>(at->second.size);
    b.all.erase(at);
    ignore_error(cudaFree(data));
  }
  --b.memories;
  delete &memory;
}

}  // namespace

GraphMemory* new_graph_memory(int device) {
  ++blocks().memories;
  return new GraphMemory{.device = device};
}

void stop_capturing(GraphMemory& memory) noexcept {
  const std::scoped_lock lock(blocks().mutex);
  memory.capturing = false;
}

void drop_graph_memory(GraphMemory& memory) noexcept {
  Blocks& b = blocks();
  const std::scoped_lock lock(b.mutex);
  memory.dropped = true;
  if (memory.held == 0) give_back(b, memory);
}

void* allocate_for_graph(GraphMemory& memory, cudaStream_t stream, std::size_t bytes) {
  const std::size_t size = (bytes + kGranule - 1) / kGranule * kGranule;
  Blocks& b = blocks();
  const std::scoped_lock lock(b.mutex);
  // The smallest that is large enough, if it is not far too large.
  void* best = nullptr;
  std::size_t best_size = 2 * size + 1;
  for (void* data : memory.made) {
    const Block& block = b.all.at(data);
    if (block.in_use || block.shared || block.stream != stream || block.size < size || block.size >= best_size)
      continue;
    best = data;
    best_size = block.size;
  }
  if (best) {
    b.all.at(best).in_use = true;
    ++memory.held;
    return best;
  }
  void* data = nullptr;
  const cudaError_t error = cudaMalloc(&data, size);
  if (error == cudaErrorMemoryAllocation) {
    ignore_error(error);
    return nullptr;
  }
  check_cuda(error, "allocating memory of a graph");
  b.all.emplace(data, Block{.owner = &memory, .size = size, .stream = stream});
  b.bytes[static_cast<std::size_t>(memory.device)] += static_cast<std::int64_t>(size);
  memory.made.push_back(data);
  ++memory.held;
  return data;
}

bool release_to_graph(void* data) noexcept {
  Blocks& b = blocks();
  if (b.memories.load(std::memory_order_relaxed) == 0) return false;
  const std::scoped_lock lock(b.mutex);
  const auto at = b.all.find(data);
  if (at == b.all.end()) return false;
  GraphMemory& memory = *at->second.owner;
  // Once captured, the block is the replays' for good.
  if (memory.capturing) at->second.in_use = false;
  if (--memory.held == 0 && memory.dropped) give_back(b, memory);
  return true;
}

bool share_graph_block(void* data) {
  Blocks& b = blocks();
  if (b.memories.load(std::memory_order_relaxed) == 0) return false;
  const std::scoped_lock lock(b.mutex);
  const auto at = b.all.find(data);
  if (at == b.all.end()) return false;
  at->second.shared = true;
  return true;
}

std::int64_t graph_bytes(int device) noexcept { return blocks().bytes[static_cast<std::size_t>(device)]; }

}  // namespace cresset::cuda::backend
