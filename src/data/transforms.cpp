#include <cresset/creation.h>
#include <cresset/data/transforms.h>

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

RandomCrop::RandomCrop(std::int64_t height, std::int64_t width, const RandomCropOptions& options)
    : height_(height), width_(width), options_(options) {
  check<ValueError>(height > 0 && width > 0, "RandomCrop: the size must be positive, got {} x {}", height, width);
  check<ValueError>(options.padding >= 0, "RandomCrop: padding must not be negative, got {}", options.padding);
}

Tensor RandomCrop::operator()(const Tensor& image, const Generator& generator) const {
  const Plane size = last_two("RandomCrop", image);
  const CropPlace place = place_crop(*this, size, draw(generator));
  const Tensor x = image.contiguous();
  Shape shape = x.shape();
  shape[shape.size() - 2] = height_;
  shape[shape.size() - 1] = width_;
  Tensor result = empty(shape, {.dtype = x.dtype()});
  const Tensor fill = full({1}, options_.fill, {.dtype = x.dtype()});
  const std::int64_t plane = size.height * size.width;
  const std::int64_t planes = shape.numel() / (height_ * width_);
  const std::byte* from = plane > 0 ? bytes_of(x) : nullptr;
  crop_planes(from, size, static_cast<std::byte*>(result.data_ptr()), {height_, width_}, planes, place.top, place.left,
              bytes_of(fill), x.element_size());
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
