#include <cresset/creation.h>
#include <cresset/data/transforms.h>
#include <cresset/ops.h>
#include <gtest/gtest.h>

#include <set>

#include "support/scratch_folder.h"

namespace cresset::data {
namespace {

Tensor ramp(const Shape& shape, DType dtype = kUInt8) { return arange(shape.numel()).view(shape).to(dtype); }

std::vector<double> values(const Tensor& x) {
  const Tensor y = x.to(kFloat64).contiguous();
  return {y.data_ptr<double>(), y.data_ptr<double>() + y.numel()};
}

TEST(ToTensor, ScalesBytesAsPyTorchDoes) {
  const Tensor bytes = ramp({1, 16, 16});
  const Tensor x = ToTensor{}(bytes);
  EXPECT_EQ(x.dtype(), kFloat32);
  EXPECT_EQ(x.shape(), Shape({1, 16, 16}));
  for (int i = 0; i < 256; ++i) EXPECT_EQ(x.data_ptr<float>()[i], static_cast<float>(i) / 255.0f) << i;
}

TEST(ToTensor, TakesEveryLayout) {
  const Tensor image = ramp({3, 5, 7});
  const Tensor expected = image.to(kFloat32) / 255;
  EXPECT_TRUE(ToTensor{}(image).equal(expected));
  EXPECT_TRUE(ToTensor{}(image.permute({1, 2, 0})).equal(expected));
  EXPECT_TRUE(ToTensor{}(image.permute({1, 2, 0}).contiguous()).equal(expected));
  EXPECT_TRUE(ToTensor{}(image[0]).equal(expected.slice(0, 0, 1)));
}

TEST(ToTensor, KeepsFloatingValues) {
  const Tensor image = randn({2, 3, 4}, {.dtype = kFloat64});
  EXPECT_TRUE(ToTensor{}(image).equal(image.permute({2, 0, 1})));
}

TEST(ToTensor, RefusesOthers) {
  EXPECT_EQ(message_of<DTypeError>([] {
              ToTensor{}(zeros({3, 2, 2}, {.dtype = kInt64}));
            }),
            "ToTensor: the image must be uint8 or floating, got int64");
  EXPECT_EQ(message_of<ShapeError>([] {
              ToTensor{}(zeros({2, 3, 2, 2}, {.dtype = kUInt8}));
            }),
            "ToTensor: the image must be [C, H, W], [H, W, C] or [H, W], got shape [2, 3, 2, 2]");
}

TEST(Normalize, SubtractsAndDividesByChannel) {
  for (const DType dtype : {kFloat32, kFloat64}) {
    const Tensor x = ramp({2, 3, 2, 9}, dtype);
    const Tensor y = Normalize{{1, 2, 3}, {2, 4, 8}}(x);
    const Tensor mean = tensor({1, 2, 3}, {.dtype = dtype}).view({3, 1, 1});
    const Tensor std = tensor({2, 4, 8}, {.dtype = dtype}).view({3, 1, 1});
    EXPECT_TRUE(y.equal((x - mean) / std));
    EXPECT_TRUE((Normalize{{1, 2, 3}, {2, 4, 8}}(x[1])).equal(y[1]));
  }
  EXPECT_TRUE((Normalize{{0.5}, {0.25}}(ones({3, 2, 2}))).equal(full({3, 2, 2}, 2.0)));
}

TEST(Normalize, RefusesWhatMakesNoSense) {
  EXPECT_EQ(message_of<ValueError>([] {
              Normalize({0.5, 0.5}, {1});
            }),
            "Normalize: mean and std must be as many, and at least one, got 2 and 1");
  EXPECT_EQ(message_of<ValueError>([] { Normalize({0.5}, {0}); }), "Normalize: std must not be 0, got 0");
  EXPECT_EQ(message_of<DTypeError>([] {
              Normalize({0.5}, {1})(zeros({1, 2, 2}, {.dtype = kUInt8}));
            }),
            "Normalize: the image must be floating (ToTensor comes first), got uint8");
  EXPECT_EQ(message_of<ShapeError>([] {
              Normalize({0.5}, {1})(zeros({2, 2}));
            }),
            "Normalize: the image must be [C, H, W] or [N, C, H, W], got shape [2, 2]");
  EXPECT_EQ(message_of<ValueError>([] {
              Normalize({0, 0}, {1, 1})(zeros({3, 2, 2}));
            }),
            "Normalize: mean and std must be 1 or 3 numbers, got 2");
}

TEST(RandomCrop, CutsEveryPlaceOutOfThePaddedImage) {
  const Tensor image = ramp({2, 3, 4}) + 1;
  Tensor padded = full({2, 7, 8}, 9, {.dtype = kUInt8});
  padded.slice(1, 2, 5).slice(2, 2, 6).copy_(image);
  const RandomCrop crop(4, 5, {.padding = 2, .fill = 9});
  const Generator generator(3);
  std::set<std::pair<int, int>> places;
  for (int i = 0; i < 400; ++i) {
    const Tensor piece = crop(image, generator);
    ASSERT_EQ(piece.shape(), Shape({2, 4, 5}));
    int found = 0;
    for (int top = 0; top <= 3; ++top)
      for (int left = 0; left <= 3; ++left)
        if (piece.equal(padded.slice(1, top, top + 4).slice(2, left, left + 5))) {
          ++found;
          places.insert({top, left});
        }
    ASSERT_EQ(found, 1);
  }
  EXPECT_EQ(places.size(), 16u);
}

TEST(RandomCrop, WorksForEveryElementSize) {
  for (const DType dtype : {kUInt8, kFloat16, kFloat32, kFloat64, kInt64}) {
    const Tensor piece = RandomCrop(3, {.padding = 1, .fill = 2})(ones({1, 1, 1}, {.dtype = dtype}), Generator(1));
    EXPECT_EQ(piece.dtype(), dtype);
    const auto all = values(piece);
    EXPECT_EQ(std::count(all.begin(), all.end(), 1.0), 1);
    EXPECT_EQ(std::count(all.begin(), all.end(), 2.0), 8);
  }
}

TEST(RandomCrop, PadsIfNeeded) {
  const Tensor image = ramp({1, 2, 3}, kFloat32) + 1;
  EXPECT_EQ(message_of<ShapeError>([&] { RandomCrop{4}(image); }),
            "RandomCrop: the padded image must be at least 4 x 4, got 2 x 3");
  const Tensor piece = RandomCrop(4, {.pad_if_needed = true})(image);
  EXPECT_EQ(piece.sum().item(), 21);
  EXPECT_EQ(piece.shape(), Shape({1, 4, 4}));
}

TEST(RandomCrop, ChecksItsArguments) {
  EXPECT_EQ(message_of<ValueError>([] { RandomCrop(0, 3); }), "RandomCrop: the size must be positive, got 0 x 3");
  EXPECT_EQ(message_of<ValueError>([] { RandomCrop(3, {.padding = -1}); }),
            "RandomCrop: padding must not be negative, got -1");
  EXPECT_EQ(message_of<ValueError>([] {
              RandomCrop(3, {.padding = {0, 1, -2, 3}});
            }),
            "RandomCrop: padding must not be negative, got -2");
  EXPECT_EQ(message_of<ValueError>([] { RandomCrop(3, {.fill = std::vector<double>{}}); }),
            "RandomCrop: fill must have at least one number");
  EXPECT_EQ(message_of<ShapeError>([] { RandomCrop{3}(zeros({4})); }),
            "RandomCrop: the image must have at least 2 dimensions (…, H, W), got shape [4]");
}

TEST(RandomHorizontalFlip, MirrorsRows) {
  for (const DType dtype : {kUInt8, kFloat16, kFloat32, kFloat64})
    for (const std::int64_t width : {1, 2, 15, 16, 17, 28, 32, 33}) {
      const Tensor image = ramp(Shape{std::int64_t{2}, std::int64_t{3}, width}, kInt64).to(dtype);
      const Tensor mirrored = RandomHorizontalFlip{1}(image);
      for (std::int64_t x = 0; x < width; ++x)
        ASSERT_TRUE(mirrored.select(2, x).equal(image.select(2, width - 1 - x))) << width << " " << name(dtype);
    }
}

TEST(RandomHorizontalFlip, HasTheProbability) {
  const Tensor image = ramp({1, 1, 2});
  const Generator generator(5);
  int flipped = 0;
  for (int i = 0; i < 4000; ++i) flipped += RandomHorizontalFlip{0.25}(image, generator).equal(image) ? 0 : 1;
  // Six standard deviations of a binomial with 4,000 trials.
  EXPECT_NEAR(flipped, 1000, 6 * 27.4);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(RandomHorizontalFlip{0}(image, generator).equal(image));
  EXPECT_EQ(message_of<ValueError>([] { RandomHorizontalFlip{1.5}; }),
            "RandomHorizontalFlip: p must be in [0, 1], got 1.5");
}

TEST(Compose, RunsInOrderAndNests) {
  const auto half = Compose{ToTensor{}, [](const Tensor& x) { return x / 2; }};
  const auto all = Compose{half, Normalize{{0.25}, {0.5}}};
  EXPECT_TRUE(all(full({1, 2, 2}, 255, {.dtype = kUInt8})).equal(full({1, 2, 2}, 0.5)));
  EXPECT_EQ(all.transforms().size(), 2u);
  EXPECT_TRUE(Compose{}(ones({2})).equal(ones({2})));
  EXPECT_TRUE(Compose{std::vector<Transform>(2, half)}(ones({1, 1, 1})).equal(full({1, 1, 1}, 0.25)));
}

TEST(Compose, GivesItsGeneratorToEveryPart) {
  const auto noise = [](const Tensor& x, const Generator& g) { return x + rand({2}, {.generator = g}); };
  const auto all = Compose{noise, noise};
  const Generator first(7), second(7);
  const Tensor expected = rand({2}, {.generator = second}) + rand({2}, {.generator = second});
  EXPECT_TRUE(all(zeros({2}), first).equal(zeros({2}) + expected));
  // Without one, the default generator.
  manual_seed(7);
  EXPECT_TRUE(all(zeros({2})).equal(expected));
}

TEST(Transform, MayBeEmpty) {
  EXPECT_FALSE(Transform{});
  EXPECT_TRUE(Transform{ToTensor{}});
  const Tensor x = ones({2});
  EXPECT_TRUE(Transform{}(x).is_same(x));
}

}  // namespace
}  // namespace cresset::data
