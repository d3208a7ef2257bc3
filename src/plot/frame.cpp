#include "plot/frame.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/check.h"

namespace cresset::plot {
namespace {
constexpr int kText = 2;
}

void check_chart_size(int width, int height) {
  check<ValueError>(width >= 160 && height >= 120 && width <= 10000 && height <= 10000,
                    "plot: a chart must be between 160 by 120 and 10000 by 10000 pixels, got {} by {}", width, height);
}

Axis axis_of(double low, double high, int count, bool logarithmic) {
  if (logarithmic) return low <= high ? log_axis(low, high) : log_axis(1, 10);
  return low <= high ? round_axis(low, high, count) : round_axis(0, 1, count);
}

Frame::Frame(Drawing& drawing, const Axis& y, std::string title, std::string x_label, std::string y_label, int right,
             int above)
    : drawing_(drawing), y_(y), title_(std::move(title)), x_label_(std::move(x_label)), y_label_(std::move(y_label)) {
  int widest = 0;
  for (const double t : y_.ticks()) widest = std::max(widest, text_width(y_.text(t), kText));
  left_ = 16 + widest + 8;
  right_ = drawing.width() - right;
  top_ = 14 + (title_.empty() ? 0 : line_height(kText) + 6) + (y_label_.empty() ? 0 : line_height(kText)) + above;
  bottom_ = drawing.height() - 16 - line_height(kText) - (x_label_.empty() ? 0 : line_height(kText) + 4);
}

void Frame::paint_grid() {
  for (const double t : y_.ticks()) {
    const int y = static_cast<int>(std::lround(to_y(t)));
    drawing_.fill(left_, y, right_ - left_, 1, kGridLine);
    drawing_.text(left_ - 8, y - cap_height(kText) / 2 - 1, y_.text(t), {.color = kGrey, .anchor = Anchor::end});
  }
}

void Frame::paint_axes() {
  drawing_.fill(left_, bottom_, right_ - left_ + 1, 1, kFrameLine);
  drawing_.fill(left_, top_, 1, bottom_ - top_, kFrameLine);
  int y = 14;
  if (!title_.empty()) {
    drawing_.text(left_, y, title_, {.bold = true});
    y += line_height(kText) + 6;
  }
  drawing_.text(left_, y - 2, y_label_, {.color = kGrey});
  drawing_.text((left_ + right_) / 2, drawing_.height() - 10 - line_height(kText), x_label_,
                {.color = kGrey, .anchor = Anchor::middle});
}

}  // namespace cresset::plot
