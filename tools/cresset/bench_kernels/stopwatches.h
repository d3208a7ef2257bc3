// Times of calls on a device, with full and with empty caches.
#pragma once

#include <cresset/cuda.h>
#include <cresset/tensor.h>

#include <functional>
#include <memory>

#include "bench_kernels/sampling.h"

namespace cresset::program::bench {

using Call = std::function<void()>;

// Warm: calls one after another, as many as take about two milliseconds; a sample is their mean. Cold: before each call
// a buffer twice as large as the last cache is rewritten; a sample is one call.
class Stopwatch {
 public:
  virtual ~Stopwatch() = default;
  // Calls once before, so that plans are made and memory is there, and finds out how many calls a sample has.
  virtual Sampler warm(Call call) = 0;
  virtual Sampler cold(Call call) = 0;
};

// Bytes of the last cache of the processor as Linux tells them, or 32 MiB.
std::int64_t last_cache_bytes();

std::unique_ptr<Stopwatch> cpu_stopwatch();
// By CUDA events on the current stream. Before a batch the device is kept busy for as long as the host takes to give it
// the calls, so that launching is not measured.
std::unique_ptr<Stopwatch> cuda_stopwatch(const Device& device);

}  // namespace cresset::program::bench
