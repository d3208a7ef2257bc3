#include <cresset/models/resnet.h>

#include "nn/define_module.h"

namespace cresset::models {

CRESSET_DEFINE_MODULE(BasicBlock, conv1, bn1, relu, conv2, bn2, downsample)
CRESSET_DEFINE_MODULE(ResNet, conv1, bn1, relu, maxpool, layer1, layer2, layer3, layer4, avgpool, fc)
namespace {

nn::Conv2d conv3x3(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride = 1) {
  return {in_channels, out_channels, 3, {.stride = stride, .padding = 1, .bias = false}};
}

nn::Sequential make_layer(std::int64_t in_channels, std::int64_t out_channels, std::int64_t blocks,
                          std::int64_t stride) {
  nn::Sequential layer{BasicBlock(in_channels, out_channels, stride)};
  for (std::int64_t i = 1; i < blocks; ++i) layer.push_back(BasicBlock(out_channels, out_channels));
  return layer;
}

}  // namespace

BasicBlock::BasicBlock(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride)
    : conv1(conv3x3(in_channels, out_channels, stride)),
      bn1(out_channels),
      conv2(conv3x3(out_channels, out_channels)),
      bn2(out_channels) {
  if (stride != 1 || in_channels != out_channels)
    downsample = nn::Sequential{nn::Conv2d{in_channels, out_channels, 1, {.stride = stride, .bias = false}},
                                nn::BatchNorm2d{out_channels}};
}

Tensor BasicBlock::forward(const Tensor& x) {
  Tensor out = relu(bn1(conv1(x)));
  out = bn2(conv2(out));
  out += downsample ? (*downsample)(x) : x;
  return relu(out);
}

ResNet::ResNet(const std::array<std::int64_t, 4>& layers, const ResNetOptions& options)
    : conv1(options.input == InputSize::imagenet ? nn::Conv2d{3, 64, 7, {.stride = 2, .padding = 3, .bias = false}}
                                                 : conv3x3(3, 64)),
      layer1(make_layer(64, 64, layers[0], 1)),
      layer2(make_layer(64, 128, layers[1], 2)),
      layer3(make_layer(128, 256, layers[2], 2)),
      layer4(make_layer(256, 512, layers[3], 2)),
      fc(512, options.num_classes) {
  if (options.input == InputSize::imagenet) maxpool = nn::MaxPool2d{3, {.stride = 2, .padding = 1}};
  for (nn::ModuleBase* module : modules()) {
    if (auto* conv = module->as<nn::Conv2d>())
      nn::init::kaiming_normal_(conv->weight, {.mode = "fan_out", .nonlinearity = "relu"});
    if (auto* block = module->as<BasicBlock>(); block && options.zero_init_residual)
      nn::init::zeros_(block->bn2.weight);
  }
}

Tensor ResNet::forward(const Tensor& input) {
  Tensor x = relu(bn1(conv1(input)));
  if (maxpool) x = (*maxpool)(x);
  x = layer4(layer3(layer2(layer1(x))));
  return fc(flatten(avgpool(x), 1));
}

ResNet resnet18(const ResNetOptions& options) { return ResNet({2, 2, 2, 2}, options); }

}  // namespace cresset::models
