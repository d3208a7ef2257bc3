// A report as pictures.
#pragma once

#include <string>
#include <vector>

#include "bench_kernels/report.h"

namespace cresset::program::bench {

// The files that draw_charts() writes: PREFIX-bars.png, PREFIX-bars-2.png and so on for every 30 tasks, and
// PREFIX-roofline.png.
std::vector<std::string> chart_files(const Report& report, const std::string& prefix);

// Bars: a kernel's speed in each task, or its instructions where they were counted. Roofline: speed by the operations
// for each byte that has to be moved, under the device's roofs; for counts, operations an instruction by operations for
// each byte asked of memory. IoError where a file cannot be written.
void draw_charts(const Report& report, const std::string& prefix);

}  // namespace cresset::program::bench
