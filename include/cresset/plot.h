// Pictures of a training: curves, bars, confusion matrices and grids of images with captions, as PNG and SVG.
// Component `data`. Text is printable ASCII; anything else shows as a question mark.
#pragma once

#include <cresset/tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
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

class Drawing;

// What the functions below draw, for both forms of file. A handle: copies are the same figure.
class CRESSET_API Figure {
 public:
  int width() const;  // pixels
  int height() const;
  Picture picture() const;
  std::string svg() const;

  // For the library: no user code needs these.
  explicit Figure(Drawing drawing);
  const Drawing& drawing() const { return *drawing_; }

 private:
  std::shared_ptr<const Drawing> drawing_;
};

// A line; points whose x or y is not finite break it. x and y are equally long (ValueError).
struct Series {
  std::string label = {};  // "" for none in the legend
  std::vector<double> x = {};
  std::vector<double> y = {};
  bool markers = false;  // a dot at each point
  bool line = true;      // false: dots alone
};
struct Chart {
  std::string title = {};
  std::string x_label = {};  // with its unit: "time (ms)"
  std::string y_label = {};
  std::vector<Series> series = {};
  int width = 720, height = 480;      // pixels, from 160 by 120 to 10000 by 10000 (ValueError)
  bool log_x = false, log_y = false;  // logarithmic axes; points at or below zero are left out of them
};
// Axes with ticks at round numbers that hold every finite point, the lines, and a legend where series have labels.
CRESSET_API Figure draw(const Chart& chart);

// One bar in each category; none where the value is not finite.
struct Bars {
  std::string label = {};  // "" for none in the legend
  std::vector<double> values = {};
};
struct BarChart {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::vector<std::string> categories = {};
  std::vector<Bars> bars = {};       // each has as many values as there are categories (ValueError)
  std::optional<int> decimals = {};  // writes its value over each bar, with so many digits behind the point, 0 to 9
  int width = 720, height = 480;
  bool horizontal =
      false;  // categories below each other, their names whole at the left; y_label is then the lower axis
};
// Groups of bars that stand on 0, side by side in the order given, and a legend over them where bars have labels.
CRESSET_API Figure draw(const BarChart& chart);

// How often each class was taken for each: labels and predicted are of an integer type and equal shape, with numbers in
// [0, num_classes) (ValueError). Gives int64 [num_classes, num_classes]; a row is what a class is, a column what it
// was predicted to be.
CRESSET_API Tensor confusion_matrix(const Tensor& labels, const Tensor& predicted, std::int64_t num_classes);

struct ConfusionMatrix {
  std::string title = {};
  Tensor counts = {};                     // [C, C], not negative, C from 1 to 100
  std::vector<std::string> classes = {};  // C names, or none: their numbers
  std::string x_label = "predicted";
  std::string y_label = "is";
  int cell = 56;  // pixels a row, from 16 to 400; columns are as wide, or as their names, up to 9/4 of it
};
// A field for each pair, with its count; the shade is the count's share of its row.
CRESSET_API Figure draw(const ConfusionMatrix& matrix);

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
CRESSET_API Figure draw_grid(const Tensor& images, const std::vector<Caption>& captions,
                             const GridOptions& options = {});

// All in one row, aligned at their upper edges.
CRESSET_API Figure beside(const std::vector<Figure>& figures);

// Write a file, all or nothing: IoError where it cannot be written. Of a picture: ValueError where it is empty or its
// pixels do not fit its sizes, OutOfMemoryError where there is no room for a second copy.
CRESSET_API void save_png(const Figure& figure, const std::string& path);
CRESSET_API void save_png(const Picture& picture, const std::string& path);
CRESSET_API void save_svg(const Figure& figure, const std::string& path);

}  // namespace cresset::plot
