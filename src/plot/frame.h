// What charts with a vertical axis have in common: title, labels, round numbers at the left, lines across.
#pragma once

#include <string>

#include "plot/axis.h"
#include "plot/drawing.h"

namespace cresset::plot {

// Easy to tell apart, also for most who see colours differently.
inline constexpr Color kSeriesColors[] = {{31, 119, 180}, {230, 97, 0},  {44, 140, 60},
                                          {148, 68, 169}, {140, 86, 75}, {90, 90, 90}};
inline Color series_color(std::size_t i) { return kSeriesColors[i % std::size(kSeriesColors)]; }
inline constexpr Color kGridLine{228, 228, 232}, kFrameLine{120, 120, 128};

// Throws ValueError where a chart is too small to hold its frame, or larger than a picture may be.
void check_chart_size(int width, int height);

// The axis that holds [low, high], or 0 to 1 (1 to 10 on a logarithmic one) where low > high.
Axis axis_of(double low, double high, int count, bool logarithmic = false);

class Frame {
 public:
  // `right`: pixels that stay free on that side, `above`: between the labels and the area.
  Frame(Drawing& drawing, const Axis& y, std::string title, std::string x_label, std::string y_label, int right,
        int above = 0);

  int left() const { return left_; }
  int right() const { return right_; }
  int top() const { return top_; }
  int bottom() const { return bottom_; }
  double to_y(double value) const { return bottom_ - y_.place(value) * (bottom_ - top_); }

  // The lines across with their numbers; everything that belongs behind what is shown comes between the two.
  void paint_grid();
  void paint_axes();

 private:
  Drawing& drawing_;
  Axis y_;
  std::string title_, x_label_, y_label_;
  int left_, right_, top_, bottom_;
};

}  // namespace cresset::plot
