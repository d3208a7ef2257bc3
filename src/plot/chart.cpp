#include <cresset/plot.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/check.h"
#include "plot/axis.h"
#include "plot/canvas.h"

namespace cresset::plot {
namespace {

constexpr Color kGridLine{228, 228, 232}, kFrame{120, 120, 128};
// Easy to tell apart, also for most who see colours differently.
constexpr Color kLines[] = {{31, 119, 180}, {230, 97, 0}, {44, 140, 60}, {148, 68, 169}, {140, 86, 75}, {90, 90, 90}};
constexpr int kText = 2;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void add(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  Axis axis(int count) const { return low <= high ? round_axis(low, high, count) : round_axis(0, 1, count); }
};

bool finite(const Series& s, std::size_t i) { return std::isfinite(s.x[i]) && std::isfinite(s.y[i]); }

class ChartPainter {
 public:
  explicit ChartPainter(const Chart& chart) : chart_(chart), canvas_(chart.width, chart.height) {
    Range xs, ys;
    for (const Series& s : chart.series)
      for (std::size_t i = 0; i < s.x.size(); ++i)
        if (finite(s, i)) {
          xs.add(s.x[i]);
          ys.add(s.y[i]);
        }
    y_ = ys.axis(std::max(2, chart.height / 70));
    x_ = xs.axis(std::max(2, chart.width / 120));
    int widest = 0;
    for (const double t : y_.ticks()) widest = std::max(widest, text_width(tick_text(t, y_.step), kText));
    left_ = 16 + widest + 8;
    right_ = chart.width - 16 - text_width(tick_text(x_.high, x_.step), kText) / 2;
    top_ = 14 + (chart.title.empty() ? 0 : line_height(kText) + 6) + (chart.y_label.empty() ? 0 : line_height(kText));
    bottom_ = chart.height - 16 - line_height(kText) - (chart.x_label.empty() ? 0 : line_height(kText) + 4);
  }

  Picture paint() {
    paint_axes();
    for (std::size_t i = 0; i < chart_.series.size(); ++i) paint_line(chart_.series[i], kLines[i % std::size(kLines)]);
    paint_legend();
    return canvas_.take();
  }

 private:
  double to_x(double v) const { return left_ + (v - x_.low) / (x_.high - x_.low) * (right_ - left_); }
  double to_y(double v) const { return bottom_ - (v - y_.low) / (y_.high - y_.low) * (bottom_ - top_); }

  void paint_axes() {
    for (const double t : y_.ticks()) {
      const int y = static_cast<int>(std::lround(to_y(t)));
      canvas_.fill(left_, y, right_ - left_, 1, kGridLine);
      const std::string text = tick_text(t, y_.step);
      canvas_.text(left_ - 8 - text_width(text, kText), y - cap_height(kText) / 2 - 1, text, kText, kGrey);
    }
    for (const double t : x_.ticks()) {
      const int x = static_cast<int>(std::lround(to_x(t)));
      canvas_.fill(x, top_, 1, bottom_ - top_, kGridLine);
      canvas_.fill(x, bottom_, 1, 5, kFrame);
      const std::string text = tick_text(t, x_.step);
      canvas_.text(x - text_width(text, kText) / 2, bottom_ + 9, text, kText, kGrey);
    }
    canvas_.fill(left_, bottom_, right_ - left_ + 1, 1, kFrame);
    canvas_.fill(left_, top_, 1, bottom_ - top_, kFrame);
    int y = 14;
    if (!chart_.title.empty()) {
      // Twice a pixel to the right: the font has no bold.
      for (const int shift : {0, 1}) canvas_.text(left_ + shift, y, chart_.title, kText, kBlack);
      y += line_height(kText) + 6;
    }
    canvas_.text(left_, y - 2, chart_.y_label, kText, kGrey);
    canvas_.text((left_ + right_ - text_width(chart_.x_label, kText)) / 2, chart_.height - 10 - line_height(kText),
                 chart_.x_label, kText, kGrey);
  }

  void paint_line(const Series& s, Color color) {
    std::vector<Point> piece;
    const auto finish = [&] {
      if (piece.size() == 1) piece.push_back(piece[0]);  // a dot
      canvas_.lines(piece, piece.size() == 2 && piece[0].x == piece[1].x && piece[0].y == piece[1].y ? 6 : 2.4, color);
      piece.clear();
    };
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      if (finite(s, i))
        piece.push_back({to_x(s.x[i]), to_y(s.y[i])});
      else
        finish();
    }
    finish();
  }

  // Where a box covers least of the lines: the upper left pixel of the box.
  std::pair<int, int> emptiest_corner(int width, int height) const {
    const int right = right_ - width - 8, left = left_ + 8, top = top_ + 8, bottom = bottom_ - height - 8;
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
          if (!finite(s, i)) continue;
          look_at(to_x(s.x[i]), to_y(s.y[i]));
          if (i == 0 || !finite(s, i - 1)) continue;
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
    canvas_.fill(x, y, box, height, kWhite, 0.85);
    y += pad / 2 + 4;
    for (std::size_t i = 0; i < chart_.series.size(); ++i) {
      const Series& s = chart_.series[i];
      if (s.label.empty()) continue;
      const double middle = y + cap_height(kText) / 2.0;
      canvas_.line({x + pad * 1.0, middle}, {x + pad + swatch * 1.0, middle}, 3, kLines[i % std::size(kLines)]);
      canvas_.text(x + 2 * pad + swatch, y, s.label, kText, kBlack);
      y += row;
    }
  }

  const Chart& chart_;
  Canvas canvas_;
  Axis x_{}, y_{};
  int left_, right_, top_, bottom_;
};

}  // namespace

Picture draw(const Chart& chart) {
  check<ValueError>(chart.width >= 160 && chart.height >= 120 && chart.width <= 10000 && chart.height <= 10000,
                    "plot: a chart must be between 160 by 120 and 10000 by 10000 pixels, got {} by {}", chart.width,
                    chart.height);
  for (const Series& s : chart.series)
    check<ValueError>(s.x.size() == s.y.size(), "plot: series '{}' must have as many x as y, got {} and {}", s.label,
                      s.x.size(), s.y.size());
  return ChartPainter(chart).paint();
}

}  // namespace cresset::plot
