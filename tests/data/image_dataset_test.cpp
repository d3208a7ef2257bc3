#include <cresset/data.h>
#include <cresset/ops.h>
#include <gtest/gtest.h>

#include "data/image_plan.h"
#include "support/scratch_folder.h"

namespace cresset::data {
namespace {

Tensor random_images(const Shape& shape) { return randint(0, 256, shape, {.generator = Generator(3)}).to(kUInt8); }
Tensor some_labels(std::int64_t count) { return arange(count).to(kInt64); }

// A data set without get_batch: the way of one sample after the other.
struct OneByOne {
  ImageDataset images;
  std::int64_t size() const { return images.size(); }
  ImageSample get(std::int64_t i) const { return images.get(i); }
};

const Normalize kNormalize{{0.49140, 0.48216, 0.44653}, {0.24703, 0.24349, 0.26159}};

std::vector<Transform> built_in_transforms() {
  const RandomCrop crop(32, {.padding = 4});
  const RandomHorizontalFlip flip;
  return {{},
          ToTensor{},
          crop,
          Compose{ToTensor{}, kNormalize},
          Compose{ToTensor{}, Normalize{{0.5}, {0.25}}},
          Compose{crop, flip, ToTensor{}, kNormalize},
          Compose{flip, crop, flip, ToTensor{}},
          Compose{Compose{RandomCrop{7, 30, {.padding = 1, .pad_if_needed = true, .fill = 77}}, flip},
                  Compose{ToTensor{}, kNormalize}},
          Compose{RandomCrop(32, {.padding = {5, 0, 4, 1}, .pad_if_needed = true, .fill = {1, 200, 255}}), ToTensor{}}};
}

// What runs image by image.
std::vector<Transform> mirrored_crops() {
  std::vector<Transform> transforms;
  for (const BorderMode mode : {BorderMode::edge, BorderMode::reflect, BorderMode::symmetric})
    transforms.push_back(
        Compose{RandomCrop(32, {.padding = {40, 3}, .pad_if_needed = true, .padding_mode = mode}), ToTensor{}});
  return transforms;
}

TEST(ImageDataset, BuildsBatchesWithTheBitsOfSingleSamples) {
  for (const std::int64_t width : {5, 28, 32, 33}) {
    const Tensor images = random_images(Shape{std::int64_t{37}, std::int64_t{3}, std::int64_t{32}, width});
    int number = 0;
    for (const Transform& transform : built_in_transforms()) {
      if (width < 24 && number != 0 && number != 1 && number != 3 && number != 4 && number != 7 && number != 8) {
        ++number;
        continue;
      }
      const ImageDataset set("images", images, some_labels(37), {}, transform);
      ASSERT_TRUE(detail::ImagePlan::make(transform, 3, {32, width})) << number;
      for (const int workers : {0, 2}) {
        const DataLoaderOptions a{.batch_size = 5, .shuffle = true, .num_workers = workers, .generator = Generator(8)};
        DataLoaderOptions b = a;
        b.generator = Generator(8);
        const DataLoader fused{set, a};
        const DataLoader single{OneByOne{set}, b};
        auto it = single.begin();
        for (auto [x, y] : fused) {
          EXPECT_TRUE(x.equal(std::get<0>(*it))) << "transform " << number << ", width " << width;
          EXPECT_EQ(x.dtype(), std::get<0>(*it).dtype());
          EXPECT_TRUE(y.equal(std::get<1>(*it)));
          ++it;
        }
        EXPECT_TRUE(it == single.end());
      }
      ++number;
    }
  }
}

TEST(ImageDataset, CropsWithMirroredBordersInBatchesToo) {
  for (const Transform& transform : mirrored_crops()) {
    const ImageDataset set("images", random_images({9, 3, 8, 12}), some_labels(9), {}, transform);
    EXPECT_FALSE(detail::ImagePlan::make(transform, 3, {8, 12}));
    const DataLoader batches{set, {.batch_size = 4, .generator = Generator(8)}};
    const DataLoader single{OneByOne{set}, {.batch_size = 4, .num_workers = 2, .generator = Generator(8)}};
    auto it = single.begin();
    for (auto [x, y] : batches) {
      EXPECT_EQ(x.size(-1), 32);
      EXPECT_TRUE(x.equal(std::get<0>(*it)));
      ++it;
    }
  }
}

TEST(ImageDataset, RunsUsersTransforms) {
  const auto noise = [](const Tensor& x, const Generator& g) { return x + rand({1}, {.generator = g}); };
  const ImageDataset set("images", random_images({9, 2, 2}), some_labels(9), {}, Compose{ToTensor{}, noise},
                         [](std::int64_t label) { return 2 * label; });
  EXPECT_FALSE(detail::ImagePlan::make(Compose{noise}, 1, {2, 2}));
  const DataLoader fused{set, {.batch_size = 4, .generator = Generator(8)}};
  const DataLoader single{OneByOne{set}, {.batch_size = 4, .num_workers = 2, .generator = Generator(8)}};
  auto it = single.begin();
  for (auto [x, y] : fused) {
    EXPECT_EQ(x.shape(), (Shape{x.size(0), std::int64_t{1}, std::int64_t{2}, std::int64_t{2}}));
    EXPECT_TRUE(x.equal(std::get<0>(*it)));
    EXPECT_TRUE(y.equal(std::get<1>(*it)));
    ++it;
  }
  EXPECT_EQ(set.get(4).label, 8);
}

TEST(ImageDataset, PlansOnlyWhatItCovers) {
  const auto planned = [](const Transform& transform, std::int64_t channels = 3) {
    return detail::ImagePlan::make(transform, channels, {8, 8}).has_value();
  };
  EXPECT_TRUE(planned(Compose{ToTensor{}, kNormalize}));
  EXPECT_FALSE(planned(Compose{ToTensor{}, ToTensor{}}));
  EXPECT_FALSE(planned(kNormalize));
  EXPECT_FALSE(planned(Compose{ToTensor{}, kNormalize}, 1));
  EXPECT_FALSE(planned(Compose{ToTensor{}, kNormalize, kNormalize}));
  EXPECT_FALSE(planned(Compose{ToTensor{}, RandomHorizontalFlip{}}));
  EXPECT_FALSE(planned(Compose{ToTensor{}, RandomCrop{4}}));
  EXPECT_FALSE(planned(ToTensor{}, 2));
  EXPECT_FALSE(planned(RandomCrop{9}));
  EXPECT_FALSE(planned(RandomCrop(8, {.fill = 256})));
  EXPECT_TRUE(planned(RandomCrop(8, {.fill = {1, 2, 3}})));
  EXPECT_FALSE(planned(RandomCrop(8, {.fill = {1, 2, 256}})));
  EXPECT_FALSE(planned(RandomCrop(8, {.fill = {1, 2}})));
  EXPECT_FALSE(planned(RandomCrop(1 << 15, {.padding = 1 << 15})));
}

TEST(ImageDataset, GivesTheTransformsErrors) {
  const ImageDataset set("images", random_images({4, 3, 8, 8}), some_labels(4), {}, RandomCrop{9});
  EXPECT_EQ(message_of<ShapeError>([&] { *DataLoader(set).begin(); }),
            "RandomCrop: the padded image must be at least 9 x 9, got 8 x 8\nin DataLoader, batch 0 of 4");
}

TEST(ImageDataset, ChecksFieldsAndIndices) {
  const Tensor images = random_images({4, 3, 8, 8});
  EXPECT_EQ(message_of<DTypeError>([&] { ImageDataset("set", images.to(kFloat32), some_labels(4)); }),
            "set: data must be uint8, got float32");
  EXPECT_EQ(message_of<DTypeError>([&] { ImageDataset("set", images, some_labels(4).to(kInt32)); }),
            "set: targets must be int64, got int32");
  EXPECT_EQ(message_of<ShapeError>([&] { ImageDataset("set", images[0][0], some_labels(8)); }),
            "set: data must be [N, H, W] or [N, C, H, W], got shape [8, 8]");
  EXPECT_EQ(message_of<ShapeError>([&] { ImageDataset("set", images, some_labels(5)); }),
            "set: targets must be [4], got shape [5]");
  const ImageDataset set("set", images, some_labels(4));
  EXPECT_EQ(message_of<IndexError>([&] { set.get(4); }), "set: index must be in [0, 4), got 4");
  EXPECT_EQ(message_of<IndexError>([&] { set[-1]; }), "set: index must be in [0, 4), got -1");
}

TEST(ImageDataset, FollowsChangedFields) {
  ImageDataset set("set", random_images({4, 3, 8, 8}), some_labels(4), {}, ToTensor{});
  set.targets[2] = 7;
  EXPECT_EQ(set.get(2).label, 7);
  set.data = random_images({6, 3, 4, 4});
  EXPECT_EQ(message_of<ShapeError>([&] { set.get(0); }), "set: targets must be [6], got shape [4]");
  set.targets = some_labels(12).slice(0, 0, 12, 2);
  const auto [x, y] = *DataLoader(set, {.batch_size = 6}).begin();
  EXPECT_TRUE(x.equal(set.data.to(kFloat32) / 255));
  EXPECT_TRUE(y.equal(set.targets));
}

TEST(ImageDataset, SharesTheBytesOfAnUntransformedImage) {
  const ImageDataset set("set", random_images({4, 3, 8, 8}), some_labels(4));
  EXPECT_TRUE(set.get(1).image.is_view_of_same_storage(set.data));
  EXPECT_TRUE(set.get(1).image.equal(set.data[1]));
}

TEST(ImageDataset, KeepsDrawsOfASubset) {
  const ImageDataset set("set", random_images({8, 3, 8, 8}), some_labels(8), {}, RandomCrop(8, {.padding = 4}));
  const Subset part{set, {6, 2, 4}};
  const DataLoader fused{part, {.batch_size = 3, .generator = Generator(1)}};
  const DataLoader single{Subset{OneByOne{set}, {6, 2, 4}}, {.batch_size = 3, .generator = Generator(1)}};
  EXPECT_TRUE(std::get<0>(*fused.begin()).equal(std::get<0>(*single.begin())));
  EXPECT_TRUE(std::get<1>(*fused.begin()).equal(tensor({6, 2, 4})));
}

}  // namespace
}  // namespace cresset::data
