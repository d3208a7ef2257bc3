// A report for people.
#pragma once

#include <string>

#include "bench_kernels/report.h"

namespace cresset::program::bench {

// Where and how it was measured, then the rows below the task that they compute.
std::string table_of(const Report& report);

// One line that says what the report found: device, threads, how dispatch's kernels do against the library.
std::string quote_of(const Report& report);

// "12.3 us"
std::string time_text(double seconds);

}  // namespace cresset::program::bench
