// Figures as pixels.
#include "plot/canvas.h"
#include "plot/drawing.h"

namespace cresset::plot {
namespace {

class Rasterizer {
 public:
  explicit Rasterizer(Canvas& canvas) : canvas_(canvas) {}

  void operator()(const Box& b) { canvas_.fill({b.x, b.y}, b.width, b.height, b.color, b.cover); }
  void operator()(const Line& l) { canvas_.lines(l.points, l.thickness, l.color); }
  void operator()(const Dot& d) { canvas_.lines({d.center, d.center}, 2 * d.radius, d.color); }
  void operator()(const Text& t) {
    const TextStyle& style = t.style;
    const int width = text_width(t.text, style.scale);
    const int left = style.anchor == Anchor::start ? t.x : style.anchor == Anchor::end ? t.x - width : t.x - width / 2;
    // The font has no bold: twice, a pixel further to the right.
    for (int shift = 0; shift <= (style.bold ? 1 : 0); ++shift)
      canvas_.text(left + shift, t.y, t.text, style.scale, style.color);
  }
  void operator()(const Image& i) { canvas_.copy(i.picture, i.x, i.y, i.scale); }

 private:
  Canvas& canvas_;
};

}  // namespace

Picture rasterize(const Drawing& drawing) {
  Canvas canvas(drawing.width(), drawing.height());
  Rasterizer rasterizer(canvas);
  for (const Element& element : drawing.elements()) std::visit(rasterizer, element);
  return canvas.take();
}

}  // namespace cresset::plot
