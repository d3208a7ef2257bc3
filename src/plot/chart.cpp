#include <cresset/plot.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/check.h"
#include "plot/frame.h"

namespace cresset::plot {
namespace {

constexpr int kText = 2;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void add(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
};

// Whether a point can be shown.
bool finite(const Chart& chart, const Series& s, std::size_t i) {
  return std::isfinite(s.x[i]) && std::isfinite(s.y[i]) && !(chart.log_x && s.x[i] <= 0) &&
         !(chart.log_y && s.y[i] <= 0);
}

struct Ranges {
  explicit Ranges(const Chart& chart) {
    for (const Series& s : chart.series)
      for (std::size_t i = 0; i < s.x.size(); ++i)
        if (finite(chart, s, i)) {
          x.add(s.x[i]);
          y.add(s.y[i]);
        }
  }
  Range x, y;
};

class ChartPainter {
 public:
  explicit ChartPainter(const Chart& chart) : ChartPainter(chart, Ranges(chart)) {}

  Figure paint() {
    frame_.paint_grid();
    paint_x_ticks();
    frame_.paint_axes();
    for (std::size_t i = 0; i < chart_.series.size(); ++i) paint_line(chart_.series[i], series_color(i));
    paint_legend();
    return Figure(std::move(drawing_));
  }

 private:
  ChartPainter(const Chart& chart, const Ranges& ranges)
      : chart_(chart),
        drawing_(chart.width, chart.height),
        x_(axis_of(ranges.x.low, ranges.x.high, std::max(2, chart.width / 120), chart.log_x)),
        frame_(drawing_, axis_of(ranges.y.low, ranges.y.high, std::max(2, chart.height / 70), chart.log_y), chart.title,
               chart.x_label, chart.y_label, 16 + text_width(x_.text(x_.high), kText) / 2) {}

  double to_x(double v) const { return frame_.left() + x_.place(v) * (frame_.right() - frame_.left()); }
  double to_y(double v) const { return frame_.to_y(v); }

  void paint_x_ticks() {
    for (const double t : x_.ticks()) {
      const int x = static_cast<int>(std::lround(to_x(t)));
      drawing_.fill(x, frame_.top(), 1, frame_.bottom() - frame_.top(), kGridLine);
      drawing_.fill(x, frame_.bottom(), 1, 5, kFrameLine);
      drawing_.text(x, frame_.bottom() + 9, x_.text(t), {.color = kGrey, .anchor = Anchor::middle});
    }
  }

  void paint_line(const Series& s, Color color) {
    std::vector<Point> piece;
    const auto finish = [&] {
      if (piece.size() == 1)
        drawing_.dot(piece[0], 3, color);
      else if (!piece.empty())
        drawing_.lines(std::move(piece), 2.4, color);
      piece.clear();
    };
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      if (!s.line)
        continue;
      else if (finite(chart_, s, i))
        piece.push_back({to_x(s.x[i]), to_y(s.y[i])});
      else
        finish();
    }
    finish();
    for (std::size_t i = 0; (s.markers || !s.line) && i < s.x.size(); ++i)
      if (finite(chart_, s, i)) drawing_.dot({to_x(s.x[i]), to_y(s.y[i])}, 4.5, color);
  }

  // Where a box covers least of the lines: the upper left pixel of the box.
  std::pair<int, int> emptiest_corner(int width, int height) const {
    const int right = frame_.right() - width - 8, left = frame_.left() + 8;
    const int top = frame_.top() + 8, bottom = frame_.bottom() - height - 8;
    std::pair<int, int> best{right, top};
    int fewest = std::numeric_limits<int>::max();
    for (const auto& corner : {std::pair{right, top}, {left, top}, {right, bottom}, {left, bottom}}) {
      int covered = 0;
      const auto look_at = [&](double x, double y) {
        if (x >= corner.first && x <= corner.first + width && y >= corner.second && y <= corner.second + height)
          ++covered;
      };
      for (const Series& s : chart_.series)
        for (std::size_t i = 0; i < s.x.size(); ++i) {
          if (!finite(chart_, s, i)) continue;
          look_at(to_x(s.x[i]), to_y(s.y[i]));
          if (!s.line || i == 0 || !finite(chart_, s, i - 1)) continue;
          constexpr int kPieces = 16;  // of the line that leads here
          for (int k = 1; k < kPieces; ++k)
            look_at(std::lerp(to_x(s.x[i - 1]), to_x(s.x[i]), 1.0 * k / kPieces),
                    std::lerp(to_y(s.y[i - 1]), to_y(s.y[i]), 1.0 * k / kPieces));
        }
      if (covered < fewest) {
        fewest = covered;
        best = corner;
      }
    }
    return best;
  }

  void paint_legend() {
    int width = 0, count = 0;
    for (const Series& s : chart_.series)
      if (!s.label.empty()) {
        width = std::max(width, text_width(s.label, kText));
        ++count;
      }
    if (count == 0) return;
    constexpr int swatch = 26, pad = 10;
    const int row = line_height(kText), box = width + swatch + 3 * pad, height = count * row + pad;
    auto [x, y] = emptiest_corner(box, height);
    drawing_.fill(x, y, box, height, kWhite, 0.85);
    y += pad / 2 + 4;
    for (std::size_t i = 0; i < chart_.series.size(); ++i) {
      const Series& s = chart_.series[i];
      if (s.label.empty()) continue;
      const double middle = y + cap_height(kText) / 2.0;
      if (s.line) drawing_.lines({{x + pad * 1.0, middle}, {x + pad + swatch * 1.0, middle}}, 3, series_color(i));
      if (s.markers || !s.line) drawing_.dot({x + pad + swatch / 2.0, middle}, 4.5, series_color(i));
      drawing_.text(x + 2 * pad + swatch, y, s.label);
      y += row;
    }
  }

  const Chart& chart_;
  Drawing drawing_;
  Axis x_;
  Frame frame_;
};

}  // namespace

Figure draw(const Chart& chart) {
  check_chart_size(chart.width, chart.height);
  for (const Series& s : chart.series)
    check<ValueError>(s.x.size() == s.y.size(), "plot: series '{}' must have as many x as y, got {} and {}", s.label,
                      s.x.size(), s.y.size());
  return ChartPainter(chart).paint();
}

}  // namespace cresset::plot
