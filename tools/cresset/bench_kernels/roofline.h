// The least time that a device's peak and its memory allow.
#pragma once

#include <cresset/dtype.h>

#include <optional>
#include <string>

#include "bench_kernels/clocks.h"

namespace cresset::program::bench {

// Of one dtype on one device. `source` says where the figures come from.
struct Roof {
  double flops = 0;  // a second
  double bytes = 0;  // a second, of the memory behind the caches
  std::string source = {};

  // Of so many operations and so many bytes that have to be moved.
  double seconds(double operations, double moved) const;
};

// Measured now, for so many seconds each, on all threads: products by the fastest kernel there is, and x += y on arrays
// that no cache holds. None for a dtype that only the reference computes.
std::optional<Roof> measured_cpu_roof(DType dtype, double seconds_of_side);

// Computed: multiprocessors x multiply-adds a clock x 2 x boost clock, and two transfers a memory clock of the bus's
// width. None for a compute capability that is not known here.
std::optional<Roof> computed_gpu_roof(const GpuFigures& figures, DType dtype);

}  // namespace cresset::program::bench
