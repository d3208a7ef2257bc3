#include "plot/font.h"

#include <stb_easy_font.h>

#include <cmath>
#include <string>

namespace cresset::plot {

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c < ' ' || c > '~') c = '?';
  return out;
}

std::vector<Stroke> strokes_of(std::string_view text) {
  struct Vertex {
    float x, y, z;
    unsigned char color[4];
  };
  std::string line = printable(text);
  constexpr std::size_t most_strokes = 32;  // of one letter, four corners each
  std::vector<Vertex> vertices(line.size() * most_strokes * 4 + 4);
  const int quads = stb_easy_font_print(0, 0, line.data(), nullptr, vertices.data(),
                                        static_cast<int>(vertices.size() * sizeof(Vertex)));
  std::vector<Stroke> strokes;
  for (int i = 0; i < quads; ++i) {
    const Vertex& first = vertices[static_cast<std::size_t>(i) * 4];
    const Vertex& third = vertices[static_cast<std::size_t>(i) * 4 + 2];
    const auto whole = [](float v) { return static_cast<int>(std::lround(v)); };
    strokes.push_back({whole(first.x), whole(first.y), whole(third.x - first.x), whole(third.y - first.y)});
  }
  return strokes;
}

int text_width(std::string_view text, int scale) {
  std::string line = printable(text);
  return stb_easy_font_width(line.data()) * scale;
}
std::string_view text_that_fits(std::string_view text, int scale, int width) {
  while (!text.empty() && text_width(text, scale) > width) text.remove_suffix(1);
  return text;
}
int cap_height(int scale) { return 7 * scale; }
int line_height(int scale) { return 12 * scale; }

}  // namespace cresset::plot
