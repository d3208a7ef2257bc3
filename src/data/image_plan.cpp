#include "data/image_plan.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"

namespace cresset::data {
namespace {

Plane padded(const RandomCrop& crop, Plane image) {
  Plane size{image.height + 2 * crop.options().padding, image.width + 2 * crop.options().padding};
  if (crop.options().pad_if_needed) {
    // As torchvision: the missing rows are added on both sides.
    if (size.height < crop.height()) size.height += 2 * (crop.height() - size.height);
    if (size.width < crop.width()) size.width += 2 * (crop.width() - size.width);
  }
  return size;
}

bool fits(const RandomCrop& crop, Plane image) {
  const Plane size = padded(crop, image);
  return size.height >= crop.height() && size.width >= crop.width();
}

// The parts in the order in which they run; false where one is the user's own.
bool flatten(const Transform& transform, std::vector<Transform>& parts) {
  if (const auto* compose = std::get_if<std::shared_ptr<const Compose>>(&transform.held()))
    return std::all_of((*compose)->transforms().begin(), (*compose)->transforms().end(),
                       [&](const Transform& part) { return flatten(part, parts); });
  if (transform) parts.push_back(transform);
  return !std::holds_alternative<Transform::Function>(transform.held());
}

std::vector<float> per_channel(const std::vector<double>& values, std::int64_t channels) {
  std::vector<float> result;
  for (std::int64_t c = 0; c < channels; ++c)
    result.push_back(static_cast<float>(values[values.size() == 1 ? 0 : static_cast<std::size_t>(c)]));
  return result;
}

}  // namespace

CropPlace place_crop(const RandomCrop& crop, Plane image, const PhiloxBlock& words) {
  const Plane size = padded(crop, image);
  check<ShapeError>(fits(crop, image), "RandomCrop: the padded image must be at least {} x {}, got {} x {}",
                    crop.height(), crop.width(), size.height, size.width);
  const auto place = [&](std::int64_t free, int pair) {
    return static_cast<std::int64_t>(integer_from(philox_pair(words, pair), static_cast<std::uint64_t>(free) + 1));
  };
  return {place(size.height - crop.height(), 0) - (size.height - image.height) / 2,
          place(size.width - crop.width(), 1) - (size.width - image.width) / 2};
}

bool flips(const RandomHorizontalFlip& flip, const PhiloxBlock& words) {
  return uniform_from(philox_pair(words, 0)) < flip.p();
}

namespace detail {

std::optional<ImagePlan> ImagePlan::make(const Transform& transform, std::int64_t channels, Plane size) {
  std::vector<Transform> parts;
  if (!flatten(transform, parts)) return {};
  ImagePlan plan{.channels = channels, .from = size, .to = size};
  for (const Transform& part : parts) {
    if (const auto* crop = std::get_if<RandomCrop>(&part.held())) {
      const double fill = crop->options().fill;
      // What the byte cannot hold is left to the general path and its errors.
      if (plan.to_float || !fits(*crop, plan.to) || !(fill >= 0 && fill <= 255)) return {};
      plan.geometry.push_back(Crop{*crop, static_cast<std::byte>(fill)});
      plan.to = {crop->height(), crop->width()};
    } else if (const auto* flip = std::get_if<RandomHorizontalFlip>(&part.held())) {
      if (plan.to_float) return {};
      plan.geometry.push_back(*flip);
    } else if (std::holds_alternative<ToTensor>(part.held())) {
      if (plan.to_float || (channels != 1 && channels != 3 && channels != 4)) return {};
      plan.to_float = true;
    } else if (const auto* normalize = std::get_if<Normalize>(&part.held())) {
      const auto count = static_cast<std::int64_t>(normalize->mean().size());
      if (!plan.to_float || !plan.mean.empty() || (count != 1 && count != channels)) return {};
      plan.mean = per_channel(normalize->mean(), channels);
      plan.std = per_channel(normalize->std(), channels);
    }
  }
  return plan;
}

void ImagePlan::run(const std::uint8_t* image, void* result, std::uint64_t sample_seed) const {
  // Two buffers that the bytes go back and forth between, kept by the thread: an image is small.
  thread_local std::vector<std::byte> buffers[2];
  const auto* bytes = reinterpret_cast<const std::byte*>(image);
  Plane size = from;
  std::uint64_t counter = 0;
  for (const auto& step : geometry) {
    const auto words = philox(sample_seed, counter++);
    const auto* crop = std::get_if<Crop>(&step);
    const auto* flip = std::get_if<RandomHorizontalFlip>(&step);
    if (flip != nullptr && !flips(*flip, words)) continue;
    const Plane next = crop != nullptr ? Plane{crop->crop.height(), crop->crop.width()} : size;
    auto& buffer = bytes == buffers[0].data() ? buffers[1] : buffers[0];
    buffer.resize(static_cast<std::size_t>(channels * next.height * next.width));
    if (crop != nullptr) {
      const CropPlace place = place_crop(crop->crop, size, words);
      crop_planes(bytes, size, buffer.data(), next, channels, place.top, place.left, &crop->fill, 1);
    } else {
      flip_rows(bytes, buffer.data(), channels, size, 1);
    }
    bytes = buffer.data();
    size = next;
  }
  const std::int64_t plane = size.height * size.width;
  if (!to_float) {
    std::memcpy(result, bytes, static_cast<std::size_t>(channels * plane));
    return;
  }
  const auto* pixels = reinterpret_cast<const std::uint8_t*>(bytes);
  auto* floats = static_cast<float*>(result);
  if (mean.empty()) return scale_bytes(pixels, floats, channels * plane);
  for (std::int64_t c = 0; c < channels; ++c)
    scale_and_normalize_bytes(pixels + c * plane, floats + c * plane, plane, mean[static_cast<std::size_t>(c)],
                              std[static_cast<std::size_t>(c)]);
}

}  // namespace detail
}  // namespace cresset::data
