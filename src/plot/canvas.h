// A picture that can be drawn on.
#pragma once

#include "plot/drawing.h"

namespace cresset::plot {

class Canvas {
 public:
  // White all over.
  Canvas(int width, int height);

  int width() const { return picture_.width; }
  int height() const { return picture_.height; }
  Picture take() { return std::move(picture_); }

  // Mixes `color` in; `cover` from 0 to 1. Nothing happens outside the picture.
  void blend(int x, int y, Color color, double cover = 1);
  // Whole pixels: edges are rounded.
  void fill(Point corner, double width, double height, Color color, double cover = 1);
  // Smooth joined lines, `thickness` pixels wide; pixel (0, 0) reaches from 0 to 1. Each pixel is covered once however
  // many pieces touch it. Twice the same point is a dot.
  void lines(const std::vector<Point>& points, double thickness, Color color);
  // (x, y) is the upper left corner.
  void text(int x, int y, std::string_view text, int scale, Color color);
  void copy(const Picture& from, int x, int y, int scale);

 private:
  Picture picture_;
};

}  // namespace cresset::plot
