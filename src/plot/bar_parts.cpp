#include "plot/bar_parts.h"

#include <algorithm>
#include <cmath>

#include "plot/frame.h"

namespace cresset::plot {

bool has_legend(const BarChart& chart) {
  return std::any_of(chart.bars.begin(), chart.bars.end(), [](const Bars& b) { return !b.label.empty(); });
}

Axis axis_of_values(const BarChart& chart, double room, int count) {
  double low = 0, high = 0;
  for (const Bars& b : chart.bars)
    for (const double v : b.values)
      if (std::isfinite(v)) {
        low = std::min(low, v);
        high = std::max(high, v);
      }
  if (low == high) high = 1;
  if (chart.decimals) {
    const double more = (high - low) * room;
    if (high > 0) high += more;
    if (low < 0) low -= more;
  }
  return round_axis(low, high, count);
}

void paint_legend(Drawing& drawing, const BarChart& chart, int left, int top) {
  constexpr int kText = 2, kSwatch = 16, kPad = 10;
  int x = left;
  const int y = top - line_height(kText) - 2;
  for (std::size_t k = 0; k < chart.bars.size(); ++k) {
    if (chart.bars[k].label.empty()) continue;
    drawing.fill(x, y, kSwatch, cap_height(kText), series_color(k));
    x += kSwatch + kPad;
    drawing.text(x, y, chart.bars[k].label);
    x += text_width(chart.bars[k].label, kText) + 2 * kPad;
  }
}

}  // namespace cresset::plot
