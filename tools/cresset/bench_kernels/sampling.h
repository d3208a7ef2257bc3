// How often something is measured: until its mean is known well enough.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "bench_kernels/statistics.h"

namespace cresset::program::bench {

struct Precision {
  double confidence = 0.95;  // in (0, 1)
  double relative = 0.01;    // half the interval's width, in parts of the mean
  double seconds = 0.5;      // for each side, the time between its samples included
  std::size_t least = 10;    // samples, where the time allows
};

// One side of a comparison. `sample` measures once and gives seconds a call; `spent` is how long all that took.
struct Sample {
  double seconds, spent;
};
using Sampler = std::function<Sample()>;

struct Sampled {
  Estimate estimate;
  bool reached = false;  // the precision asked for; otherwise the time ran out first
};

// One sample of each side in turn, so that what changes meanwhile (clocks, other processes) meets all of them. A side
// is done when its interval is narrow enough after `least` samples, or its time is over after three.
std::vector<Sampled> sample_in_turns(const std::vector<Sampler>& sides, const Precision& precision);

}  // namespace cresset::program::bench
