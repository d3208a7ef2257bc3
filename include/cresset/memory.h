// The memory that tensors on the CPU take.
#pragma once

#include <cresset/export.h>

#include <cstdint>

namespace cresset {

struct CpuMemoryStats {
  std::int64_t allocated;       // bytes that live tensors hold
  std::int64_t peak_allocated;  // the most since the start or the last reset; small blocks are counted in steps of 64
                                // KiB a thread
  std::int64_t
      reserved;  // bytes taken from the system: what is allocated, rounding, and what is kept for the next tensors
  std::int64_t system_calls;  // how often the system was asked for memory; stands still in a steady training loop
};
CRESSET_API CpuMemoryStats cpu_memory_stats();
CRESSET_API void cpu_reset_peak_memory_stats();

// Gives the large blocks (over 32 KiB) that no tensor holds back to the system.
CRESSET_API void cpu_empty_cache();

// At most this many bytes are taken from the system; beyond them an allocation throws OutOfMemoryError. 0, the default,
// sets no limit; a negative number is a ValueError.
CRESSET_API void set_cpu_memory_limit(std::int64_t bytes);

}  // namespace cresset
