// A device of the tests' own: its memory cannot be touched by the host unnoticed, its kernels are the CPU's.
#pragma once

#include <cstdint>

namespace cresset::test {

// Two devices, of compute capability 8.0. Before anything has asked for a backend.
void use_fake_device();

struct FakeCounts {
  std::int64_t live_blocks, pinned_blocks, copies, blocking_copies;
};
FakeCounts fake_counts();
// Allocations beyond it fail as a device's do.
void set_fake_memory(std::int64_t bytes);
// While it is set, no event is done.
void set_fake_busy(bool value);

}  // namespace cresset::test
