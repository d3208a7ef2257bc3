// Data sets on a device: batches are the CPU loader's, bit for bit.
#include <cresset/data.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>

#include "cuda/cuda_test.h"
#include "support/message.h"

namespace cresset::test {
namespace {

using testing::HasSubstr;

class CudaAugment : public CudaTest {};

data::ImageDataset images_of(const Shape& shape, data::Transform transform,
                             std::function<std::int64_t(std::int64_t)> target_transform = {}) {
  manual_seed(17);
  const Tensor images = randint(256, shape, {.dtype = kUInt8});
  return {"images", images, randint(10, {shape[0]}), {}, std::move(transform), std::move(target_transform)};
}

// Both loaders' whole epochs are equal.
void compare(const data::ImageDataset& here,
             const data::DataLoaderOptions& options = {.batch_size = 7, .shuffle = true},
             MemoryFormat format = MemoryFormat::contiguous) {
  const auto there = here.to(kCuda, format);
  manual_seed(1);
  const data::DataLoader on_cpu(here, options);
  std::vector<std::tuple<Tensor, Tensor>> expected;
  for (int epoch = 0; epoch < 2; ++epoch)
    for (const auto& batch : on_cpu) expected.push_back(batch);
  manual_seed(1);
  const data::DataLoader on_device(there, options);
  std::size_t k = 0;
  const auto waits = cuda::synchronization_count();
  std::vector<std::tuple<Tensor, Tensor>> got;
  for (int epoch = 0; epoch < 2; ++epoch)
    for (const auto& batch : on_device) got.push_back(batch);
  EXPECT_EQ(cuda::synchronization_count(), waits);
  ASSERT_EQ(got.size(), expected.size());
  for (const auto& [images, labels] : got) {
    const auto& [expected_images, expected_labels] = expected[k++];
    EXPECT_EQ(images.device(), kCuda);
    EXPECT_EQ(labels.device(), kCuda);
    EXPECT_TRUE(images.is_contiguous(format));
    EXPECT_EQ(images.dtype(), expected_images.dtype());
    EXPECT_TRUE(images.cpu().equal(expected_images)) << "batch " << k;
    EXPECT_TRUE(labels.cpu().equal(expected_labels)) << "batch " << k;
  }
}

TEST_F(CudaAugment, AnEpochOfCifarIsTheCpus) {
  compare(images_of({40, 3, 32, 32},
                    data::Compose{data::RandomCrop{32, {.padding = 4}}, data::RandomHorizontalFlip{}, data::ToTensor{},
                                  data::Normalize{{0.49, 0.48, 0.45}, {0.25, 0.24, 0.26}}}));
}

TEST_F(CudaAugment, ChannelsLastToo) {
  compare(images_of({20, 3, 32, 32}, data::Compose{data::RandomCrop{32, {.padding = 4, .fill = {12, 0, 255}}},
                                                   data::RandomHorizontalFlip{0.7}, data::ToTensor{},
                                                   data::Normalize{{0.5, 0.4, 0.3}, {0.2, 0.3, 0.4}}}),
          {.batch_size = 8, .shuffle = true, .drop_last = true}, MemoryFormat::channels_last);
}

TEST_F(CudaAugment, ImagesMayBeStoredInAnyOrder) {
  auto set = images_of({10, 3, 9, 11}, data::Compose{data::RandomHorizontalFlip{}, data::ToTensor{}});
  set.data = set.data.contiguous(MemoryFormat::channels_last);
  compare(set, {.batch_size = 4});
}

TEST_F(CudaAugment, GreyImagesAndBytes) {
  compare(
      images_of({13, 28, 28}, data::Compose{data::RandomCrop{24}, data::ToTensor{}, data::Normalize{{0.1}, {0.3}}}));
  compare(images_of({13, 5, 7}, data::RandomCrop(6, 6, {.padding = {0, 1, 2, 3}, .pad_if_needed = true})));
  compare(images_of({5, 2, 4, 4}, {}));
  compare(images_of({5, 3, 9, 7}, data::RandomHorizontalFlip{}), {.batch_size = 2}, MemoryFormat::channels_last);
  compare(images_of({5, 4, 3, 3}, data::ToTensor{}, [](std::int64_t label) { return 100 - label; }));
}

TEST_F(CudaAugment, StepsMayComeInAnyOrderAndNumber) {
  compare(images_of({12, 3, 10, 12},
                    data::Compose{data::RandomHorizontalFlip{}, data::RandomCrop{9, 9, {.padding = 2, .fill = 7}},
                                  data::RandomHorizontalFlip{0.5}, data::RandomCrop{11, 8, {.padding = 3}},
                                  data::RandomCrop{5}, data::RandomHorizontalFlip{1}, data::ToTensor{}}));
}

TEST_F(CudaAugment, LargeImagesTakeSeveralBlocks) {
  compare(images_of({3, 3, 50, 61}, data::Compose{data::RandomCrop{49, 60, {.padding = 3}}, data::ToTensor{}}));
}

TEST_F(CudaAugment, WorkersAndRepeatedSamples) {
  const auto set = images_of({16, 3, 8, 8}, data::Compose{data::RandomCrop{8, {.padding = 2}}, data::ToTensor{}});
  compare(set, {.batch_size = 3, .shuffle = true, .num_workers = 2});
  compare(set, {.batch_size = 5, .sampler = data::RandomSampler(16, {.replacement = true, .num_samples = 40})});
  const data::Subset part(set.to(kCuda), {3, 1, 15});
  const data::DataLoader loader(part, {.batch_size = 3});
  const auto [images, labels] = *loader.begin();
  EXPECT_TRUE(labels.cpu().equal(
      cat({set.targets.narrow(0, 3, 1), set.targets.narrow(0, 1, 1), set.targets.narrow(0, 15, 1)})));
}

TEST_F(CudaAugment, OneSampleIsTheCpusToo) {
  const auto set = images_of({6, 3, 8, 8}, data::Compose{data::RandomCrop{8, {.padding = 2}}, data::ToTensor{}});
  const auto there = set.to(kCuda);
  manual_seed(3);
  const auto expected = set.get(4);
  manual_seed(3);
  const auto got = there.get(4);
  EXPECT_EQ(got.image.device(), kCuda);
  EXPECT_TRUE(got.image.cpu().equal(expected.image));
  EXPECT_EQ(got.label, expected.label);
  EXPECT_THROW(there.get(6), IndexError);
}

TEST_F(CudaAugment, SaysWhatADeviceCannotDo) {
  const auto of = [](data::Transform transform) { return images_of({4, 3, 8, 8}, std::move(transform)); };
  const auto parts = HasSubstr("images: on a device the transform must be made of RandomCrop");
  EXPECT_THAT(message_of<UnsupportedError>([&] { of([](const Tensor& x) { return x; }).to(kCuda); }), parts);
  EXPECT_THAT(message_of<UnsupportedError>([&] {
                of(data::RandomCrop{8, {.padding = 2, .padding_mode = data::BorderMode::reflect}}).to(kCuda);
              }),
              parts);
  EXPECT_THAT(message_of<UnsupportedError>(
                  [&] { of(data::Compose{std::vector<data::Transform>(9, data::RandomHorizontalFlip{})}).to(kCuda); }),
              HasSubstr("at most 4 channels and 8 random transforms, got 3 and 9"));
  EXPECT_THROW(images_of({2, 5, 8, 8}, {}).to(kCuda), UnsupportedError);
  auto set = of(data::ToTensor{}).to(kCuda);
  const std::int64_t indices[] = {1, 4};
  const std::uint64_t seeds[] = {0, 0};
  EXPECT_THROW(set.get_batch({indices, seeds}), IndexError);
  set.data = zeros({4, 3, 9, 9}, {.dtype = kUInt8, .device = kCuda});
  EXPECT_THAT(message_of<UnsupportedError>([&] {
                set.get_batch({std::span(indices, 1), std::span(seeds, 1)});
              }),
              HasSubstr("data on cuda:0 must be as the data set was made for"));
}

}  // namespace
}  // namespace cresset::test
