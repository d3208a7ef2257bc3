// Bars that lie: for many categories with long names.
#pragma once

#include <cresset/plot.h>

namespace cresset::plot {

// A checked chart.
Figure draw_horizontal_bars(const BarChart& chart);

}  // namespace cresset::plot
