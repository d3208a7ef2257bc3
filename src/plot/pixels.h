// From tensors to pixels.
#pragma once

#include <cresset/plot.h>

namespace cresset::plot {

// A [1 or 3, H, W] tensor of bytes or floating numbers, of any strides, each pixel `scale` by `scale` times.
Picture pixels_of(const Tensor& image, int scale);

}  // namespace cresset::plot
