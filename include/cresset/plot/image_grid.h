// Many images in one, and images as files, with the words and defaults of torchvision.utils. Component `data`.
#pragma once

#include <cresset/plot.h>
#include <cresset/tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cresset::plot {

struct MakeGridOptions {
  std::int64_t nrow = 8;     // images in a row
  std::int64_t padding = 2;  // pixels between images and around them
  bool normalize = false;    // shifted and scaled to [0, 1], from value_range or from the least and the greatest value
  std::optional<std::pair<double, double>> value_range = {};
  bool scale_each = false;  // each image by itself, not all together
  double pad_value = 0;
};

// Images [N, C, H, W] (or one: [C, H, W], [H, W]) beside and below each other: [C, rows * (H + padding) + padding,
// columns * (W + padding) + padding]. One channel becomes three; a single image gets no padding. Type and device stay;
// no history. ShapeError for other shapes or no image, ValueError for nrow < 1 or padding < 0, DTypeError where
// integers are to be normalised. https://docs.pytorch.org/vision/stable/generated/torchvision.utils.make_grid.html
CRESSET_API Tensor make_grid(const Tensor& images, const MakeGridOptions& options = {});
// Of images of one shape.
CRESSET_API Tensor make_grid(const std::vector<Tensor>& images, const MakeGridOptions& options = {});

// The grid of the images as a PNG: floating values are cut to [0, 1] and rounded to the nearest of 256 steps, bytes
// stay. Throws as make_grid; ShapeError for other than 1 or 3 channels, DTypeError for other integers, ValueError where
// the path does not end in ".png", IoError where the file cannot be written.
// https://docs.pytorch.org/vision/stable/generated/torchvision.utils.save_image.html
CRESSET_API void save_image(const Tensor& images, const std::string& path, const MakeGridOptions& options = {});

// One image [1 or 3, H, W], as save_image writes it, each pixel `scale` by `scale` times.
CRESSET_API Picture picture(const Tensor& image, int scale = 1);

}  // namespace cresset::plot
