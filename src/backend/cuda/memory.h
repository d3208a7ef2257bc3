// Memory of devices, in the order of streams, and pinned memory of the host.
#pragma once

#include <cresset/cuda.h>

#include <cstddef>

#include "backend/cuda/runtime.h"

namespace cresset::cuda::backend {

void* allocate(int device, void* stream, std::size_t bytes);
void release(int device, void* stream, void* data, std::size_t bytes) noexcept;
void record_use(int device, void* data, void* stream);
void read_memory_stats(int device, MemoryStats& out);
void reset_peak(int device);
void give_back_unused(int device);
void limit_memory(int device, std::int64_t bytes);

// Pinned blocks are kept for the next of their size, and are not handed out again before the work that uses them is
// done.
void* allocate_pinned(std::size_t bytes);
void release_pinned(void* block) noexcept;
// Whether the address lies in a pinned block; then what the stream has been given so far counts as using it.
bool is_pinned(const void* address);
void record_pinned_use(const void* address, int device, cudaStream_t stream);
// A graph's replays use the block until the hold is given back.
void release_pinned_hold(const void* address) noexcept;
void give_back_unused_pinned() noexcept;

}  // namespace cresset::cuda::backend
