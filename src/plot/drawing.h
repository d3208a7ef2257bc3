// What stands on a figure, in the order in which it is painted.
#pragma once

#include <cresset/plot.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "plot/font.h"

namespace cresset::plot {

struct Point {
  double x, y;
};

enum class Anchor : std::uint8_t { start, middle, end };

struct Box {
  double x, y, width, height;
  Color color;
  double cover;  // 0 to 1
};
struct Line {
  std::vector<Point> points;
  double thickness;
  Color color;
};
struct Dot {
  Point center;
  double radius;
  Color color;
};
struct TextStyle {
  int scale = 2;  // of the font
  Color color = kBlack;
  Anchor anchor = Anchor::start;
  bool bold = false;
};
// x is where the anchor stands, y the top of a capital.
struct Text {
  int x, y;
  std::string text;
  TextStyle style;
};
struct Image {
  int x, y;
  Picture picture;
  int scale;  // pixels a pixel
};
using Element = std::variant<Box, Line, Dot, Text, Image>;

class Drawing {
 public:
  Drawing(int width, int height) : width_(width), height_(height) {}
  int width() const { return width_; }
  int height() const { return height_; }
  const std::vector<Element>& elements() const { return elements_; }

  void fill(double x, double y, double width, double height, Color color, double cover = 1);
  void lines(std::vector<Point> points, double thickness, Color color);
  void dot(Point center, double radius, Color color);
  void text(int x, int y, std::string_view text, const TextStyle& style = {});
  void image(int x, int y, Picture picture, int scale);
  // All of another drawing, so much further to the right.
  void add(const Drawing& other, int right);

 private:
  int width_, height_;
  std::vector<Element> elements_;
};

Picture rasterize(const Drawing& drawing);
std::string svg_of(const Drawing& drawing);

}  // namespace cresset::plot
