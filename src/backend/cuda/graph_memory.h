// The memory of a graph: blocks that keep their addresses as long as the graph lives or a tensor holds them. Within the
// capture a block that is given back serves the next tensors, in the order of the stream; afterwards none does, since
// replays use it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/cuda/runtime.h"

namespace cresset::cuda::backend {

struct GraphMemory;

// For the calling thread's capture, which goes on from now.
GraphMemory* new_graph_memory(int device);
void stop_capturing(GraphMemory& memory) noexcept;
// The graph is gone. Waits for the device before memory is given back.
void drop_graph_memory(GraphMemory& memory) noexcept;

// Of the calling thread's capture on the device; null where there is none.
GraphMemory* memory_of_capture(int device) noexcept;
// Null, and no error left behind, where the device has no room.
void* allocate_for_graph(GraphMemory& memory, cudaStream_t stream, std::size_t bytes);
// Whether the block is a graph's; then it has been given back.
bool release_to_graph(void* data) noexcept;
// Another stream uses the block: it serves no other tensor. Whether it is a graph's.
bool share_graph_block(void* data);
// Bytes of the device that graphs hold.
std::int64_t graph_bytes(int device) noexcept;

}  // namespace cresset::cuda::backend
