// From problems to rows.
#pragma once

#include <cresset/device.h>

#include <functional>
#include <string>
#include <vector>

#include "bench_kernels/problem.h"
#include "bench_kernels/report.h"

namespace cresset::program::bench {

struct Plan {
  Device device;
  std::vector<Problem> problems;
  std::vector<std::string> directions, kernels;  // no kernel: all
  std::vector<DType> dtypes;
  std::vector<MemoryFormat> layouts;
  Precision precision;
  double margin = 0.03;
  bool conversions = true;          // times the change from one layout to the other
  double most_for_reference = 2e8;  // multiply-adds
  double most_in_simulator = 2e8;
};

// Errors of kernels are rows without figures; `progress` is told the task that begins. UnsupportedError where a
// simulated device cannot count.
Report measure(const Plan& plan, const std::function<void(const std::string&)>& progress);

}  // namespace cresset::program::bench
