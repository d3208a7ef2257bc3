// What upright and lying bars have in common: the axis of their values, the legend.
#pragma once

#include <cresset/plot.h>

#include "plot/axis.h"
#include "plot/drawing.h"

namespace cresset::plot {

// Whether any of the bars has a label.
bool has_legend(const BarChart& chart);

// Holds zero and every value that is finite; where numbers stand at the bars' ends, with `room` of its length behind
// them.
Axis axis_of_values(const BarChart& chart, double room, int count);

// The labels in a row, from `left` on, above `top`.
void paint_legend(Drawing& drawing, const BarChart& chart, int left, int top);

}  // namespace cresset::plot
