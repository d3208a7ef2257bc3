// ResNet.
#pragma once

#include <cresset/models/input_size.h>
#include <cresset/nn.h>

namespace cresset::models {

// Two 3x3 convolutions with batch normalisation, whose output is added to the input; where the sizes differ, the input
// goes through a 1x1 convolution first.
struct CRESSET_API BasicBlock : nn::Module {
  BasicBlock(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride = 1);

  nn::Conv2d conv1;
  nn::BatchNorm2d bn1;
  nn::ReLU relu{{.inplace = true}};
  nn::Conv2d conv2;
  nn::BatchNorm2d bn2;
  std::optional<nn::Sequential> downsample;
  CRESSET_DECLARE_MODULE(BasicBlock)

  Tensor forward(const Tensor& x) override;
};

struct ResNetOptions {
  std::int64_t num_classes = 1000;
  // Each block's last batch normalisation starts with weight 0, so that the block starts as its input.
  bool zero_init_residual = false;
  InputSize input = InputSize::imagenet;
};

// He et al. 2015 (https://arxiv.org/abs/1512.03385) from BasicBlocks, as torchvision's class of the same name, with its
// names and first weights. `layers` is the number of blocks with 64, 128, 256 and 512 channels. [N, 3, H, W] to logits
// [N, num_classes]. For CIFAR the first convolution is 3x3 with stride 1, and no pooling follows it.
struct CRESSET_API ResNet : nn::Module {
  explicit ResNet(const std::array<std::int64_t, 4>& layers, const ResNetOptions& options = {});

  nn::Conv2d conv1;
  nn::BatchNorm2d bn1{64};
  nn::ReLU relu{{.inplace = true}};
  // none: for CIFAR
  std::optional<nn::MaxPool2d> maxpool;
  nn::Sequential layer1, layer2, layer3, layer4;
  nn::AdaptiveAvgPool2d avgpool{{1, 1}};
  nn::Linear fc;
  CRESSET_DECLARE_MODULE(ResNet)

  Tensor forward(const Tensor& x) override;
};

// 11,689,512 parameters; for CIFAR with 10 classes 11,173,962.
// https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.resnet18.html
CRESSET_API ResNet resnet18(const ResNetOptions& options = {});

}  // namespace cresset::models
