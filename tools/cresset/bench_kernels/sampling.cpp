#include "bench_kernels/sampling.h"

#include <algorithm>

namespace cresset::program::bench {
namespace {

constexpr std::size_t kLeastOfAll = 3;

struct Side {
  std::vector<double> samples = {};
  double spent = 0;
  bool done = false, reached = false;
};

void take_sample(const Sampler& sampler, const Precision& precision, Side& side) {
  const Sample sample = sampler();
  side.samples.push_back(sample.seconds);
  side.spent += sample.spent;
  const std::size_t count = side.samples.size();
  side.reached = count >= std::max(kLeastOfAll, precision.least) &&
                 estimate(side.samples).relative_error(precision.confidence) <= precision.relative;
  side.done = side.reached || (side.spent >= precision.seconds && count >= kLeastOfAll);
}

}  // namespace

std::vector<Sampled> sample_in_turns(const std::vector<Sampler>& sides, const Precision& precision) {
  std::vector<Side> all(sides.size());
  for (bool going_on = true; going_on;) {
    going_on = false;
    for (std::size_t i = 0; i < sides.size(); ++i) {
      if (all[i].done) continue;
      take_sample(sides[i], precision, all[i]);
      going_on = true;
    }
  }
  std::vector<Sampled> out;
  for (const Side& side : all) out.push_back({estimate(side.samples), side.reached});
  return out;
}

}  // namespace cresset::program::bench
