// A transform made of the library's own parts, in a form that whole batches can be run through.
#pragma once

#include <cresset/data/transforms.h>
#include <cresset/extension/augment.h>

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "core/philox.h"
#include "data/image_kernels.h"

namespace cresset::data {

// Where a crop of `crop` from an image of this size begins: one counter's words decide.
struct CropPlace {
  std::int64_t top, left;
};
// ShapeError where the padded image is smaller than the crop, or too large to count.
CropPlace place_crop(const RandomCrop& crop, Plane image, const PhiloxBlock& words);
bool flips(const RandomHorizontalFlip& flip, const PhiloxBlock& words);

namespace detail {

struct ImagePlan {
  struct Crop {
    RandomCrop crop;
    std::vector<std::byte> fill;  // one for each channel
  };
  std::vector<std::variant<Crop, RandomHorizontalFlip>> geometry = {};
  bool to_float = false;
  std::vector<float> mean = {}, std = {};  // one for each channel; empty: not normalised
  std::int64_t channels;
  Plane from, to;

  // The plan for uint8 images [channels, H, W], or none where the transform holds anything else than crops and flips,
  // then ToTensor, then Normalize, pads in another way than with a constant, or would throw.
  static std::optional<ImagePlan> make(const Transform& transform, std::int64_t channels, Plane size);

  // The same for a kernel on a device; N and the strides are the caller's. UnsupportedError where it is too large.
  AugmentProblem on_device() const;
  // Runs one image through it, into float or bytes as `to_float` says.
  void run(const std::uint8_t* image, void* result, std::uint64_t sample_seed) const;
};

}  // namespace detail
}  // namespace cresset::data
