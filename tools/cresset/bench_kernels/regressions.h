// What has changed since an older report.
#pragma once

#include <string>
#include <vector>

#include "bench_kernels/report.h"

namespace cresset::program::bench {

struct Change {
  const Row* row;    // of the newer report
  std::string what;  // "warm time", "cold time", "instructions", "bytes", "result"
  Ratio ratio;       // newer by older
};

struct Changes {
  int compared = 0;            // figures that both reports have
  std::vector<Change> slower;  // beyond noise: the whole interval of the ratio is above 1 + margin
  std::vector<Change> faster;  // and below 1 / (1 + margin)
};

// Times by their intervals, at the newer report's confidence and margin; a simulator's counts have no noise: every
// increase is one. A result that is wrong now and was not is a change for the worse. ValueError where the reports are
// of different devices, processors, instruction sets or numbers of threads, one of them is simulated, or they share no
// figure. `path` names the older report in messages.
Changes changes_since(const Report& older, const Report& newer, const std::string& path);

// One line for each change, then a line that sums them up.
std::string text_of(const Changes& changes, const std::string& path);

}  // namespace cresset::program::bench
