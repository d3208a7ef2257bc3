#include <cresset/creation.h>
#include <cresset/data/transforms.h>

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "data/image_plan.h"
#include "data/sample_seed.h"

namespace cresset::data {
namespace {

Plane last_two(const char* op, const Tensor& image) {
  check<ShapeError>(image.dim() >= 2, "{}: the image must have at least 2 dimensions (…, H, W), got shape {}", op,
                    image.shape().str());
  return {image.size(-2), image.size(-1)};
}

// One element for each plane of the image.
Tensor fill_of_planes(const std::vector<double>& values, const Tensor& image, std::int64_t planes) {
  const TensorOptions options{.dtype = image.dtype()};
  if (values.size() == 1) return full({planes}, values[0], options);
  const std::int64_t channels = image.dim() == 3 ? planes : 1;
  check<ValueError>(static_cast<std::int64_t>(values.size()) == channels,
                    "RandomCrop: fill must be 1 or {} numbers, got {}", channels, values.size());
  Tensor result = empty({planes}, options);
  for (std::int64_t c = 0; c < channels; ++c) result[c] = full({}, values[static_cast<std::size_t>(c)], options);
  return result;
}

// Which of n pixels in a row stands at place i, which may lie outside of them.
std::int64_t source(std::int64_t i, std::int64_t n, BorderMode mode) {
  if (i >= 0 && i < n) return i;
  if (mode == BorderMode::edge || n == 1) return i < 0 ? 0 : n - 1;
  const std::int64_t period = mode == BorderMode::reflect ? 2 * (n - 1) : 2 * n;
  const std::int64_t at = (i % period + period) % period;
  return at < n ? at : period - at - (mode == BorderMode::reflect ? 0 : 1);
}

struct PaddedRow {
  std::int64_t before, image, after;
};

// The pixels of a row that stand in a piece of it. Padding where the image is too small pads what was padded before.
std::vector<std::int64_t> sources(std::int64_t count, std::int64_t first, const PaddedRow& row, BorderMode mode) {
  std::vector<std::int64_t> result;
  for (std::int64_t i = first; i < first + count; ++i) {
    const std::int64_t padded = source(i + row.before, row.before + row.image + row.after, mode);
    result.push_back(source(padded - row.before, row.image, mode));
  }
  return result;
}

const std::byte* bytes_of(const Tensor& x) { return static_cast<const std::byte*>(x.data_ptr()); }

}  // namespace

Tensor ToTensor::operator()(const Tensor& image) const {
  check<DTypeError>(image.dtype() == kUInt8 || image.is_floating_point(),
                    "ToTensor: the image must be uint8 or floating, got {}", name(image.dtype()));
  check<ShapeError>(image.dim() == 2 || image.dim() == 3,
                    "ToTensor: the image must be [C, H, W], [H, W, C] or [H, W], got shape {}", image.shape().str());
  Tensor x = image;
  if (x.dim() == 2) {
    x = x.unsqueeze(0);
  } else if (const auto first = x.size(0); first != 1 && first != 3 && first != 4) {
    x = x.permute({2, 0, 1});
  }
  x = x.contiguous();
  if (x.dtype() != kUInt8) return x;
  Tensor result = empty(x.shape(), {.dtype = kFloat32});
  scale_bytes(x.data_ptr<std::uint8_t>(), result.data_ptr<float>(), x.numel());
  return result;
}

Normalize::Normalize(std::vector<double> mean, std::vector<double> std) : mean_(std::move(mean)), std_(std::move(std)) {
  check<ValueError>(!mean_.empty() && mean_.size() == std_.size(),
                    "Normalize: mean and std must be as many, and at least one, got {} and {}", mean_.size(),
                    std_.size());
  for (const double s : std_) check<ValueError>(std::isfinite(s) && s != 0, "Normalize: std must not be 0, got {}", s);
}

Tensor Normalize::operator()(const Tensor& image) const {
  check<DTypeError>(image.is_floating_point(), "Normalize: the image must be floating (ToTensor comes first), got {}",
                    name(image.dtype()));
  check<ShapeError>(image.dim() == 3 || image.dim() == 4,
                    "Normalize: the image must be [C, H, W] or [N, C, H, W], got shape {}", image.shape().str());
  const std::int64_t channels = image.size(-3);
  const auto count = static_cast<std::int64_t>(mean_.size());
  check<ValueError>(count == 1 || count == channels, "Normalize: mean and std must be 1 or {} numbers, got {}",
                    channels, count);
  if (image.dtype() != kFloat32) {
    const TensorOptions options{.dtype = image.dtype()};
    return (image - tensor(mean_, options).view({-1, 1, 1})) / tensor(std_, options).view({-1, 1, 1});
  }
  const Tensor x = image.contiguous();
  Tensor result = empty(x.shape(), {.dtype = kFloat32});
  const std::int64_t plane = x.size(-1) * x.size(-2);
  const std::int64_t planes = x.dim() == 4 ? x.size(0) * channels : channels;
  for (std::int64_t i = 0; i < planes; ++i) {
    const auto c = static_cast<std::size_t>(count == 1 ? 0 : i % channels);
    normalize_floats(x.data_ptr<float>() + i * plane, result.data_ptr<float>() + i * plane, plane,
                     static_cast<float>(mean_[c]), static_cast<float>(std_[c]));
  }
  return result;
}

RandomCrop::RandomCrop(std::int64_t height, std::int64_t width, RandomCropOptions options)
    : height_(height), width_(width), options_(std::move(options)) {
  check<ValueError>(height > 0 && width > 0, "RandomCrop: the size must be positive, got {} x {}", height, width);
  const Border& p = options_.padding;
  const std::int64_t least = std::min({p.left, p.top, p.right, p.bottom});
  check<ValueError>(least >= 0, "RandomCrop: padding must not be negative, got {}", least);
  check<ValueError>(!options_.fill.values.empty(), "RandomCrop: fill must have at least one number");
}

Tensor RandomCrop::operator()(const Tensor& image, const Generator& generator) const {
  const Plane size = last_two("RandomCrop", image);
  const CropPlace place = place_crop(*this, size, draw(generator));
  const Tensor x = image.contiguous();
  Shape shape = x.shape();
  shape[shape.size() - 2] = height_;
  shape[shape.size() - 1] = width_;
  Tensor result = empty(shape, {.dtype = x.dtype()});
  if (result.numel() == 0) return result;
  const std::int64_t planes = result.numel() / (height_ * width_);
  const std::byte* from = x.numel() > 0 ? bytes_of(x) : nullptr;
  auto* to = static_cast<std::byte*>(result.data_ptr());
  if (options_.padding_mode == BorderMode::constant) {
    const Tensor fill = fill_of_planes(options_.fill.values, x, planes);
    crop_planes(from, size, to, {height_, width_}, planes, place.top, place.left, bytes_of(fill), x.element_size());
  } else {
    check<ShapeError>(x.numel() > 0, "RandomCrop: the image must have pixels to pad with, got shape {}",
                      x.shape().str());
    const Border& padding = options_.padding;
    const BorderMode mode = options_.padding_mode;
    gather_planes(from, size, to, planes, sources(height_, place.top, {padding.top, size.height, padding.bottom}, mode),
                  sources(width_, place.left, {padding.left, size.width, padding.right}, mode), x.element_size());
  }
  return result;
}

RandomHorizontalFlip::RandomHorizontalFlip(double p) : p_(p) {
  check<ValueError>(p >= 0 && p <= 1, "RandomHorizontalFlip: p must be in [0, 1], got {}", p);
}

Tensor RandomHorizontalFlip::operator()(const Tensor& image, const Generator& generator) const {
  const Plane size = last_two("RandomHorizontalFlip", image);
  if (!flips(*this, draw(generator))) return image;
  const Tensor x = image.contiguous();
  Tensor result = empty(x.shape(), {.dtype = x.dtype()});
  const std::int64_t plane = size.height * size.width;
  if (plane > 0)
    flip_rows(bytes_of(x), static_cast<std::byte*>(result.data_ptr()), x.numel() / plane, size, x.element_size());
  return result;
}

Transform::Transform(Compose transform) : held_(std::make_shared<const Compose>(std::move(transform))) {}

Tensor Transform::operator()(const Tensor& image, const Generator& generator) const {
  struct Apply {
    const Tensor& image;
    const Generator& generator;
    Tensor operator()(std::monostate) const { return image; }
    Tensor operator()(const ToTensor& t) const { return t(image); }
    Tensor operator()(const Normalize& t) const { return t(image); }
    Tensor operator()(const RandomCrop& t) const { return t(image, generator); }
    Tensor operator()(const RandomHorizontalFlip& t) const { return t(image, generator); }
    Tensor operator()(const Resize& t) const { return t(image); }
    Tensor operator()(const CenterCrop& t) const { return t(image); }
    Tensor operator()(const std::shared_ptr<const Compose>& t) const { return (*t)(image, generator); }
    Tensor operator()(const Function& f) const { return f(image, generator); }
  };
  return std::visit(Apply{image, generator}, held_);
}

Tensor Compose::operator()(const Tensor& image, const Generator& generator) const {
  Tensor x = image;
  for (const Transform& transform : transforms_) x = transform(x, generator);
  return x;
}

}  // namespace cresset::data
