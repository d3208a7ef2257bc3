#include <cresset/creation.h>

#include <algorithm>
#include <limits>

#include "bench_kernels/roofline.h"
#include "bench_kernels/stopwatches.h"
#include "bench_kernels/task.h"
#include "stopwatch.h"

namespace cresset::program::bench {
namespace {

// The shortest of the calls that fit into the time, after one that warms up.
double least_seconds(const Call& call, double of_side) {
  call();
  double least = std::numeric_limits<double>::infinity();
  for (double spent = 0; spent < of_side;) {
    const double seconds = seconds_of(call);
    least = std::min(least, seconds);
    spent += seconds;
  }
  return least;
}

// No algorithm saves multiplications in any of these: products, and convolutions that are products.
double most_flops(DType dtype, double of_side) {
  const Problem problems[] = {{"roof", "product", Linear{1024, 1024, 1024}},
                              {"roof", "1x1", Convolution{8, 512, 28, 28, 512, 1, 1}}};
  double most = 0;
  for (const Problem& problem : problems)
    for (const MemoryFormat format : {kContiguous, kChannelsLast}) {
      const Workload workload(problem, dtype, format, DeviceType::cpu);
      const Task task = workload.task("forward");
      for (const Candidate& candidate : task.candidates)
        if (candidate.refusal.empty() && candidate.kernel != "reference")
          most = std::max(most, task.flops / least_seconds(candidate.run, of_side));
    }
  return most;
}

double most_bytes(double of_side) {
  const std::int64_t elements = 2 * last_cache_bytes() / 4;
  const Tensor x = zeros({elements}), y = ones({elements});
  // Reads both, writes one.
  return 12.0 * static_cast<double>(elements) / least_seconds([&] { x += y; }, of_side);
}

}  // namespace

std::optional<Roof> measured_cpu_roof(DType dtype, double seconds_of_side) {
  const double flops = most_flops(dtype, seconds_of_side);
  if (flops == 0) return {};
  return Roof{
      flops, most_bytes(seconds_of_side),
      "measured: the fastest product of 1024x1024x1024 or 1x1 convolution of 512 channels, and x += y beyond the "
      "caches"};
}

}  // namespace cresset::program::bench
