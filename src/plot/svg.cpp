// Figures as SVG 1.1, https://www.w3.org/TR/SVG11/.
#include <fmt/format.h>

#include <iterator>

#include "plot/base64.h"
#include "plot/drawing.h"
#include "plot/png.h"

namespace cresset::plot {
namespace {

std::string hex(Color c) { return fmt::format("#{:02x}{:02x}{:02x}", c.r, c.g, c.b); }

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

class SvgWriter {
 public:
  explicit SvgWriter(const Drawing& drawing) {
    put(R"(<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" )"
        "width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" font-family=\"Helvetica, Arial, sans-serif\">\n"
        "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
        drawing.width(), drawing.height());
    for (const Element& element : drawing.elements()) std::visit(*this, element);
    put("</svg>\n");
  }
  std::string take() { return std::move(out_); }

  void operator()(const Box& b) {
    put("<rect x=\"{:.6g}\" y=\"{:.6g}\" width=\"{:.6g}\" height=\"{:.6g}\" fill=\"{}\"", b.x, b.y, b.width, b.height,
        hex(b.color));
    if (b.cover < 1) put(" fill-opacity=\"{:.3g}\"", b.cover);
    put("/>\n");
  }
  void operator()(const Line& l) {
    put("<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"{:.3g}\" stroke-linejoin=\"round\" "
        "stroke-linecap=\"round\" points=\"",
        hex(l.color), l.thickness);
    for (const Point& p : l.points) put("{}{:.2f},{:.2f}", &p == l.points.data() ? "" : " ", p.x, p.y);
    put("\"/>\n");
  }
  void operator()(const Dot& d) {
    put("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"{:.3g}\" fill=\"{}\"/>\n", d.center.x, d.center.y, d.radius,
        hex(d.color));
  }
  void operator()(const Text& t) {
    constexpr const char* anchors[] = {"start", "middle", "end"};
    // A capital of these fonts is about 0.72 of the font's size; the pixels' font is a little wider.
    put("<text x=\"{}\" y=\"{}\" font-size=\"{:.3g}\" fill=\"{}\" text-anchor=\"{}\"{}>{}</text>\n", t.x,
        t.y + cap_height(t.style.scale), cap_height(t.style.scale) / 0.78, hex(t.style.color),
        anchors[static_cast<std::size_t>(t.style.anchor)], t.style.bold ? " font-weight=\"bold\"" : "",
        escaped(t.text));
  }
  void operator()(const Image& i) {
    put("<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" style=\"image-rendering:pixelated\" "
        "xlink:href=\"data:image/png;base64,{}\"/>\n",
        i.x, i.y, i.picture.width * i.scale, i.picture.height * i.scale, base64(png_bytes(i.picture, "svg")));
  }

 private:
  template <class... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  std::string out_;
};

}  // namespace

std::string svg_of(const Drawing& drawing) { return SvgWriter(drawing).take(); }

}  // namespace cresset::plot
