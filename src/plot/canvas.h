// A picture that can be drawn on.
#pragma once

#include <cresset/plot.h>

#include <string_view>

#include "plot/font.h"

namespace cresset::plot {

struct Point {
  double x, y;
};

class Canvas {
 public:
  // White all over.
  Canvas(int width, int height);

  int width() const { return picture_.width; }
  int height() const { return picture_.height; }
  Picture take() { return std::move(picture_); }

  // Mixes `color` in; `cover` from 0 to 1. Nothing happens outside the picture.
  void blend(int x, int y, Color color, double cover = 1);
  void fill(int x, int y, int width, int height, Color color, double cover = 1);
  // A smooth line, `thickness` pixels wide; pixel (0, 0) reaches from 0 to 1.
  void line(Point from, Point to, double thickness, Color color);
  // Several joined ones: each pixel is covered once however many pieces touch it.
  void lines(const std::vector<Point>& points, double thickness, Color color);
  // (x, y) is the upper left corner.
  void text(int x, int y, std::string_view text, int scale, Color color);
  void copy(const Picture& from, int x, int y);

 private:
  Picture picture_;
};

// As much of the text as fits into `width` pixels.
std::string_view text_that_fits(std::string_view text, int scale, int width);

}  // namespace cresset::plot
