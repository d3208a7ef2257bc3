#include "plot/horizontal_bars.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "plot/bar_parts.h"
#include "plot/frame.h"

namespace cresset::plot {
namespace {

constexpr int kText = 2;

class Painter {
 public:
  explicit Painter(const BarChart& chart)
      : chart_(chart),
        drawing_(chart.width, chart.height),
        x_(axis_of_values(chart, 0.08, std::max(2, chart.width / 200))) {
    int widest = 0;
    for (const std::string& name : chart.categories) widest = std::max(widest, text_width(name, kText));
    // The names never take more than half of the width.
    left_ = std::min(16 + widest + 8, chart.width / 2);
    right_ = chart.width - 16 - text_width(x_.text(x_.high), kText) / 2;
    top_ = 14 + (chart.title.empty() ? 0 : line_height(kText) + 6) + (has_legend(chart) ? line_height(kText) + 4 : 0);
    bottom_ = chart.height - 16 - line_height(kText) - (chart.y_label.empty() ? 0 : line_height(kText) + 4);
  }

  Figure paint() {
    for (const double t : x_.ticks()) {
      const int x = static_cast<int>(std::lround(to_x(t)));
      drawing_.fill(x, top_, 1, bottom_ - top_, kGridLine);
      drawing_.text(x, bottom_ + 9, x_.text(t), {.color = kGrey, .anchor = Anchor::middle});
    }
    for (std::size_t i = 0; i < chart_.categories.size(); ++i) paint_category(i);
    const double zero = std::round(to_x(0));
    drawing_.fill(zero, top_, 1, bottom_ - top_, kFrameLine);
    drawing_.fill(left_, bottom_, right_ - left_ + 1, 1, kFrameLine);
    drawing_.text(16, 14, chart_.title, {.bold = true});
    drawing_.text((left_ + right_) / 2, chart_.height - 10 - line_height(kText), chart_.y_label,
                  {.color = kGrey, .anchor = Anchor::middle});
    paint_legend(drawing_, chart_, left_, top_);
    return Figure(std::move(drawing_));
  }

 private:
  double to_x(double value) const { return left_ + x_.place(value) * (right_ - left_); }

  void paint_category(std::size_t i) {
    const double height = 1.0 * (bottom_ - top_) / static_cast<double>(chart_.categories.size());
    const double top = top_ + height * static_cast<double>(i);
    if (i % 2 == 1) drawing_.fill(left_ + 1, top, right_ - left_ - 1, height, kGridLine, 0.35);
    // A bar that is missing leaves no gap.
    std::vector<std::size_t> shown;
    for (std::size_t k = 0; k < chart_.bars.size(); ++k)
      if (std::isfinite(chart_.bars[k].values[i])) shown.push_back(k);
    const double bar = height * 0.8 / static_cast<double>(std::max<std::size_t>(chart_.bars.size(), 1));
    double y = top + (height - bar * static_cast<double>(shown.size())) / 2;
    for (const std::size_t k : shown) {
      paint_bar(chart_.bars[k].values[i], y, bar, series_color(k));
      y += bar;
    }
    drawing_.text(left_ - 8, static_cast<int>(std::lround(top + height / 2)) - cap_height(kText) / 2,
                  text_that_fits(chart_.categories[i], kText, left_ - 20), {.anchor = Anchor::end});
  }

  void paint_bar(double value, double top, double height, Color color) {
    const double from = to_x(std::min(value, 0.0)), to = to_x(std::max(value, 0.0));
    const double gap = height > 6 ? 1 : 0;
    drawing_.fill(from, top + gap, std::max(to - from, 1.0), height - 2 * gap, color);
    if (!chart_.decimals) return;
    const int scale = cap_height(kText) + 4 <= height ? kText : 1;
    const int y = static_cast<int>(std::lround(top + height / 2)) - cap_height(scale) / 2;
    const bool below = value < 0;
    drawing_.text(static_cast<int>(std::lround(below ? from - 6 : to + 6)), y,
                  fmt::format("{:.{}f}", value, *chart_.decimals),
                  {.scale = scale, .anchor = below ? Anchor::end : Anchor::start});
  }

  const BarChart& chart_;
  Drawing drawing_;
  Axis x_;
  int left_ = 0, right_ = 0, top_ = 0, bottom_ = 0;
};

}  // namespace

Figure draw_horizontal_bars(const BarChart& chart) { return Painter(chart).paint(); }

}  // namespace cresset::plot
