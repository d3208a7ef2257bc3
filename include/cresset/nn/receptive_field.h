// Which pixels of a network's input an output depends on.
#pragma once

#include <cresset/nn/module.h>
#include <cresset/ops.h>

namespace cresset::nn {

// Rows or columns first to last, both included; none where last < first.
struct PixelSpan {
  std::int64_t first = 0, last = -1;
  bool empty() const { return last < first; }
  std::int64_t size() const { return empty() ? 0 : last - first + 1; }
  friend bool operator==(const PixelSpan&, const PixelSpan&) = default;
};

// Rows or columns of the input that a layer's outputs depend on.
struct FieldLine {
  std::int64_t size = 1;   // of one output's field, as if the picture had no border; where jump is 0, of the largest
  std::int64_t jump = 1;   // input pixels from one output's field to the next's; 0 where that varies
  std::int64_t start = 0;  // the first pixel of the first output's field: -n where it begins n pixels outside
  // For each output: what of its field lies in the picture. Of a layer after flattening: one, of all outputs.
  std::vector<PixelSpan> spans = {};
  // Of the first output's field, in pixels; those that follow lie at multiples of the jump behind it.
  double center() const { return static_cast<double>(start) + static_cast<double>(size - 1) / 2; }
};

// The receptive field of one call of a module without children.
struct ReceptiveField {
  std::string name, class_name;  // of the module
  Shape output;
  FieldLine rows, columns;
};

// The receptive fields of the layers of `net` for an input of shape `input`, [N, C, H, W] or [C, H, W] (a batch of
// one), in the order in which they are called; size, jump and start follow as in
// https://distill.pub/2019/computing-receptive-fields. Branches that meet again (residual blocks) count together.
// Convolutions and poolings must be modules (nn::Conv2d, …); element-wise functions may stand between. Runs `net` once
// in eval mode on zeros; afterwards it is as it was. Throws UnsupportedError, which names the op, where something else
// moves pixels, ShapeError for inputs without rows and columns.
CRESSET_API std::vector<ReceptiveField> receptive_fields(Module& net, const Shape& input);

struct PixelRegion {
  PixelSpan rows, columns;
};
// The smallest rectangle of pixels of `input` ([N, C, H, W], or [C, H, W] as a batch of one) in which the gradient of
// output `pixel` (its sum over batch and channels; of an output without rows and columns: of all) is not 0: the
// receptive field as measured. Max pooling and ReLU let through what they choose, so give a batch of random pictures to
// see all of it. Runs `net` once in eval mode; gradients of its parameters stay as they were.
CRESSET_API PixelRegion region_by_gradient(Module& net, const Tensor& input, functional::Size2 pixel = {0, 0});

}  // namespace cresset::nn
