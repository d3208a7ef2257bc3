// How far a kernel's result is from what float64 gives.
#pragma once

#include "bench_kernels/task.h"

namespace cresset::program::bench {

// The largest difference among the elements looked at, in parts of the largest value among them.
struct Deviation {
  double largest = 0;
  double bound = 0;           // what rounding explains; beyond it the result is wrong
  std::int64_t elements = 0;  // looked at
  bool complete = true;       // every element of the output is a finite number
  bool wrong() const { return !complete || !(largest <= bound); }
};

// Fills the output with NaN, calls the kernel once and looks at all elements, or at as many as take about
// `multiply_adds` of work, spread over the output by a fixed rule.
Deviation deviation_of(const Task& task, const Candidate& candidate, double multiply_adds = 2e7);

// 4 roundings of the result and 64 of the accumulator for each square root of the number of terms: Winograd's and split
// sums stay far below.
double rounding_bound(DType dtype, double terms);

}  // namespace cresset::program::bench
