#include <cresset/models/vgg.h>

#include "nn/define_module.h"

namespace cresset::models {

CRESSET_DEFINE_MODULE(VGG, features, avgpool, classifier)
namespace {

constexpr nn::ReLUOptions kInplace{.inplace = true};

// The widths of the convolutions; 0 is 2x2 max pooling.
std::vector<std::int64_t> layers_of(VGGDepth depth) {
  if (depth == VGGDepth::vgg11) return {64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0};
  return {64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0};
}

std::int64_t pooled_for(InputSize input) { return input == InputSize::imagenet ? 7 : 1; }

}  // namespace

VGG::VGG(VGGDepth depth, const VGGOptions& options) : avgpool({pooled_for(options.input), pooled_for(options.input)}) {
  std::int64_t channels = 3;
  for (const std::int64_t width : layers_of(depth)) {
    if (width == 0) {
      features.push_back(nn::MaxPool2d{2, 2});
      continue;
    }
    nn::Conv2d conv{channels, width, 3, {.padding = 1}};
    nn::init::kaiming_normal_(conv.weight, {.mode = "fan_out", .nonlinearity = "relu"});
    nn::init::zeros_(conv.bias);
    features.push_back(conv);
    if (options.batch_norm) features.push_back(nn::BatchNorm2d{width});
    features.push_back(nn::ReLU{kInplace});
    channels = width;
  }
  const auto linear = [](std::int64_t in, std::int64_t out) {
    nn::Linear layer{in, out};
    nn::init::normal_(layer.weight, 0, 0.01);
    nn::init::zeros_(layer.bias);
    return layer;
  };
  const std::int64_t hidden = options.input == InputSize::imagenet ? 4096 : 512;
  classifier = nn::Sequential{linear(512 * pooled_for(options.input) * pooled_for(options.input), hidden),
                              nn::ReLU{kInplace},
                              nn::Dropout{options.dropout},
                              linear(hidden, hidden),
                              nn::ReLU{kInplace},
                              nn::Dropout{options.dropout},
                              linear(hidden, options.num_classes)};
}

Tensor VGG::forward(const Tensor& x) { return classifier(flatten(avgpool(features(x)), 1)); }

VGG vgg11(const VGGOptions& options) { return VGG(VGGDepth::vgg11, options); }
VGG vgg16(const VGGOptions& options) { return VGG(VGGDepth::vgg16, options); }
VGG vgg11_bn(VGGOptions options) {
  options.batch_norm = true;
  return VGG(VGGDepth::vgg11, options);
}
VGG vgg16_bn(VGGOptions options) {
  options.batch_norm = true;
  return VGG(VGGDepth::vgg16, options);
}

nn::Sequential vgg_block(std::int64_t num_convs, std::int64_t in_channels, std::int64_t out_channels) {
  nn::Sequential block;
  for (std::int64_t i = 0; i < num_convs; ++i) {
    block.push_back(nn::Conv2d{i == 0 ? in_channels : out_channels, out_channels, 3, {.padding = 1}});
    block.push_back(nn::ReLU{});
  }
  block.push_back(nn::MaxPool2d{2, 2});
  return block;
}

nn::Sequential vgg_sequential(const VGGSequentialOptions& options) {
  nn::Sequential net;
  std::int64_t channels = options.in_channels;
  for (const VGGBlock& block : options.blocks) {
    net.push_back(vgg_block(block.num_convs, channels, block.out_channels));
    channels = block.out_channels;
  }
  net.push_back(nn::Flatten{});
  net.push_back(nn::Linear{channels * 7 * 7, 4096});
  net.push_back(nn::ReLU{});
  net.push_back(nn::Dropout{0.5});
  net.push_back(nn::Linear{4096, 4096});
  net.push_back(nn::ReLU{});
  net.push_back(nn::Dropout{0.5});
  net.push_back(nn::Linear{4096, options.num_classes});
  return net;
}

}  // namespace cresset::models
