// What a simulated device counts in place of times.
#pragma once

#include <functional>
#include <optional>

namespace cresset::program::bench {

struct Counts {
  double launches = 0, blocks = 0, blocks_run = 0;
  double global_requests = 0, global_sectors = 0;  // a sector is 32 bytes
  double shared_requests = 0, shared_wavefronts = 0;
  double barriers = 0, mma = 0;

  // What the simulator sees of a warp's instructions: all but arithmetic in registers.
  double instructions() const { return global_requests + shared_requests + barriers + mma; }
  double bytes() const { return 32 * global_sectors; }
};

// To be called before the device is first asked for: the simulator then loads kernels that count.
void ask_for_counting_kernels();

// Runs `work`, whose results are incomplete afterwards: of each launch only some blocks run. None where the kernels are
// not compiled for counting, or nothing was launched.
std::optional<Counts> counts_of(const std::function<void()>& work);

}  // namespace cresset::program::bench
