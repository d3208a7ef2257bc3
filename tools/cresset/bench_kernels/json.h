// A report as a file, and back.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bench_kernels/report.h"

namespace cresset::program::bench {

// `quote`: the last line of the printed report.
std::string json_of(const Report& report, const std::string& quote);

// IoError where there is no such file, it is cut off, damaged, or no report of this version of the format.
Report read_report(const std::string& path);

}  // namespace cresset::program::bench
