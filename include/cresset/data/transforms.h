// What is done to an image before it becomes part of a batch. Words and defaults of torchvision.transforms.
#pragma once

#include <cresset/random.h>
#include <cresset/tensor.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace cresset::data {

// A uint8 image, [C, H, W] or [H, W, C] or [H, W], becomes float32 [C, H, W] in [0, 1] (x / 255). Three dimensions are
// read as [C, H, W] where the first is 1, 3 or 4, otherwise as [H, W, C]. A floating image keeps its values. ShapeError
// for other shapes, DTypeError for other types.
struct CRESSET_API ToTensor {
  Tensor operator()(const Tensor& image) const;
};

// (x - mean) / std for each channel of a floating image [C, H, W] (or a batch of them [N, C, H, W]). One number is for
// all channels. ValueError where a std is 0 or the numbers of means, stds and channels differ; DTypeError for integers.
class CRESSET_API Normalize {
 public:
  Normalize(std::vector<double> mean, std::vector<double> std);
  Tensor operator()(const Tensor& image) const;
  const std::vector<double>& mean() const { return mean_; }
  const std::vector<double>& std() const { return std_; }

 private:
  std::vector<double> mean_, std_;
};

// Rows and columns added to an image: one number for every side, {left and right, top and bottom}, or
// {left, top, right, bottom}.
struct Border {
  template <std::integral T>
  constexpr Border(T all) : Border(all, all) {}
  template <std::integral T, std::integral U>
  constexpr Border(T left_right, U top_bottom) : Border(left_right, top_bottom, left_right, top_bottom) {}
  template <std::integral T, std::integral U, std::integral V, std::integral W>
  constexpr Border(T l, U t, V r, W b)
      : left(static_cast<std::int64_t>(l)),
        top(static_cast<std::int64_t>(t)),
        right(static_cast<std::int64_t>(r)),
        bottom(static_cast<std::int64_t>(b)) {}
  std::int64_t left, top, right, bottom;
};

// What an added pixel holds: `fill`, the nearest pixel of the image, or its mirror image, without (reflect: 3 2 | 1 2
// 3) or with (symmetric: 2 1 | 1 2 3) the pixel at the edge. Where more is added than there is to mirror, mirrored
// again.
enum class BorderMode : std::uint8_t { constant, edge, reflect, symmetric };

// One number for all channels, or {one for each}.
struct Fill {
  template <class... T>
  requires(sizeof...(T) > 0 && (std::is_arithmetic_v<T> && ...)) Fill(T... numbers)
      : values{static_cast<double>(numbers)...} {}
  Fill(std::vector<double> numbers) : values(std::move(numbers)) {}
  std::vector<double> values;
};

struct RandomCropOptions {
  Border padding = 0;          // added first
  bool pad_if_needed = false;  // an image smaller than the crop is padded, on both sides by all that is missing
  Fill fill = 0;
  BorderMode padding_mode = BorderMode::constant;
};

// A piece of the given size from a random place, each place as likely as any other. Draws one counter of its generator.
// Takes an image of any type whose last two dimensions are H and W; a fill for each channel is for [C, H, W]
// (ValueError for other numbers of channels). ValueError where size or padding is negative; ShapeError where the padded
// image is smaller than the crop, or an empty one is to be padded with its own pixels.
// https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.RandomCrop.html
class CRESSET_API RandomCrop {
 public:
  explicit RandomCrop(std::int64_t size, const RandomCropOptions& options = {}) : RandomCrop(size, size, options) {}
  RandomCrop(std::int64_t height, std::int64_t width, RandomCropOptions options = {});
  Tensor operator()(const Tensor& image, const Generator& generator = default_generator()) const;
  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }
  const RandomCropOptions& options() const { return options_; }

 private:
  std::int64_t height_, width_;
  RandomCropOptions options_;
};

// Mirrors the last dimension with probability p, in [0, 1] (ValueError otherwise).
class CRESSET_API RandomHorizontalFlip {
 public:
  explicit RandomHorizontalFlip(double p = 0.5);
  Tensor operator()(const Tensor& image, const Generator& generator = default_generator()) const;
  double p() const { return p_; }

 private:
  double p_;
};

struct ResizeOptions {
  std::optional<std::int64_t> max_size = {};  // of the longer edge, for Resize{size} alone: both edges shrink to fit
  bool antialias = true;                      // where an edge gets shorter, all pixels count, not the nearest two
};

// An image of another size, by bilinear interpolation: Resize{256} makes the shorter edge so long and keeps the ratio
// (the other is rounded down), Resize{h, w} gives that size. Takes an image, uint8 or floating, whose last two
// dimensions are H and W; bytes are computed in float32 and rounded to the nearest, ties to even, as torchvision does
// for tensors (for PIL images its figures may differ by one). ValueError for a size outside of 1 to 1048576 or a
// max_size that is not above it; ShapeError for an empty image or result; DTypeError for other types.
// https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.Resize.html
class CRESSET_API Resize {
 public:
  explicit Resize(std::int64_t size, const ResizeOptions& options = {});
  Resize(std::int64_t height, std::int64_t width, const ResizeOptions& options = {});
  Tensor operator()(const Tensor& image) const;
  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }  // 0: height() is the length of the shorter edge
  const ResizeOptions& options() const { return options_; }

 private:
  std::int64_t height_, width_;
  ResizeOptions options_;
};

// The piece in the middle; an image smaller than it is padded with 0. Takes an image of any type whose last two
// dimensions are H and W. ValueError where the size is not positive.
// https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.CenterCrop.html
class CRESSET_API CenterCrop {
 public:
  explicit CenterCrop(std::int64_t size) : CenterCrop(size, size) {}
  CenterCrop(std::int64_t height, std::int64_t width);
  Tensor operator()(const Tensor& image) const;
  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }

 private:
  std::int64_t height_, width_;
};

class Compose;

// Any of the above, or a function of the image: `[](const Tensor& x) { return …; }`, or, where it draws random numbers,
// `[](const Tensor& x, const Generator& g) { return …; }`. Workers call it at the same time, so it must not write to
// what it captures.
class CRESSET_API Transform {
 public:
  using Function = std::function<Tensor(const Tensor&, const Generator&)>;
  using Held = std::variant<std::monostate, ToTensor, Normalize, RandomCrop, RandomHorizontalFlip, Resize, CenterCrop,
                            std::shared_ptr<const Compose>, Function>;

  Transform() = default;  // leaves the image as it is
  Transform(ToTensor transform) : held_(transform) {}
  Transform(Normalize transform) : held_(std::move(transform)) {}
  Transform(RandomCrop transform) : held_(std::move(transform)) {}
  Transform(RandomHorizontalFlip transform) : held_(transform) {}
  Transform(Resize transform) : held_(transform) {}
  Transform(CenterCrop transform) : held_(transform) {}
  Transform(Compose transform);
  template <class F>
  requires(std::is_invocable_r_v<Tensor, const F&, const Tensor&, const Generator&>) Transform(F function)
      : held_(Function(std::move(function))) {}
  template <class F>
  requires(std::is_invocable_r_v<Tensor, const F&, const Tensor&> &&
           !std::is_invocable_v<const F&, const Tensor&, const Generator&>) Transform(F function)
      : held_(Function([f = std::move(function)](const Tensor& image, const Generator&) { return f(image); })) {}

  Tensor operator()(const Tensor& image, const Generator& generator = default_generator()) const;
  explicit operator bool() const { return held_.index() != 0; }
  const Held& held() const { return held_; }

 private:
  Held held_;
};

// One after the other: `Compose{RandomCrop{32, {.padding = 4}}, RandomHorizontalFlip{}, ToTensor{}, Normalize{…}}`.
class CRESSET_API Compose {
 public:
  template <class... T>
  requires(std::is_constructible_v<Transform, T>&&...) explicit Compose(T... transforms) {
    transforms_.reserve(sizeof...(T));
    (transforms_.push_back(Transform(std::move(transforms))), ...);
  }
  explicit Compose(std::vector<Transform> transforms) : transforms_(std::move(transforms)) {}
  Tensor operator()(const Tensor& image, const Generator& generator = default_generator()) const;
  const std::vector<Transform>& transforms() const { return transforms_; }

 private:
  std::vector<Transform> transforms_;
};

}  // namespace cresset::data
