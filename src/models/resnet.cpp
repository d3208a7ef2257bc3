#include <cresset/models/resnet.h>

#include "core/check.h"
#include "nn/define_module.h"

namespace cresset::models {

CRESSET_DEFINE_MODULE(BasicBlock, conv1, bn1, relu, conv2, bn2, downsample)
CRESSET_DEFINE_MODULE(ResNet, conv1, bn1, relu, maxpool, layer1, layer2, layer3, layer4, avgpool, fc)
CRESSET_DEFINE_MODULE(PaddedBlock, conv1, bn1, relu, conv2, bn2)
CRESSET_DEFINE_MODULE(CifarResNet, conv1, bn1, relu, layer1, layer2, layer3, avgpool, fc)

namespace {

nn::Conv2d conv3x3(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride = 1) {
  return {in_channels, out_channels, 3, {.stride = stride, .padding = 1, .bias = false}};
}

template <class Block>
nn::Sequential make_layer(std::int64_t in_channels, std::int64_t out_channels, std::int64_t blocks,
                          std::int64_t stride) {
  nn::Sequential layer{Block(in_channels, out_channels, stride)};
  for (std::int64_t i = 1; i < blocks; ++i) layer.push_back(Block(out_channels, out_channels));
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
      layer1(make_layer<BasicBlock>(64, 64, layers[0], 1)),
      layer2(make_layer<BasicBlock>(64, 128, layers[1], 2)),
      layer3(make_layer<BasicBlock>(128, 256, layers[2], 2)),
      layer4(make_layer<BasicBlock>(256, 512, layers[3], 2)),
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

PaddedBlock::PaddedBlock(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride)
    : conv1(conv3x3(in_channels, out_channels, stride)),
      bn1(out_channels),
      conv2(conv3x3(out_channels, out_channels)),
      bn2(out_channels),
      stride_(stride),
      new_channels_(out_channels - in_channels) {
  check<ValueError>(new_channels_ >= 0, "PaddedBlock: {} channels cannot be padded to {}", in_channels, out_channels);
}

Tensor PaddedBlock::forward(const Tensor& x) {
  Tensor out = relu(bn1(conv1(x)));
  out = bn2(conv2(out));
  Tensor shortcut = x;
  if (stride_ != 1)
    shortcut = shortcut.index({Slice(), Slice(), Slice(None, None, stride_), Slice(None, None, stride_)});
  if (new_channels_ > 0)
    shortcut = nn::functional::pad(shortcut, {0, 0, 0, 0, new_channels_ / 2, new_channels_ - new_channels_ / 2});
  out += shortcut;
  return relu(out);
}

CifarResNet::CifarResNet(std::int64_t blocks, const CifarResNetOptions& options)
    : conv1(conv3x3(3, options.width)),
      bn1(options.width),
      layer1(make_layer<PaddedBlock>(options.width, options.width, blocks, 1)),
      layer2(make_layer<PaddedBlock>(options.width, 2 * options.width, blocks, 2)),
      layer3(make_layer<PaddedBlock>(2 * options.width, 4 * options.width, blocks, 2)),
      fc(4 * options.width, options.num_classes) {
  for (nn::ModuleBase* module : modules()) {
    if (auto* conv = module->as<nn::Conv2d>()) nn::init::kaiming_normal_(conv->weight);
    if (auto* linear = module->as<nn::Linear>()) nn::init::kaiming_normal_(linear->weight);
  }
}

Tensor CifarResNet::forward(const Tensor& input) {
  const Tensor x = relu(bn1(conv1(input)));
  return fc(flatten(avgpool(layer3(layer2(layer1(x)))), 1));
}

CifarResNet resnet20(const CifarResNetOptions& options) { return CifarResNet(3, options); }

}  // namespace cresset::models
