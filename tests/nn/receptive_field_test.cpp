// Receptive fields against what gradients say, and against published figures.
#include <cresset/cresset.h>
#include <gtest/gtest.h>

#include "support/message.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;
using nn::PixelSpan;
using nn::ReceptiveField;

// The first layers of a network.
struct Front : nn::Module {
  nn::Sequential all;
  std::int64_t count;
  CRESSET_MODULE(all)

  Front(const nn::Sequential& net, std::int64_t n) : all(net), count(n) {}
  Tensor forward(const Tensor& input) override {
    Tensor x = input;
    for (std::int64_t i = 0; i < count; ++i) x = all[i](x);
    return x;
  }
};

void expect_span(const PixelSpan& span, const PixelSpan& measured, const std::string& what) {
  EXPECT_TRUE(span == measured || (span.empty() && measured.empty()))
      << what << ": " << span.first << " to " << span.last << ", measured " << measured.first << " to "
      << measured.last;
}

// Behind each layer of `net`, at a few pixels of its output: the spans are where the gradient is not 0 for any of 64
// random pictures, since max pooling lets through one pixel of a window only.
void expect_as_measured(const nn::Sequential& net, const Shape& input) {
  manual_seed(1);
  {
    // Positive weights: no ReLU is dead, no sum cancels.
    const NoGradGuard no_grad;
    for (const Tensor& parameter : net.parameters()) parameter.uniform_(0.5, 1);
  }
  Shape many = input;
  many.insert(0, 64);
  const Tensor pictures = rand(many).pow(16);  // few pixels stand out, so that each is a maximum somewhere
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(net.size()); ++i) {
    Front front(net, i + 1);
    const ReceptiveField field = nn::receptive_fields(front, input).back();
    const auto rows = static_cast<std::int64_t>(field.rows.spans.size());
    const auto columns = static_cast<std::int64_t>(field.columns.spans.size());
    for (const auto& [p, q] : {std::pair{std::int64_t{0}, std::int64_t{0}}, std::pair{rows / 2, columns / 2},
                               std::pair{rows - 1, columns - 1}}) {
      const nn::PixelRegion measured = nn::region_by_gradient(front, pictures, {p, q});
      const std::string what = std::to_string(i) + ' ' + net[i].str() + " at " + std::to_string(p);
      const PixelSpan row = field.rows.spans[static_cast<std::size_t>(p)],
                      column = field.columns.spans[static_cast<std::size_t>(q)];
      // A window that lies in the padding along one dimension reads nothing at all.
      if (row.empty() || column.empty()) {
        EXPECT_TRUE(measured.rows.empty() && measured.columns.empty()) << what;
        continue;
      }
      expect_span(row, measured.rows, "rows of " + what);
      expect_span(column, measured.columns, "columns of " + what);
    }
  }
}

TEST(ReceptiveField, IsWhereTheGradientIs) {
  expect_as_measured(
      nn::Sequential{nn::Conv2d{2, 3, {3, 2}, {.stride = {2, 1}, .padding = {1, 0}}}, nn::BatchNorm2d{3},
                     nn::ReLU{{.inplace = true}}, nn::MaxPool2d{3, {.stride = 2, .padding = 1}},
                     nn::Conv2d{3, 2, 3, {.padding = 2, .dilation = 2}}, nn::GELU{}, nn::Dropout{},
                     nn::AvgPool2d{2, {.stride = 1, .ceil_mode = true}}, nn::Flatten{1}, nn::Linear{2 * 5 * 8, 3}},
      {2, 24, 19});
}

TEST(ReceptiveField, OfEveryPadding) {
  using Mode = nn::PaddingMode;
  for (const Mode mode : {Mode::zeros, Mode::reflect, Mode::replicate, Mode::circular})
    expect_as_measured(nn::Sequential{nn::Conv2d{1, 1, 3, {.padding = {2, 1}, .padding_mode = mode}},
                                      nn::Conv2d{1, 1, {1, 3}, {.padding = 1, .padding_mode = mode}}},
                       {1, 7, 8});
  expect_as_measured(
      nn::Sequential{nn::Conv2d{1, 2, 4, {.padding = "same"}}, nn::Conv2d{2, 1, 2, {.padding = "same", .dilation = 3}},
                     nn::Conv2d{1, 1, 3, {.padding = "valid"}}},
      {1, 9, 10});
}

TEST(ReceptiveField, OfWindowsOfDifferentSizes) {
  expect_as_measured(nn::Sequential{nn::Conv2d{1, 1, 3}, nn::AdaptiveAvgPool2d{{3, 4}}, nn::AdaptiveAvgPool2d{{1, 6}},
                                    nn::Conv2d{1, 1, {1, 2}}},
                     {1, 10, 12});
  // The last window of ceil_mode reaches past the input.
  expect_as_measured(nn::Sequential{nn::MaxPool2d{3, {.stride = 2, .ceil_mode = true}}, nn::Conv2d{1, 1, 2}},
                     {1, 8, 8});
}

TEST(ReceptiveField, OfBranchesThatMeet) {
  expect_as_measured(nn::Sequential{models::BasicBlock(2, 2), models::BasicBlock(2, 3, 2)}, {2, 12, 11});
}

// [size, jump, start] of rows and columns alike.
struct Figures {
  const char* layer;
  std::int64_t size, jump, start;
};
void expect_figures(nn::Module& net, const Shape& input, std::initializer_list<Figures> figures) {
  const auto fields = nn::receptive_fields(net, input);
  for (const Figures& expected : figures) {
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const ReceptiveField& field) { return field.name == expected.layer; });
    ASSERT_NE(found, fields.end()) << expected.layer;
    for (const nn::FieldLine& line : {found->rows, found->columns}) {
      EXPECT_EQ(line.size, expected.size) << expected.layer;
      EXPECT_EQ(line.jump, expected.jump) << expected.layer;
      EXPECT_EQ(line.start, expected.start) << expected.layer;
    }
  }
}

// Araujo, Norris and Sim 2019, https://distill.pub/2019/computing-receptive-fields: VGG-16 212, 32, 90; ResNet-18
// 435, 32. The smaller ones by hand.
TEST(ReceptiveField, HasThePublishedSizes) {
  const auto vgg = models::make("vgg16_cifar");
  expect_figures(*vgg, {3, 64, 64},
                 {{"features.0", 3, 1, -1}, {"features.4", 6, 2, -2}, {"features.30", 212, 32, -90}});
  const auto resnet = models::make("resnet18", {.num_classes = 2});
  expect_figures(*resnet, {3, 64, 64},
                 {{"conv1", 7, 2, -3}, {"maxpool", 11, 4, -5}, {"layer4.1.conv2", 435, 32, -217}});
  models::CifarNet cifar;
  expect_figures(cifar, {2, 3, 32, 32}, {{"conv_1", 5, 1, 0}, {"conv_2", 14, 2, 0}, {"fc_1", 32, 0, 0}});
  const auto field = nn::receptive_fields(cifar, {3, 32, 32})[1];
  EXPECT_EQ(field.class_name, "MaxPool2d");
  EXPECT_EQ(field.output, Shape({1, 6, 14, 14}));
  EXPECT_DOUBLE_EQ(field.rows.center(), 2.5);
}

TEST(ReceptiveField, LeavesTheNetworkAsItWas) {
  nn::Sequential net{nn::ReLU{{.inplace = true}}, nn::Dropout{}, nn::Conv2d{1, 1, 3}};
  net[1].eval();
  const NoGradGuard no_grad;
  EXPECT_EQ(nn::receptive_fields(net, {1, 4, 4}).size(), 3u);
  nn::region_by_gradient(net, rand({1, 4, 4}), {1, 1});
  EXPECT_TRUE(net.is_training() && net[2].is_training());
  EXPECT_FALSE(net[1].is_training());
  EXPECT_FALSE(net.parameters()[0].grad().defined());
}

struct PoolsByFunction : nn::Module {
  nn::Conv2d conv{1, 1, 3};
  CRESSET_MODULE(conv)
  Tensor forward(const Tensor& x) override { return conv(F::max_pool2d(x, 2)); }
};

TEST(ReceptiveField, NamesWhatItCannotSee) {
  PoolsByFunction net;
  EXPECT_EQ(message_of<UnsupportedError>([&] {
              nn::receptive_fields(net, {1, 8, 8});
            }),
            "receptive_fields: it is not known which places MaxPool2DWithIndicesBackward0 reads; convolutions and "
            "poolings must be modules (Conv2d, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d)\n"
            "in PoolsByFunction.conv (Conv2d), input [1, 1, 4, 4]");
  EXPECT_EQ(message_of<ShapeError>([&] {
              nn::receptive_fields(net, {8, 8});
            }),
            "receptive_fields: the input must be [C, H, W] or [N, C, H, W], got [8, 8]");
  EXPECT_EQ(message_of<ShapeError>([&] {
              nn::region_by_gradient(net, zeros({8, 8}));
            }),
            "region_by_gradient: the input must be [C, H, W] or [N, C, H, W], got float32[8, 8]");
}

}  // namespace
}  // namespace cresset::test
