#include <cresset/creation.h>

#include <algorithm>
#include <cmath>

#include "bench_kernels/stopwatches.h"
#include "stopwatch.h"

namespace cresset::program::bench {
namespace {

constexpr double kBatchSeconds = 2e-3;
constexpr int kMostCalls = 256;

class CudaStopwatch final : public Stopwatch {
 public:
  explicit CudaStopwatch(const Device& device)
      : device_(device),
        flush_(empty({std::max<std::int64_t>(2 * cuda::get_device_properties(device).l2_cache, 32 << 20)},
                     {.dtype = kUInt8, .device = device})) {
    flush();
    seconds_of_flush_ = std::max(between([&] { flush(); }), 1e-6);
  }

  Sampler warm(Call call) override {
    call();
    cuda::synchronize(device_);
    const double once = std::max(between(call), 1e-7);
    const auto calls =
        static_cast<int>(std::clamp(std::ceil(kBatchSeconds / once), 1.0, static_cast<double>(kMostCalls)));
    // How long the host takes to give the work to the device.
    const double giving = seconds_of([&] {
      for (int i = 0; i < calls; ++i) call();
    });
    cuda::synchronize(device_);
    const auto flushes = static_cast<int>(std::clamp(std::ceil(1.5 * giving / seconds_of_flush_), 1.0, 1000.0));
    return [this, call = std::move(call), calls, flushes] {
      Sample sample{};
      sample.spent = seconds_of([&] {
        for (int i = 0; i < flushes; ++i) flush();
        call();  // finds its operands flushed
        sample.seconds = between([&] {
                           for (int i = 0; i < calls; ++i) call();
                         }) /
                         calls;
      });
      return sample;
    };
  }

  Sampler cold(Call call) override {
    call();
    return [this, call = std::move(call)] {
      Sample sample{};
      sample.spent = seconds_of([&] {
        flush();
        sample.seconds = between(call);
      });
      return sample;
    };
  }

 private:
  void flush() { flush_.fill_(0); }

  // Seconds of the device from what was given before to what `body` gives; waits for it.
  template <class Body>
  double between(const Body& body) {
    const cuda::Event begin({.enable_timing = true}), end({.enable_timing = true});
    const cuda::Stream stream = cuda::current_stream(device_);
    begin.record(stream);
    body();
    end.record(stream);
    end.synchronize();
    return begin.elapsed_ms(end) * 1e-3;
  }

  Device device_;
  Tensor flush_;
  double seconds_of_flush_ = 0;
};

}  // namespace

std::unique_ptr<Stopwatch> cuda_stopwatch(const Device& device) { return std::make_unique<CudaStopwatch>(device); }

}  // namespace cresset::program::bench
