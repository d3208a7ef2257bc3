#include <cresset/autograd.h>
#include <cresset/creation.h>
#include <cresset/ops.h>
#include <cresset/plot/image_grid.h>

#include <algorithm>
#include <limits>

#include "core/check.h"
#include "plot/pixels.h"

namespace cresset::plot {
namespace {

// [N, C, H, W], with three channels where there was one.
Tensor batch_of(const Tensor& images) {
  check<ShapeError>(images.dim() >= 2 && images.dim() <= 4,
                    "make_grid: images must have the shape [N, C, H, W], [C, H, W] or [H, W], got {}",
                    images.shape().str());
  Tensor batch = images.detach();
  while (batch.dim() < 4) batch = batch.unsqueeze(0);
  check<ShapeError>(batch.size(0) > 0, "make_grid: there must be an image, got {}", images.shape().str());
  if (batch.size(1) == 1) batch = batch.expand({-1, 3, -1, -1});
  return batch;
}

void to_unit_range(const Tensor& images, const std::optional<std::pair<double, double>>& range) {
  const double low = range ? range->first : images.min().item();
  const double high = range ? range->second : images.max().item();
  images.clamp_(low, high);
  images.sub_(low).div_(std::max(high - low, 1e-5));
}

}  // namespace

Tensor make_grid(const Tensor& images, const MakeGridOptions& options) {
  check<ValueError>(options.nrow >= 1, "make_grid: nrow must be at least 1, got {}", options.nrow);
  check<ValueError>(options.padding >= 0, "make_grid: padding must be at least 0, got {}", options.padding);
  const NoGradGuard no_grad;
  Tensor batch = batch_of(images);
  if (options.normalize) {
    check<DTypeError>(batch.is_floating_point(), "make_grid: images to normalise must be floating, got {}",
                      name(batch.dtype()));
    batch = batch.clone({.memory_format = MemoryFormat::contiguous});
    if (options.scale_each)
      for (const Tensor& image : batch) to_unit_range(image, options.value_range);
    else
      to_unit_range(batch, options.value_range);
  }
  const std::int64_t count = batch.size(0);
  if (count == 1) return batch.squeeze(0).clone({.memory_format = MemoryFormat::contiguous});

  const std::int64_t columns = std::min(options.nrow, count), rows = (count + columns - 1) / columns;
  const std::int64_t height = batch.size(2) + options.padding, width = batch.size(3) + options.padding;
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  check<ValueError>(height <= kMost / rows - options.padding && width <= kMost / columns - options.padding,
                    "make_grid: a grid of {} by {} images of {} by {} pixels is too large", rows, columns, height,
                    width);
  const Tensor grid = full({batch.size(1), height * rows + options.padding, width * columns + options.padding},
                           options.pad_value, {.dtype = batch.dtype(), .device = batch.device()});
  for (std::int64_t i = 0; i < count; ++i)
    grid.narrow(1, i / columns * height + options.padding, batch.size(2))
        .narrow(2, i % columns * width + options.padding, batch.size(3))
        .copy_(batch[i]);
  return grid;
}

Tensor make_grid(const std::vector<Tensor>& images, const MakeGridOptions& options) {
  return make_grid(stack(images), options);
}

Picture picture(const Tensor& image, int scale) {
  check<ShapeError>(image.dim() == 3 && (image.size(0) == 1 || image.size(0) == 3) && image.numel() > 0,
                    "plot: an image must have the shape [1 or 3, H, W], got {}", image.shape().str());
  check<DTypeError>(image.dtype() == kUInt8 || image.is_floating_point(),
                    "plot: images must be uint8 or floating, got {}", name(image.dtype()));
  check<ValueError>(scale >= 1 && image.size(1) <= 20000 / scale && image.size(2) <= 20000 / scale,
                    "plot: an image of {} by {} cannot be drawn {} times as large", image.size(1), image.size(2),
                    scale);
  return pixels_of(image.detach().cpu(), scale);
}

void save_image(const Tensor& images, const std::string& path, const MakeGridOptions& options) {
  check<ValueError>(path.ends_with(".png"), "save_image: the path must end in .png, got {}", path);
  save_png(picture(make_grid(images, options)), path);
}

}  // namespace cresset::plot
