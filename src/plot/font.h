// A small font without a file: every letter is a few axis-parallel strokes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cresset::plot {

// Anything but printable ASCII becomes a question mark; the font has nothing else.
std::string printable(std::string_view text);

// At scale 1, from the upper left corner of the text.
struct Stroke {
  int x, y, width, height;
};
std::vector<Stroke> strokes_of(std::string_view text);

int text_width(std::string_view text, int scale);
// As much of the text as fits into `width` pixels.
std::string_view text_that_fits(std::string_view text, int scale, int width);
// From the top of a capital to its foot.
int cap_height(int scale);
// From one line to the next.
int line_height(int scale);

}  // namespace cresset::plot
