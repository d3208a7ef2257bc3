#include <cresset/creation.h>
#include <cresset/plot.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "plot/axis.h"
#include "plot/drawing.h"
#include "plot/frame.h"

namespace cresset::plot {
namespace {

constexpr int kText = 2, kGap = 16, kBar = 18;
constexpr Color kDark{8, 62, 120};

Color shade(double share) {
  const auto mix = [share](std::uint8_t to) {
    return static_cast<std::uint8_t>(std::lround(255 + (to - 255) * share));
  };
  return {mix(kDark.r), mix(kDark.g), mix(kDark.b)};
}

Tensor whole_numbers(const Tensor& x, const char* what) {
  check<DTypeError>(!x.is_floating_point() && x.dtype() != kBool, "{} must be of an integer type, got {}", what,
                    name(x.dtype()));
  return x.detach().cpu().to(kInt64).contiguous();
}

class ConfusionPainter {
 public:
  ConfusionPainter(const ConfusionMatrix& matrix, const Tensor& counts)
      : matrix_(matrix),
        counts_(counts),
        count_(static_cast<int>(counts.size(0))),
        widest_name_(widest_name(matrix, count_)),
        // Wide enough for the names, within reason.
        wide_(std::clamp(widest_name_ + 8, matrix.cell, matrix.cell * 9 / 4)),
        left_(kGap + std::max(widest_name_, text_width(matrix.y_label, kText)) + 10),
        top_(kGap + (matrix.title.empty() ? 0 : line_height(kText) + 6) + line_height(kText) * 2),
        drawing_(left_ + count_ * wide_ + 2 * kGap + kBar + 10 + text_width("100 %", kText) + kGap,
                 top_ + count_ * matrix.cell + kGap) {}

  Figure paint() {
    int y = kGap;
    if (!matrix_.title.empty()) {
      drawing_.text(kGap, y, matrix_.title, {.bold = true});
      y += line_height(kText) + 6;
    }
    drawing_.text(left_ + side() / 2, y, matrix_.x_label, {.color = kGrey, .anchor = Anchor::middle});
    drawing_.text(left_ - 10, y, matrix_.y_label, {.color = kGrey, .anchor = Anchor::end});
    for (int row = 0; row < count_; ++row) paint_row(row);
    paint_shades();
    return Figure(std::move(drawing_));
  }

 private:
  static std::string class_name(const ConfusionMatrix& matrix, int i) {
    return matrix.classes.empty() ? std::to_string(i) : matrix.classes[static_cast<std::size_t>(i)];
  }
  static int widest_name(const ConfusionMatrix& matrix, int count) {
    int widest = 0;
    for (int i = 0; i < count; ++i) widest = std::max(widest, text_width(class_name(matrix, i), kText));
    return widest;
  }
  int side() const { return count_ * wide_; }
  std::int64_t at(int row, int column) const { return counts_.data_ptr<std::int64_t>()[row * count_ + column]; }

  void centered(int x, int y, const std::string& text, int scale, Color color) {
    drawing_.text(x, y - cap_height(scale) / 2, text_that_fits(text, scale, wide_ - 2),
                  {.scale = scale, .color = color, .anchor = Anchor::middle});
  }

  void paint_row(int row) {
    double sum = 0;
    for (int column = 0; column < count_; ++column) sum += static_cast<double>(at(row, column));
    const int y = top_ + row * matrix_.cell, middle = y + matrix_.cell / 2;
    drawing_.text(left_ - 10, middle - cap_height(kText) / 2, class_name(matrix_, row), {.anchor = Anchor::end});
    for (int column = 0; column < count_; ++column) {
      const int x = left_ + column * wide_;
      if (row == 0)
        centered(x + wide_ / 2, top_ - line_height(kText) / 2 - 2, class_name(matrix_, column),
                 widest_name_ <= wide_ - 2 ? kText : 1, kBlack);
      const double share = sum > 0 ? static_cast<double>(at(row, column)) / sum : 0;
      drawing_.fill(x, y, wide_, matrix_.cell, kGridLine);
      drawing_.fill(x, y, wide_ - 1, matrix_.cell - 1, shade(share));
      const std::string number = std::to_string(at(row, column));
      centered(x + wide_ / 2, middle, number, text_width(number, kText) <= wide_ - 2 ? kText : 1,
               share > 0.5 ? kWhite : kBlack);
    }
  }

  // What the shades mean.
  void paint_shades() {
    const int x = left_ + side() + 2 * kGap, height = std::min(count_ * matrix_.cell, 240);
    for (int y = 0; y < height; ++y) drawing_.fill(x, top_ + y, kBar, 1, shade(1 - (y + 0.5) / height));
    for (const int percent : {0, 50, 100}) {
      const int y = top_ + (height - 1) * (100 - percent) / 100;
      const int text_top = std::clamp(y - cap_height(kText) / 2, top_, top_ + height - cap_height(kText));
      drawing_.text(x + kBar + 10, text_top, fmt::format("{} %", percent), {.color = kGrey});
    }
    drawing_.text(x, top_ - line_height(kText) + 2, "of the row", {.scale = 1, .color = kGrey});
  }

  const ConfusionMatrix& matrix_;
  Tensor counts_;
  int count_, widest_name_, wide_, left_, top_;
  Drawing drawing_;
};

}  // namespace

Tensor confusion_matrix(const Tensor& labels, const Tensor& predicted, std::int64_t num_classes) {
  check<ValueError>(num_classes >= 1 && num_classes <= 10000,
                    "confusion_matrix: num_classes must be from 1 to 10000, got {}", num_classes);
  check<ShapeError>(labels.shape() == predicted.shape(),
                    "confusion_matrix: labels and predicted must have one shape, got {} and {}", labels.shape(),
                    predicted.shape());
  const Tensor rows = whole_numbers(labels, "confusion_matrix: labels"),
               columns = whole_numbers(predicted, "confusion_matrix: predicted");
  Tensor counts = zeros({num_classes, num_classes}, {.dtype = kInt64});
  const auto* row = rows.data_ptr<std::int64_t>();
  const auto* column = columns.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < rows.numel(); ++i) {
    for (const std::int64_t value : {row[i], column[i]})
      check<ValueError>(value >= 0 && value < num_classes,
                        "confusion_matrix: classes must be from 0 to {}, got {} at element {}", num_classes - 1, value,
                        i);
    ++counts.data_ptr<std::int64_t>()[row[i] * num_classes + column[i]];
  }
  return counts;
}

Figure draw(const ConfusionMatrix& matrix) {
  check<ValueError>(matrix.counts.defined(), "plot: a confusion matrix must have counts");
  const Shape shape = matrix.counts.shape();
  check<ShapeError>(shape.size() == 2 && shape[0] == shape[1] && shape[0] >= 1 && shape[0] <= 100,
                    "plot: counts must have the shape [C, C] with C from 1 to 100, got {}", shape);
  const Tensor counts = whole_numbers(matrix.counts, "plot: counts");
  check<ValueError>(counts.min().item<std::int64_t>() >= 0, "plot: counts must not be negative, got {}",
                    counts.min().item<std::int64_t>());
  check<ValueError>(matrix.classes.empty() || static_cast<std::int64_t>(matrix.classes.size()) == shape[0],
                    "plot: there must be no class names or one a row, got {} for {} rows", matrix.classes.size(),
                    shape[0]);
  check<ValueError>(matrix.cell >= 16 && matrix.cell <= 400, "plot: cell must be from 16 to 400 pixels, got {}",
                    matrix.cell);
  return ConfusionPainter(matrix, counts).paint();
}

}  // namespace cresset::plot
