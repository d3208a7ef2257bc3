// Memory of tensors on the CPU: size-class free lists, one set a thread for small blocks, a shared set for large ones.
#pragma once

#include <cstddef>

namespace cresset {

// A block of at least `bytes`, aligned to 64; null for 0 bytes. The contents are not defined. OutOfMemoryError (with
// the sizes) where the system or the limit set by set_cpu_memory_limit has no more.
void* cpu_allocate(std::size_t bytes);

// Takes a block back, with the size that it was asked for; any thread may. In builds with AddressSanitizer nothing is
// kept, so that use after free shows.
void cpu_free(void* block, std::size_t bytes) noexcept;

}  // namespace cresset
