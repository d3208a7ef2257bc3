// Resize and CenterCrop against torchvision's: tests/golden/resize.json, written by tools/goldens_resize.py.
#include <cresset/creation.h>
#include <cresset/data.h>
#include <cresset/ops.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data/image_plan.h"
#include "support/message.h"
#include "test_paths.h"

namespace cresset::data {
namespace {

using Json = nlohmann::json;

Tensor image_of(const Shape& shape, DType dtype) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < shape.numel(); ++i)
    values.push_back(static_cast<double>(i * 37 % 251) / (dtype == kUInt8 ? 1 : 16));
  return tensor(values, {.dtype = kFloat64}).view(shape).to(dtype);
}

Transform transform_of(const Json& c) {
  const auto size = c["size"].get<std::vector<std::int64_t>>();
  if (c["kind"] == "crop") return size.size() == 1 ? CenterCrop(size[0]) : CenterCrop(size[0], size[1]);
  ResizeOptions options{.antialias = c.value("antialias", true)};
  if (c.contains("max_size")) options.max_size = c["max_size"].get<std::int64_t>();
  return size.size() == 1 ? Resize(size[0], options) : Resize(size[0], size[1], options);
}

TEST(Resize, AndCenterCropAreTorchvisions) {
  const Json golden = Json::parse(std::ifstream(CRESSET_TEST_DIR "/golden/resize.json"));
  ASSERT_EQ(golden["cases"].size(), 31u);
  for (const Json& c : golden["cases"]) {
    SCOPED_TRACE(c.dump().substr(0, 150));
    const DType dtype = c["dtype"] == "uint8" ? kUInt8 : c["dtype"] == "float32" ? kFloat32 : kFloat64;
    const Tensor image = image_of(c["shape"].get<std::vector<std::int64_t>>(), dtype), before = image.clone();
    const Tensor result = transform_of(c)(image);
    EXPECT_EQ(result.dtype(), dtype);
    ASSERT_EQ(result.shape(), Shape(c["result_shape"].get<std::vector<std::int64_t>>()));
    const Tensor wanted = tensor(c["result"].get<std::vector<double>>(), {.dtype = kFloat64}).view(result.shape());
    // Up to 12 products of values below 16: their sums differ by the rounding of float.
    const double tolerance = dtype == kUInt8 ? 0 : dtype == kFloat32 ? 16 * 12 * std::ldexp(1.0, -24) : 1e-13;
    if (c["kind"] == "crop" || dtype != kUInt8) {
      EXPECT_LE((result.to(kFloat64) - wanted).abs().max().item(), tolerance);
    } else {
      // Where the exact value lies in the middle of two bytes, the rounding of the sum decides.
      const Tensor exact = transform_of(c)(image.to(kFloat64));
      EXPECT_LE((exact - wanted).abs().max().item(), 0.5 + 1e-4);
      EXPECT_LE((result.to(kFloat64) - wanted).abs().sum().item(), 1);
    }
    EXPECT_TRUE(image.equal(before));
  }
}

TEST(Resize, TakesEveryImageType) {
  const Tensor image = image_of({3, 12, 17}, kFloat32);
  const Tensor wanted = Resize(5, 9)(image);
  for (const DType dtype : {kFloat16, kBFloat16}) {
    const Tensor result = Resize(5, 9)(image.to(dtype));
    EXPECT_EQ(result.dtype(), dtype);
    EXPECT_TRUE(result.equal(Resize(5, 9)(image.to(dtype).to(kFloat32)).to(dtype)));
  }
  // Without channels, and where the image is a piece of another.
  EXPECT_TRUE(Resize(5, 9)(image[1]).equal(wanted[1]));
  const Tensor wide = cat({image, image}, 2);
  EXPECT_TRUE(Resize(5, 9)(wide.slice(2, 17, 34)).equal(wanted));
  EXPECT_TRUE(Resize(12)(image).is_same(image)) << "an image of that size is left as it is";
}

TEST(Resize, RefusesWhatMakesNoSense) {
  EXPECT_EQ(message_of<ValueError>([] { Resize(0); }), "Resize: the size must be from 1 to 1048576, got 0");
  EXPECT_EQ(message_of<ValueError>([] { Resize(3, 1 << 21); }),
            "Resize: the size must be from 1 to 1048576, got 2097152");
  EXPECT_EQ(message_of<ValueError>([] { Resize(256, {.max_size = 256}); }),
            "Resize: max_size must be above the size 256, and at most 1048576, got 256");
  EXPECT_EQ(message_of<ValueError>([] { Resize(2, 3, {.max_size = 4}); }),
            "Resize: max_size is for a size of the shorter edge alone, got 2 x 3");
  EXPECT_EQ(message_of<DTypeError>([] {
              Resize(2)(zeros({3, 4, 4}, {.dtype = kInt64}));
            }),
            "Resize: the image must be uint8 or floating, got int64");
  EXPECT_EQ(message_of<ShapeError>([] { Resize(2)(zeros({4})); }),
            "Resize: the image must have at least 2 dimensions (…, H, W), got shape [4]");
  EXPECT_EQ(message_of<ShapeError>([] {
              Resize(2)(zeros({3, 0, 4}));
            }),
            "Resize: the image must have pixels, got shape [3, 0, 4]");
  EXPECT_EQ(message_of<ShapeError>([] {
              Resize(1, {.max_size = 2})(zeros({1, 1, 7}));
            }),
            "Resize: an image of 1 x 7 would have no pixels with an edge of 2");
  EXPECT_EQ(message_of<ValueError>([] { CenterCrop(3, 0); }), "CenterCrop: the size must be positive, got 3 x 0");
  EXPECT_THROW(CenterCrop(2)(zeros({2})), ShapeError);
  EXPECT_EQ(CenterCrop(2, 3)(zeros({0, 5, 5})).shape(), Shape({0, 2, 3}));
  EXPECT_EQ(CenterCrop(2, 3)(zeros({4, 0, 5})).shape(), Shape({4, 2, 3}));
}

// The fast way of a data set in memory knows neither: the images must not come out as they were.
TEST(Resize, RunsInADataSetOfOneSize) {
  const Tensor images = image_of({5, 3, 8, 12}, kUInt8);
  const Compose transform{Resize{4}, CenterCrop{4}, ToTensor{}};
  EXPECT_FALSE(detail::ImagePlan::make(transform, 3, {8, 12}));
  const ImageDataset set("images", images, arange(5).to(kInt64), {}, transform);
  const auto [x, y] = *DataLoader(set, {.batch_size = 5}).begin();
  EXPECT_EQ(x.shape(), Shape({5, 3, 4, 4}));
  EXPECT_TRUE(x[3].equal(transform(images[3])));
}

}  // namespace
}  // namespace cresset::data
