// Resize and CenterCrop. The weights, the order of the sums and the rounding are those of PyTorch's
// interpolate(mode="bilinear") with and without antialias (aten/src/ATen/native/cpu/UpSampleKernel.cpp).
#include <cresset/creation.h>
#include <cresset/data/transforms.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "core/check.h"
#include "data/image_kernels.h"

namespace cresset::data {
namespace {

constexpr std::int64_t kLongestEdge = 1 << 20;

void check_edge(std::int64_t edge) {
  check<ValueError>(edge >= 1 && edge <= kLongestEdge, "Resize: the size must be from 1 to {}, got {}", kLongestEdge,
                    edge);
}

Plane plane_of(const char* op, const Tensor& image) {
  check<ShapeError>(image.dim() >= 2, "{}: the image must have at least 2 dimensions (…, H, W), got shape {}", op,
                    image.shape().str());
  return {image.size(-2), image.size(-1)};
}

// The pixels from `first` on that make one pixel of the result, and their weights.
template <class T>
struct Taps {
  std::int64_t first;
  std::vector<T> weights;
};

template <class T>
Taps<T> antialiased_taps(std::int64_t at, std::int64_t from, T scale) {
  const T support = scale >= 1 ? scale : T{1}, inverse = scale >= 1 ? 1 / scale : T{1};
  const T center = scale * (static_cast<T>(at) + T{0.5});
  Taps<T> taps{std::max<std::int64_t>(static_cast<std::int64_t>(center - support + T{0.5}), 0), {}};
  const std::int64_t end = std::min(static_cast<std::int64_t>(center + support + T{0.5}), from);
  T sum = 0;
  for (std::int64_t i = taps.first; i < end; ++i) {
    taps.weights.push_back(std::max(1 - std::abs((static_cast<T>(i) - center + T{0.5}) * inverse), T{0}));
    sum += taps.weights.back();
  }
  for (T& weight : taps.weights) weight /= sum;
  return taps;
}

// The two pixels beside the place.
template <class T>
Taps<T> nearest_taps(std::int64_t at, std::int64_t from, T scale) {
  const T place = std::max(scale * (static_cast<T>(at) + T{0.5}) - T{0.5}, T{0});
  const std::int64_t first = std::min(static_cast<std::int64_t>(place), from - 1);
  if (first == from - 1) return {first, {T{1}}};
  const T second = std::min(place - static_cast<T>(first), T{1});
  return {first, {1 - second, second}};
}

template <class T>
std::vector<Taps<T>> taps_of(std::int64_t from, std::int64_t to, bool antialias) {
  const T scale = static_cast<T>(from) / static_cast<T>(to);
  std::vector<Taps<T>> taps;
  taps.reserve(static_cast<std::size_t>(to));
  for (std::int64_t at = 0; at < to; ++at)
    taps.push_back(antialias ? antialiased_taps(at, from, scale) : nearest_taps(at, from, scale));
  return taps;
}

// Rows of `from` elements become rows of taps.size().
template <class T>
void shrink_rows(const T* in, std::int64_t from, T* out, std::int64_t rows, const std::vector<Taps<T>>& taps) {
  for (; rows > 0; --rows, in += from)
    for (const auto& [first, weights] : taps) {
      const T* pixels = in + first;
      T sum = pixels[0] * weights[0];
      for (std::size_t i = 1; i < weights.size(); ++i) sum += pixels[i] * weights[i];
      *out++ = sum;
    }
}

// Planes of `from` rows become planes of taps.size() rows; row by row, so that neighbours are summed together.
template <class T>
void shrink_columns(const T* in, std::int64_t from, std::int64_t width, T* out, std::int64_t planes,
                    const std::vector<Taps<T>>& taps) {
  for (; planes > 0; --planes, in += from * width)
    for (const auto& [first, weights] : taps) {
      const T* row = in + first * width;
      for (std::int64_t x = 0; x < width; ++x) out[x] = row[x] * weights[0];
      for (std::size_t i = 1; i < weights.size(); ++i) {
        row += width;
        for (std::int64_t x = 0; x < width; ++x) out[x] += row[x] * weights[i];
      }
      out += width;
    }
}

template <class T>
Tensor resized(const Tensor& image, Plane to, bool antialias) {
  const Tensor x = image.contiguous();
  const Plane from{x.size(-2), x.size(-1)};
  const std::int64_t planes = x.numel() / (from.height * from.width);
  const auto with_size = [&x](Plane size) {
    Shape shape = x.shape();
    shape[shape.size() - 2] = size.height;
    shape[shape.size() - 1] = size.width;
    return empty(shape, {.dtype = x.dtype()});
  };
  // Along the rows first; an edge that stays is left alone.
  Tensor half = x;
  if (from.width != to.width) {
    half = with_size({from.height, to.width});
    shrink_rows(x.data_ptr<T>(), from.width, half.data_ptr<T>(), planes * from.height,
                taps_of<T>(from.width, to.width, antialias));
  }
  if (from.height == to.height) return half;
  Tensor result = with_size(to);
  shrink_columns(std::as_const(half).data_ptr<T>(), from.height, to.width, result.data_ptr<T>(), planes,
                 taps_of<T>(from.height, to.height, antialias));
  return result;
}

Tensor rounded_bytes(const Tensor& x) {
  Tensor result = empty(x.shape(), {.dtype = kUInt8});
  const float* in = x.data_ptr<float>();
  auto* out = result.data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < x.numel(); ++i) out[i] = static_cast<std::uint8_t>(std::nearbyint(in[i]));
  return result;
}

// Half of what is left over, an odd pixel as Python's round(): to the even side.
std::int64_t middle(std::int64_t image, std::int64_t crop) {
  if (image < crop) return -((crop - image) / 2);
  const std::int64_t half = (image - crop) / 2;
  return half + (image - crop) % 2 * (half % 2);
}

}  // namespace

Resize::Resize(std::int64_t size, const ResizeOptions& options) : height_(size), width_(0), options_(options) {
  check_edge(size);
  check<ValueError>(!options.max_size || (*options.max_size > size && *options.max_size <= kLongestEdge),
                    "Resize: max_size must be above the size {}, and at most {}, got {}", size, kLongestEdge,
                    options.max_size.value_or(0));
}

Resize::Resize(std::int64_t height, std::int64_t width, const ResizeOptions& options)
    : height_(height), width_(width), options_(options) {
  check_edge(height);
  check_edge(width);
  check<ValueError>(!options.max_size, "Resize: max_size is for a size of the shorter edge alone, got {} x {}", height,
                    width);
}

Tensor Resize::operator()(const Tensor& image) const {
  const Plane from = plane_of("Resize", image);
  check<DTypeError>(image.dtype() == kUInt8 || image.is_floating_point(),
                    "Resize: the image must be uint8 or floating, got {}", name(image.dtype()));
  check<ShapeError>(image.numel() > 0, "Resize: the image must have pixels, got shape {}", image.shape());
  Plane to{height_, width_};
  if (width_ == 0) {
    std::int64_t shorter = height_, longer = 0;
    const auto [less, more] = std::minmax(from.height, from.width);
    check<ShapeError>(more <= kLongestEdge * kLongestEdge, "Resize: the image is too large, got shape {}",
                      image.shape());
    longer = height_ * more / less;
    if (options_.max_size && longer > *options_.max_size) {
      shorter = *options_.max_size * shorter / longer;
      longer = *options_.max_size;
    }
    check<ShapeError>(shorter > 0, "Resize: an image of {} x {} would have no pixels with an edge of {}", from.height,
                      from.width, longer);
    to = from.width <= from.height ? Plane{longer, shorter} : Plane{shorter, longer};
  }
  if (to.height == from.height && to.width == from.width) return image;
  if (image.dtype() == kFloat64) return resized<double>(image, to, options_.antialias);
  const Tensor result = resized<float>(image.to(kFloat32), to, options_.antialias);
  return image.dtype() == kUInt8 ? rounded_bytes(result) : result.to(image.dtype());
}

CenterCrop::CenterCrop(std::int64_t height, std::int64_t width) : height_(height), width_(width) {
  check<ValueError>(height > 0 && width > 0, "CenterCrop: the size must be positive, got {} x {}", height, width);
}

Tensor CenterCrop::operator()(const Tensor& image) const {
  const Plane from = plane_of("CenterCrop", image);
  const Tensor x = image.contiguous();
  Shape shape = x.shape();
  shape[shape.size() - 2] = height_;
  shape[shape.size() - 1] = width_;
  Tensor result = empty(shape, {.dtype = x.dtype()});
  if (result.numel() == 0) return result;
  const std::int64_t planes = result.numel() / (height_ * width_);
  const std::vector<std::byte> zeros(static_cast<std::size_t>(planes) * x.element_size());
  crop_planes(x.numel() > 0 ? static_cast<const std::byte*>(x.data_ptr()) : nullptr, from,
              static_cast<std::byte*>(result.data_ptr()), {height_, width_}, planes, middle(from.height, height_),
              middle(from.width, width_), zeros.data(), x.element_size());
  return result;
}

}  // namespace cresset::data
