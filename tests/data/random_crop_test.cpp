// RandomCrop's borders: what it cuts its pieces from is torchvision's padded image, tests/golden/random_crop.json,
// written by tools/goldens_crop.py.
#include <cresset/creation.h>
#include <cresset/data/transforms.h>
#include <cresset/ops.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "support/scratch_folder.h"
#include "test_paths.h"

namespace cresset::data {
namespace {

using Json = nlohmann::json;

Border border_of(const std::vector<std::int64_t>& n) {
  return n.size() == 1 ? Border(n[0]) : n.size() == 2 ? Border(n[0], n[1]) : Border(n[0], n[1], n[2], n[3]);
}

BorderMode mode_of(const std::string& name) {
  return name == "constant"  ? BorderMode::constant
         : name == "edge"    ? BorderMode::edge
         : name == "reflect" ? BorderMode::reflect
                             : BorderMode::symmetric;
}

// Every piece is one of the padded image, and every one of those comes.
TEST(RandomCrop, PadsAsTorchvision) {
  const auto cases = Json::parse(std::ifstream(CRESSET_TEST_DIR "/golden/random_crop.json"));
  ASSERT_EQ(cases.size(), 36u);
  for (const Json& c : cases) {
    SCOPED_TRACE(c.dump().substr(0, 150));
    const DType dtype = c["dtype"] == "uint8" ? kUInt8 : c["dtype"] == "float32" ? kFloat32 : kFloat64;
    const Shape shape(c["shape"].get<std::vector<std::int64_t>>());
    const Shape padded_shape(c["padded_shape"].get<std::vector<std::int64_t>>());
    const Tensor image = (arange(shape.numel()) + 1).view(shape).to(dtype);
    const Tensor padded =
        tensor(c["padded"].get<std::vector<double>>(), {.dtype = kFloat64}).view(padded_shape).to(dtype);
    const std::int64_t height = c["size"][0], width = c["size"][1];
    const RandomCrop crop(height, width,
                          {.padding = border_of(c["padding"].get<std::vector<std::int64_t>>()),
                           .pad_if_needed = c["pad_if_needed"],
                           .fill = c["fill"].get<std::vector<double>>(),
                           .padding_mode = mode_of(c["padding_mode"])});
    std::set<std::string> pieces, cut;
    const auto text = [](const Tensor& x) {
      const Tensor y = x.contiguous();
      return std::string(static_cast<const char*>(y.data_ptr()), y.numel() * y.element_size());
    };
    for (std::int64_t top = 0; top + height <= padded.size(1); ++top)
      for (std::int64_t left = 0; left + width <= padded.size(2); ++left)
        pieces.insert(text(padded.slice(1, top, top + height).slice(2, left, left + width)));
    const Generator generator(3);
    // The chance to miss a place in so many draws is below 1e-12.
    const std::int64_t places = (padded.size(1) - height + 1) * (padded.size(2) - width + 1);
    for (std::int64_t i = 0; i < 40 * places; ++i) {
      const Tensor piece = crop(image, generator);
      ASSERT_EQ(piece.shape(), Shape({shape[0], height, width}));
      cut.insert(text(piece));
    }
    EXPECT_TRUE(cut == pieces) << cut.size() << " of " << pieces.size();
  }
}

TEST(RandomCrop, HasTorchvisionsDefaults) {
  const RandomCropOptions options;
  EXPECT_EQ(options.padding.left + options.padding.top + options.padding.right + options.padding.bottom, 0);
  EXPECT_FALSE(options.pad_if_needed);
  EXPECT_EQ(options.fill.values, std::vector<double>{0});
  EXPECT_EQ(options.padding_mode, BorderMode::constant);
}

TEST(RandomCrop, FillsEachChannelOrSaysHowMany) {
  const RandomCrop crop(3, {.padding = 1, .fill = {4, 5}});
  const Tensor piece = crop(zeros({2, 1, 1}));
  EXPECT_EQ(piece[0].sum().item(), 8 * 4);
  EXPECT_EQ(piece[1].sum().item(), 8 * 5);
  EXPECT_EQ(message_of<ValueError>([&] { crop(zeros({3, 1, 1})); }), "RandomCrop: fill must be 1 or 3 numbers, got 2");
  EXPECT_EQ(message_of<ValueError>([&] {
              crop(zeros({2, 2, 1, 1}));
            }),
            "RandomCrop: fill must be 1 or 1 numbers, got 2");
}

TEST(RandomCrop, HasNothingToMirrorInAnEmptyImage) {
  for (const BorderMode mode : {BorderMode::edge, BorderMode::reflect, BorderMode::symmetric})
    EXPECT_EQ(message_of<ShapeError>([&] {
                RandomCrop(2, {.padding = 1, .padding_mode = mode})(zeros({3, 0, 2}));
              }),
              "RandomCrop: the image must have pixels to pad with, got shape [3, 0, 2]");
  EXPECT_EQ(RandomCrop(2, {.padding = 1, .fill = 3})(zeros({3, 0, 2})).sum().item(), 3 * 4 * 3);
  EXPECT_EQ(RandomCrop(2, {.padding = 1})(zeros({0, 2, 2})).shape(), Shape({0, 2, 2}));
}

TEST(RandomCrop, CountsPaddingOfAnySize) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const Tensor image = ones({1, 2, 2}, {.dtype = kUInt8});
  EXPECT_EQ(
      message_of<ShapeError>([&] { RandomCrop(4, {.padding = std::int64_t{1} << 62})(image); }),
      "RandomCrop: 2 rows or columns, padded by 4611686018427387904 and 4611686018427387904, are too many to count");
  EXPECT_THROW(RandomCrop(4, {.padding = {0, 0, kMost, 0}})(image), ShapeError);
  EXPECT_THROW(RandomCrop(kMost, 1, {.pad_if_needed = true})(image), ShapeError);
  EXPECT_THROW(RandomCrop(kMost - 1, {.padding = kMost / 2 - 1})(image), OutOfMemoryError);
  // As much as can be counted: the pixels are nearly never met.
  for (const BorderMode mode : {BorderMode::constant, BorderMode::edge, BorderMode::reflect, BorderMode::symmetric}) {
    const RandomCrop crop(4, {.padding = kMost / 2 - 1, .fill = 7, .padding_mode = mode});
    EXPECT_EQ(crop(image, Generator(1)).sum().item(), mode == BorderMode::constant ? 16 * 7 : 16);
  }
}

}  // namespace
}  // namespace cresset::data
