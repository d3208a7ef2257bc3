#include "plot/drawing.h"

#include <algorithm>

namespace cresset::plot {

void Drawing::fill(double x, double y, double width, double height, Color color, double cover) {
  elements_.emplace_back(Box{x, y, width, height, color, cover});
}
void Drawing::lines(std::vector<Point> points, double thickness, Color color) {
  elements_.emplace_back(Line{std::move(points), thickness, color});
}
void Drawing::dot(Point center, double radius, Color color) { elements_.emplace_back(Dot{center, radius, color}); }
void Drawing::text(int x, int y, std::string_view text, const TextStyle& style) {
  if (!text.empty()) elements_.emplace_back(Text{x, y, printable(text), style});
}
void Drawing::image(int x, int y, Picture picture, int scale) {
  elements_.emplace_back(Image{x, y, std::move(picture), scale});
}

void Drawing::add(const Drawing& other, int right) {
  for (Element element : other.elements_) {
    std::visit(
        [right](auto& e) {
          if constexpr (requires { e.points; })
            for (Point& p : e.points) p.x += right;
          else if constexpr (requires { e.center; })
            e.center.x += right;
          else
            e.x += right;
        },
        element);
    elements_.push_back(std::move(element));
  }
}

Figure::Figure(Drawing drawing) : drawing_(std::make_shared<const Drawing>(std::move(drawing))) {}
int Figure::width() const { return drawing_->width(); }
int Figure::height() const { return drawing_->height(); }
Picture Figure::picture() const { return rasterize(*drawing_); }
std::string Figure::svg() const { return svg_of(*drawing_); }

Figure beside(const std::vector<Figure>& figures) {
  int width = 0, height = 0;
  for (const Figure& f : figures) {
    width += f.width();
    height = std::max(height, f.height());
  }
  Drawing drawing(width, height);
  int x = 0;
  for (const Figure& f : figures) {
    drawing.add(f.drawing(), x);
    x += f.width();
  }
  return Figure(std::move(drawing));
}

}  // namespace cresset::plot
