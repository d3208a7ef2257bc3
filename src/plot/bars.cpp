#include <cresset/plot.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "plot/bar_parts.h"
#include "plot/frame.h"
#include "plot/horizontal_bars.h"

namespace cresset::plot {
namespace {

constexpr int kText = 2;

class BarPainter {
 public:
  explicit BarPainter(const BarChart& chart)
      : chart_(chart),
        drawing_(chart.width, chart.height),
        frame_(drawing_, axis_of_values(chart, 0.06, std::max(2, chart.height / 70)), chart.title, chart.x_label,
               chart.y_label, 16, has_legend(chart) ? line_height(kText) : 0) {}

  Figure paint() {
    frame_.paint_grid();
    for (std::size_t i = 0; i < chart_.categories.size(); ++i) paint_category(i);
    frame_.paint_axes();
    paint_legend(drawing_, chart_, frame_.left(), frame_.top());
    return Figure(std::move(drawing_));
  }

 private:
  void paint_category(std::size_t i) {
    const double width = 1.0 * (frame_.right() - frame_.left()) / static_cast<double>(chart_.categories.size());
    const double left = frame_.left() + width * static_cast<double>(i);
    const auto count = static_cast<double>(std::max<std::size_t>(chart_.bars.size(), 1));
    const double bar = width * 0.8 / count;
    for (std::size_t k = 0; k < chart_.bars.size(); ++k)
      paint_bar(chart_.bars[k].values[i], left + width * 0.1 + bar * static_cast<double>(k), bar, series_color(k));
    drawing_.text(static_cast<int>(std::lround(left + width / 2)), frame_.bottom() + 9,
                  text_that_fits(chart_.categories[i], kText, static_cast<int>(width) - 4),
                  {.color = kGrey, .anchor = Anchor::middle});
  }

  void paint_bar(double value, double left, double width, Color color) {
    if (!std::isfinite(value)) return;
    const double from = frame_.to_y(std::max(value, 0.0)), to = frame_.to_y(std::min(value, 0.0));
    const double gap = width > 6 ? 1 : 0;
    drawing_.fill(left + gap, from, width - 2 * gap, to - from, color);
    if (!chart_.decimals) return;
    const std::string text = fmt::format("{:.{}f}", value, *chart_.decimals);
    const int scale = text_width(text, kText) <= width ? kText : 1;
    const double y = value < 0 ? to + 4 : from - cap_height(scale) - 4;
    drawing_.text(static_cast<int>(std::lround(left + width / 2)), static_cast<int>(std::lround(y)), text,
                  {.scale = scale, .anchor = Anchor::middle});
  }

  const BarChart& chart_;
  Drawing drawing_;
  Frame frame_;
};

}  // namespace

Figure draw(const BarChart& chart) {
  check_chart_size(chart.width, chart.height);
  for (const Bars& b : chart.bars)
    check<ValueError>(b.values.size() == chart.categories.size(),
                      "plot: bars '{}' must have a value for each category, got {} for {}", b.label, b.values.size(),
                      chart.categories.size());
  check<ValueError>(!chart.decimals || (*chart.decimals >= 0 && *chart.decimals <= 9),
                    "plot: decimals must be from 0 to 9, got {}", chart.decimals.value_or(0));
  return chart.horizontal ? draw_horizontal_bars(chart) : BarPainter(chart).paint();
}

}  // namespace cresset::plot
