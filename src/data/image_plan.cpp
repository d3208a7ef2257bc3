#include "data/image_plan.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"

namespace cresset::data {
namespace {

// Buffers of larger images are the general path's, which says what it cannot have.
constexpr std::int64_t kLargestSide = 1 << 14;

// One side of the image with what is added to it.
struct PaddedSide {
  std::int64_t before, size;
};

PaddedSide padded_side(std::int64_t image, std::int64_t before, std::int64_t after, std::int64_t wanted) {
  std::int64_t size = 0, missing = 0, first = before;
  bool counts = !__builtin_add_overflow(image, before, &size) && !__builtin_add_overflow(size, after, &size);
  if (counts && size < wanted) {
    // As torchvision: what is missing is added on both sides.
    missing = wanted - size;
    counts = !__builtin_add_overflow(wanted, missing, &size) && !__builtin_add_overflow(before, missing, &first);
  }
  check<ShapeError>(counts, "RandomCrop: {} rows or columns, padded by {} and {}, are too many to count", image, before,
                    after);
  return {first, size};
}

struct Padded {
  PaddedSide rows, columns;
};

Padded padded(const RandomCrop& crop, Plane image) {
  const auto& [padding, pad_if_needed, fill, mode] = crop.options();
  return {padded_side(image.height, padding.top, padding.bottom, pad_if_needed ? crop.height() : 0),
          padded_side(image.width, padding.left, padding.right, pad_if_needed ? crop.width() : 0)};
}

bool fits(const RandomCrop& crop, const Padded& size) {
  return size.rows.size >= crop.height() && size.columns.size >= crop.width();
}

// The parts in the order in which they run; false where one is the user's own.
bool flatten(const Transform& transform, std::vector<Transform>& parts) {
  if (const auto* compose = std::get_if<std::shared_ptr<const Compose>>(&transform.held()))
    return std::all_of((*compose)->transforms().begin(), (*compose)->transforms().end(),
                       [&](const Transform& part) { return flatten(part, parts); });
  if (transform) parts.push_back(transform);
  return !std::holds_alternative<Transform::Function>(transform.held());
}

template <class T>
std::vector<T> per_channel(const std::vector<double>& values, std::int64_t channels) {
  std::vector<T> result;
  for (std::int64_t c = 0; c < channels; ++c)
    result.push_back(static_cast<T>(values[values.size() == 1 ? 0 : static_cast<std::size_t>(c)]));
  return result;
}

}  // namespace

CropPlace place_crop(const RandomCrop& crop, Plane image, const PhiloxBlock& words) {
  const Padded size = padded(crop, image);
  const auto& [rows, columns] = size;
  check<ShapeError>(fits(crop, size), "RandomCrop: the padded image must be at least {} x {}, got {} x {}",
                    crop.height(), crop.width(), rows.size, columns.size);
  const auto place = [&words](std::int64_t free, int pair) {
    return static_cast<std::int64_t>(integer_from(philox_pair(words, pair), static_cast<std::uint64_t>(free) + 1));
  };
  return {place(rows.size - crop.height(), 0) - rows.before, place(columns.size - crop.width(), 1) - columns.before};
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
      const std::vector<double>& fill = crop->options().fill.values;
      // What the bytes cannot hold is left to the general path and its errors.
      const bool bytes = std::all_of(fill.begin(), fill.end(), [](double x) { return x >= 0 && x <= 255; });
      if (plan.to_float || !fits(*crop, padded(*crop, plan.to)) || !bytes) return {};
      if (fill.size() != 1 && static_cast<std::int64_t>(fill.size()) != channels) return {};
      if (crop->options().padding_mode != BorderMode::constant) return {};
      if (std::max(crop->height(), crop->width()) > kLargestSide) return {};
      Crop step{*crop, {}};
      for (const double value : per_channel<double>(fill, channels)) step.fill.push_back(static_cast<std::byte>(value));
      plan.geometry.push_back(std::move(step));
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
      plan.mean = per_channel<float>(normalize->mean(), channels);
      plan.std = per_channel<float>(normalize->std(), channels);
    } else {
      return {};
    }
  }
  return plan;
}

AugmentProblem ImagePlan::on_device() const {
  check<UnsupportedError>(
      channels <= kMostAugmentChannels && static_cast<int>(geometry.size()) <= kMostAugmentSteps,
      "ImageDataset: on a device images may have at most {} channels and {} random transforms, got {} and {}",
      kMostAugmentChannels, kMostAugmentSteps, channels, geometry.size());
  AugmentProblem p{};
  p.dtype = to_float ? kFloat32 : kUInt8;
  p.C = channels;
  p.H = to.height;
  p.W = to.width;
  Plane size = from;
  for (const auto& transform : geometry) {
    AugmentStep& step = p.step[p.steps++];
    step.height = size.height;
    step.width = size.width;
    if (const auto* flip = std::get_if<RandomHorizontalFlip>(&transform)) {
      step.p = flip->p();
      continue;
    }
    const auto& [crop, fill] = std::get<Crop>(transform);
    const auto [rows, columns] = padded(crop, size);
    step.crop = true;
    step.rows = static_cast<std::uint64_t>(rows.size - crop.height()) + 1;
    step.columns = static_cast<std::uint64_t>(columns.size - crop.width()) + 1;
    step.above = rows.before;
    step.before = columns.before;
    std::memcpy(step.fill, fill.data(), fill.size());
    size = {crop.height(), crop.width()};
  }
  p.normalize = !mean.empty();
  std::copy(mean.begin(), mean.end(), p.mean);
  std::copy(std.begin(), std.end(), p.std);
  return p;
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
      crop_planes(bytes, size, buffer.data(), next, channels, place.top, place.left, crop->fill.data(), 1);
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
