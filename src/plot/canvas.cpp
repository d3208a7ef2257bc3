#include "plot/canvas.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace cresset::plot {
namespace {

double distance_to_segment(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y, squared = dx * dx + dy * dy;
  const double t = squared > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / squared, 0.0, 1.0) : 0.0;
  return std::hypot(p.x - (a.x + t * dx), p.y - (a.y + t * dy));
}

}  // namespace

Canvas::Canvas(int width, int height) {
  picture_.width = width;
  picture_.height = height;
  picture_.pixels.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3, 255);
}

void Canvas::blend(int x, int y, Color color, double cover) {
  if (x < 0 || y < 0 || x >= width() || y >= height()) return;
  std::uint8_t* pixel =
      &picture_
           .pixels[(static_cast<std::size_t>(y) * static_cast<std::size_t>(width()) + static_cast<std::size_t>(x)) * 3];
  const auto mix = [cover](std::uint8_t below, std::uint8_t above) {
    return static_cast<std::uint8_t>(std::lround(below + (above - below) * cover));
  };
  pixel[0] = mix(pixel[0], color.r);
  pixel[1] = mix(pixel[1], color.g);
  pixel[2] = mix(pixel[2], color.b);
}

void Canvas::fill(Point corner, double w, double h, Color color, double cover) {
  const auto edge = [](double at, int most) {
    return static_cast<int>(std::clamp<long>(std::lround(at), 0, static_cast<long>(most)));
  };
  const int left = edge(corner.x, width()), right = edge(corner.x + w, width());
  const int top = edge(corner.y, height()), bottom = edge(corner.y + h, height());
  for (int row = top; row < bottom; ++row)
    for (int column = left; column < right; ++column) blend(column, row, color, cover);
}

void Canvas::lines(const std::vector<Point>& points, double thickness, Color color) {
  std::map<std::pair<int, int>, double> covers;  // by row and column
  const double reach = thickness / 2 + 1;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const Point a = points[i], b = points[i + 1];
    const int left = static_cast<int>(std::floor(std::min(a.x, b.x) - reach));
    const int right = static_cast<int>(std::ceil(std::max(a.x, b.x) + reach));
    const int top = static_cast<int>(std::floor(std::min(a.y, b.y) - reach));
    const int bottom = static_cast<int>(std::ceil(std::max(a.y, b.y) + reach));
    for (int y = std::max(top, 0); y <= std::min(bottom, height() - 1); ++y)
      for (int x = std::max(left, 0); x <= std::min(right, width() - 1); ++x) {
        const double distance = distance_to_segment({x + 0.5, y + 0.5}, a, b);
        const double cover = std::clamp(thickness / 2 + 0.5 - distance, 0.0, 1.0);
        if (cover > 0) {
          double& old = covers[{y, x}];
          old = std::max(old, cover);
        }
      }
  }
  for (const auto& [place, cover] : covers) blend(place.second, place.first, color, cover);
}

void Canvas::text(int x, int y, std::string_view text, int scale, Color color) {
  for (const Stroke& s : strokes_of(text))
    fill({1.0 * x + s.x * scale, 1.0 * y + s.y * scale}, s.width * scale, s.height * scale, color);
}

void Canvas::copy(const Picture& from, int x, int y, int scale) {
  for (int row = 0; row < from.height * scale; ++row)
    for (int column = 0; column < from.width * scale; ++column) {
      const auto at = static_cast<std::size_t>(row / scale) * static_cast<std::size_t>(from.width) +
                      static_cast<std::size_t>(column / scale);
      const std::uint8_t* p = &from.pixels[at * 3];
      blend(x + column, y + row, {p[0], p[1], p[2]});
    }
}

}  // namespace cresset::plot
