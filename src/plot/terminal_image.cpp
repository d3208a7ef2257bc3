#include <cresset/plot/terminal.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "core/check.h"
#include "plot/base64.h"
#include "plot/png.h"

namespace cresset::plot {
namespace {

std::string kitty_image(const std::string& png) {
  constexpr std::size_t kChunk = 4096;  // characters, as the protocol wants it
  const std::string text = base64(png);
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += kChunk)
    out += fmt::format("\x1b_G{}m={};{}\x1b\\", i == 0 ? "a=T,f=100," : "", i + kChunk < text.size() ? 1 : 0,
                       text.substr(i, kChunk));
  return out + "\n";
}

std::string iterm2_image(const Picture& picture, const std::string& png) {
  return fmt::format("\x1b]1337;File=inline=1;size={};width={}px;height={}px:{}\a\n", png.size(), picture.width,
                     picture.height, base64(png));
}

constexpr int kMostColors = 256;
constexpr std::array<int, 3> kLevels = {6, 7, 6};  // of red, green, blue: 252 colours

struct Palette {
  std::vector<Color> colors;
  std::vector<std::uint8_t> of_pixel;
};

// The picture's own colours; nothing where they are too many.
Palette own_colors(const Picture& picture) {
  Palette palette;
  std::map<std::array<std::uint8_t, 3>, std::uint8_t> places;
  for (std::size_t i = 0; i < picture.pixels.size(); i += 3) {
    const std::array<std::uint8_t, 3> color{picture.pixels[i], picture.pixels[i + 1], picture.pixels[i + 2]};
    const auto [place, is_new] = places.try_emplace(color, static_cast<std::uint8_t>(palette.colors.size()));
    if (is_new && palette.colors.size() == kMostColors) return {};
    if (is_new) palette.colors.push_back({color[0], color[1], color[2]});
    palette.of_pixel.push_back(place->second);
  }
  return palette;
}

// The nearest of evenly spread colours; what each pixel is off by goes to its neighbours (Floyd and Steinberg, An
// Adaptive Algorithm for Spatial Grey Scale, 1976).
Palette spread_colors(const Picture& picture) {
  Palette palette;
  for (int r = 0; r < kLevels[0]; ++r)
    for (int g = 0; g < kLevels[1]; ++g)
      for (int b = 0; b < kLevels[2]; ++b) {
        const auto byte = [](int level, int levels) { return static_cast<std::uint8_t>(255 * level / (levels - 1)); };
        palette.colors.push_back({byte(r, kLevels[0]), byte(g, kLevels[1]), byte(b, kLevels[2])});
      }
  const auto width = static_cast<std::size_t>(picture.width);
  std::vector<float> here((width + 2) * 3), below((width + 2) * 3);
  for (std::size_t y = 0; y < static_cast<std::size_t>(picture.height); ++y) {
    std::fill(below.begin(), below.end(), 0.0F);
    for (std::size_t x = 0; x < width; ++x) {
      int index = 0;
      for (std::size_t c = 0; c < 3; ++c) {
        const std::size_t at = (x + 1) * 3 + c;
        const int levels = kLevels[c];
        const float wanted = static_cast<float>(picture.pixels[(y * width + x) * 3 + c]) + here[at];
        const int level =
            std::clamp(static_cast<int>(wanted * static_cast<float>(levels - 1) / 255 + 0.5F), 0, levels - 1);
        const float off = wanted - static_cast<float>(255 * level / (levels - 1));
        here[at + 3] += off * 7 / 16;
        below[at - 3] += off * 3 / 16;
        below[at] += off * 5 / 16;
        below[at + 3] += off / 16;
        index = index * levels + level;
      }
      palette.of_pixel.push_back(static_cast<std::uint8_t>(index));
    }
    here.swap(below);
  }
  return palette;
}

void add_run(std::string& out, char c, int count) {
  if (count > 3)
    out += fmt::format("!{}{}", count, c);
  else
    out.append(static_cast<std::size_t>(count), c);
}

// One colour of a band of six rows.
void add_band(std::string& out, const Palette& palette, const Picture& picture, int top, int color) {
  char last = 0;
  int count = 0;
  for (int x = 0; x < picture.width; ++x) {
    int bits = 0;
    for (int row = 0; row < 6 && top + row < picture.height; ++row)
      if (palette.of_pixel[static_cast<std::size_t>(top + row) * static_cast<std::size_t>(picture.width) +
                           static_cast<std::size_t>(x)] == color)
        bits |= 1 << row;
    const char c = static_cast<char>(63 + bits);
    if (c != last && count > 0) {
      add_run(out, last, count);
      count = 0;
    }
    last = c;
    ++count;
  }
  if (last != 63) add_run(out, last, count);  // blanks at the end need not be sent
}

std::string sixel_image(const Picture& picture) {
  Palette palette = own_colors(picture);
  if (palette.colors.empty()) palette = spread_colors(picture);
  std::string out = fmt::format("\x1bPq\"1;1;{};{}", picture.width, picture.height);
  for (std::size_t i = 0; i < palette.colors.size(); ++i) {
    const auto percent = [](std::uint8_t v) { return (v * 100 + 127) / 255; };
    const Color c = palette.colors[i];
    out += fmt::format("#{};2;{};{};{}", i, percent(c.r), percent(c.g), percent(c.b));
  }
  const auto width = static_cast<std::ptrdiff_t>(picture.width);
  for (int top = 0; top < picture.height; top += 6) {
    std::array<bool, kMostColors> used{};
    const auto first = palette.of_pixel.begin() + top * width;
    const auto last = palette.of_pixel.begin() + std::min(top + 6, picture.height) * width;
    std::for_each(first, last, [&](std::uint8_t color) { used[color] = true; });
    for (int color = 0; color < kMostColors; ++color) {
      if (!used[static_cast<std::size_t>(color)]) continue;
      out += fmt::format("#{}", color);
      add_band(out, palette, picture, top, color);
      out += '$';
    }
    out += '-';
  }
  return out + "\x1b\\\n";
}

}  // namespace

std::string terminal_image(const Picture& picture, TerminalProtocol protocol) {
  if (protocol == TerminalProtocol::none) return {};
  const std::string png = png_bytes(picture, "show");
  if (protocol == TerminalProtocol::kitty) return kitty_image(png);
  if (protocol == TerminalProtocol::iterm2) return iterm2_image(picture, png);
  return sixel_image(picture);
}

}  // namespace cresset::plot
