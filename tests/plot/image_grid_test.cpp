// make_grid and save_image against torchvision's (tests/golden/make_grid.json).
#include <cresset/cresset.h>
#include <cresset/plot/image_grid.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/message.h"
#include "support/scratch_folder.h"
#include "test_paths.h"

namespace cresset::plot {
namespace {

using Json = nlohmann::json;

Tensor images_of(const Shape& shape) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < shape.numel(); ++i) values.push_back(static_cast<double>(i * 37 % 101 - 20) / 64);
  return tensor(values, {.dtype = kFloat32}).view(shape);
}

MakeGridOptions options_of(const Json& c) {
  MakeGridOptions options;
  options.nrow = c.value("nrow", options.nrow);
  options.padding = c.value("padding", options.padding);
  options.normalize = c.value("normalize", false);
  options.scale_each = c.value("scale_each", false);
  options.pad_value = c.value("pad_value", 0.0);
  if (c.contains("value_range")) options.value_range = {c["value_range"][0], c["value_range"][1]};
  return options;
}

TEST(MakeGrid, IsTorchvisions) {
  const Json golden = Json::parse(std::ifstream(CRESSET_TEST_DIR "/golden/make_grid.json"));
  for (const Json& c : golden["cases"]) {
    SCOPED_TRACE(c["shape"].dump());
    const Tensor images = images_of(c["shape"].get<std::vector<std::int64_t>>());
    const Tensor before = images.clone();
    const Tensor grid = make_grid(images, options_of(c));
    EXPECT_EQ(grid.shape(), Shape(c["grid_shape"].get<std::vector<std::int64_t>>()));
    const Tensor wanted = tensor(c["grid"].get<std::vector<double>>(), {.dtype = kFloat32}).view(grid.shape());
    EXPECT_TRUE(grid.allclose(wanted, 1e-6, 1e-7));
    EXPECT_TRUE(images.equal(before));
    // The file's pixels; save_image writes this very picture.
    EXPECT_EQ(picture(grid).pixels, c["pixels"].get<std::vector<std::uint8_t>>());
  }
}

TEST(MakeGrid, TakesAListOfImages) {
  const Tensor images = images_of({3, 3, 2, 2});
  EXPECT_TRUE(make_grid({images[0], images[1], images[2]}, {.nrow = 2}).equal(make_grid(images, {.nrow = 2})));
}

TEST(MakeGrid, KeepsTypeAndHasNoHistory) {
  const Tensor bytes = full({2, 1, 2, 2}, 200, {.dtype = kUInt8});
  const Tensor grid = make_grid(bytes, {.padding = 1, .pad_value = 7});
  EXPECT_EQ(grid.dtype(), kUInt8);
  EXPECT_EQ(grid.index({0, 0, 0}).item(), 7);
  EXPECT_EQ(grid.index({2, 1, 1}).item(), 200);
  Tensor learned = zeros({2, 3, 2, 2}, {.requires_grad = true});
  EXPECT_FALSE(make_grid(learned * 2).requires_grad());
}

TEST(MakeGrid, RefusesWhatIsNoImage) {
  EXPECT_EQ(message_of<ShapeError>([] { make_grid(zeros({2})); }),
            "make_grid: images must have the shape [N, C, H, W], [C, H, W] or [H, W], got [2]");
  EXPECT_EQ(message_of<ShapeError>([] {
              make_grid(zeros({0, 3, 2, 2}));
            }),
            "make_grid: there must be an image, got [0, 3, 2, 2]");
  EXPECT_EQ(message_of<ValueError>([] {
              make_grid(zeros({2, 2}), {.nrow = 0});
            }),
            "make_grid: nrow must be at least 1, got 0");
  EXPECT_EQ(message_of<ValueError>([] {
              make_grid(zeros({2, 2}), {.padding = -1});
            }),
            "make_grid: padding must be at least 0, got -1");
  EXPECT_EQ(message_of<DTypeError>([] {
              make_grid(zeros({2, 2}, {.dtype = kUInt8}), {.normalize = true});
            }),
            "make_grid: images to normalise must be floating, got uint8");
  EXPECT_EQ(message_of<ValueError>([] {
              make_grid(zeros({2, 3, 2, 2}), {.padding = 1'500'000'000});
            }),
            "make_grid: a grid of 1 by 2 images of 1500000002 by 1500000002 pixels is too large");
}

TEST(SaveImage, WritesAPng) {
  const ScratchFolder folder;
  const std::string path = folder / "grid.png";
  const Tensor images = images_of({5, 3, 4, 6});
  save_image(images, path, {.nrow = 2});
  const std::string file = read_text(path);
  EXPECT_EQ(file.substr(0, 4), "\x89PNG");
  const std::string other = folder / "other.png";
  save_png(picture(make_grid(images, {.nrow = 2})), other);
  EXPECT_EQ(file, read_text(other));
}

TEST(SaveImage, RefusesOtherFilesAndChannels) {
  EXPECT_EQ(message_of<ValueError>([] {
              save_image(zeros({3, 2, 2}), "grid.jpg");
            }),
            "save_image: the path must end in .png, got grid.jpg");
  EXPECT_EQ(message_of<ShapeError>([] {
              save_image(zeros({4, 2, 2}), "grid.png");
            }),
            "plot: an image must have the shape [1 or 3, H, W], got [4, 2, 2]");
  EXPECT_EQ(message_of<DTypeError>([] {
              save_image(zeros({3, 2, 2}, {.dtype = kInt64}), "grid.png");
            }),
            "plot: images must be uint8 or floating, got int64");
  EXPECT_EQ(message_of<ValueError>([] {
              picture(zeros({3, 2, 2}), 20000);
            }),
            "plot: an image of 2 by 2 cannot be drawn 20000 times as large");
  EXPECT_THROW(save_image(zeros({3, 2, 2}), "/nowhere/grid.png"), IoError);
}

}  // namespace
}  // namespace cresset::plot
