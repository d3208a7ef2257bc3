// Pictures of a training: line charts and grids of images with captions, as PNG. Component `data`.
#pragma once

#include <cresset/tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cresset::plot {

struct Color {
  std::uint8_t r, g, b;
  friend bool operator==(const Color&, const Color&) = default;
};
inline constexpr Color kWhite{255, 255, 255};
inline constexpr Color kBlack{34, 34, 34};
inline constexpr Color kGrey{110, 110, 110};
inline constexpr Color kGreen{22, 128, 57};
inline constexpr Color kRed{200, 38, 45};

// Rows of red, green and blue, from the upper left corner.
struct Picture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> pixels;
};

// A line; points whose x or y is not finite break it. x and y are equally long (ValueError).
struct Series {
  std::string label = {};  // "" for none in the legend
  std::vector<double> x = {};
  std::vector<double> y = {};
};
struct Chart {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::vector<Series> series = {};
  int width = 720, height = 480;  // pixels, at least 160 by 120 (ValueError)
};
// Axes with ticks at round numbers that hold every finite point, the lines, and a legend where series have labels.
CRESSET_API Picture draw(const Chart& chart);

// A line of text under an image.
struct CaptionLine {
  std::string text;
  Color color = kBlack;
};
using Caption = std::vector<CaptionLine>;
struct GridOptions {
  std::string title = {};
  int columns = 8;
  int scale = 3;  // pixels a pixel
};
// images: [N, 1 or 3, H, W], uint8, or floating in [0, 1] (values outside are clamped); captions: one an image, or
// none. Text that is wider than its image is cut.
CRESSET_API Picture draw_grid(const Tensor& images, const std::vector<Caption>& captions,
                              const GridOptions& options = {});

// All in one row, aligned at their upper edges.
CRESSET_API Picture beside(const std::vector<Picture>& pictures);

// Writes a PNG, all or nothing. ValueError where the picture is empty or its pixels do not fit its sizes, IoError where
// the file cannot be written, OutOfMemoryError where there is no room for a second copy.
CRESSET_API void save_png(const Picture& picture, const std::string& path);

}  // namespace cresset::plot
