// A report as comma-separated values.
#pragma once

#include <string>

#include "bench_kernels/report.h"

namespace cresset::program::bench {

// A line for each row, as RFC 4180 says; what a row does not have is empty.
std::string csv_of(const Report& report);

}  // namespace cresset::program::bench
