#include "cudasim/counts.h"

#include "cudasim/accesses.h"

namespace {

double product(const dim3& d) { return 1.0 * d.x * d.y * d.z; }

void add(cudasim_counts& sum, const cudasim::LaunchAccesses& launch) {
  const double blocks = product(launch.grid), run = static_cast<double>(launch.blocks);
  const double times = run > 0 ? blocks / run : 0;
  sum.launches += 1;
  sum.blocks += blocks;
  sum.blocks_run += run;
  sum.barriers += times * static_cast<double>(launch.barriers) *
                  static_cast<double>((static_cast<size_t>(product(launch.block)) + 31) / 32);
  sum.mma += times * static_cast<double>(launch.mma);
  for (const cudasim::AccessSite& site : launch.sites) {
    (site.shared ? sum.shared_requests : sum.global_requests) += times * static_cast<double>(site.requests);
    sum.global_sectors += times * static_cast<double>(site.sectors);
    sum.shared_wavefronts += times * static_cast<double>(site.wavefronts);
  }
}

}  // namespace

extern "C" void cudasim_begin_counts(unsigned long blocks_of_launch) {
  cudasim::record_accesses(blocks_of_launch, false);
}

extern "C" void cudasim_end_counts(cudasim_counts* counts) {
  *counts = {};
  for (const cudasim::LaunchAccesses& launch : cudasim::take_accesses()) add(*counts, launch);
}
