#include <cresset/creation.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench_kernels/stopwatches.h"
#include "stopwatch.h"

namespace cresset::program::bench {
namespace {

constexpr double kBatchSeconds = 2e-3;

class CpuStopwatch final : public Stopwatch {
 public:
  Sampler warm(Call call) override {
    call();
    const double once = std::max(seconds_of(call), 1e-8);
    const auto calls = static_cast<int>(std::clamp(std::ceil(kBatchSeconds / once), 1.0, 1e5));
    return [call = std::move(call), calls] {
      const double seconds = seconds_of([&] {
        for (int i = 0; i < calls; ++i) call();
      });
      return Sample{seconds / calls, seconds};
    };
  }
  Sampler cold(Call call) override {
    call();
    return [this, call = std::move(call)] {
      Sample sample{};
      sample.spent = seconds_of([&] {
        flush_ += 1;  // by all threads: each core's own caches, too
        sample.seconds = seconds_of(call);
      });
      return sample;
    };
  }

 private:
  Tensor flush_ = zeros({2 * last_cache_bytes() / 4});
};

}  // namespace

std::int64_t last_cache_bytes() {
  std::int64_t most = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/devices/system/cpu/cpu0/cache", error)) {
    std::int64_t kilobytes = 0;
    if (std::ifstream(entry.path() / "size") >> kilobytes) most = std::max(most, kilobytes << 10);  // "32768K"
  }
  return most > 0 ? std::min<std::int64_t>(most, 512 << 20) : 32 << 20;
}

std::unique_ptr<Stopwatch> cpu_stopwatch() { return std::make_unique<CpuStopwatch>(); }

}  // namespace cresset::program::bench
