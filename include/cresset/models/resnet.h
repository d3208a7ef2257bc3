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

// As BasicBlock, but its shortcut has no parameters (option A of the paper): where the sizes differ, every stride-th
// row and column, with channels of zeros before and behind, half of the new ones each.
struct CRESSET_API PaddedBlock : nn::Module {
  // ValueError where there are fewer output than input channels.
  PaddedBlock(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride = 1);

  nn::Conv2d conv1;
  nn::BatchNorm2d bn1;
  nn::ReLU relu{{.inplace = true}};
  nn::Conv2d conv2;
  nn::BatchNorm2d bn2;
  CRESSET_DECLARE_MODULE(PaddedBlock)

  Tensor forward(const Tensor& x) override;

 private:
  std::int64_t stride_, new_channels_;
};

struct CifarResNetOptions {
  std::int64_t num_classes = 10;
  std::int64_t width = 16;  // channels of the first stage; the others have two and four times as many
};

// The networks of He et al. 2015, section 4.2, for CIFAR: a 3x3 convolution and three stages of `blocks` PaddedBlocks,
// 6 * blocks + 2 layers with weights. First weights as the paper's (He et al. 2015, arXiv:1502.01852, by fan_in).
// [N, 3, H, W] to logits [N, num_classes].
struct CRESSET_API CifarResNet : nn::Module {
  explicit CifarResNet(std::int64_t blocks, const CifarResNetOptions& options = {});

  nn::Conv2d conv1;
  nn::BatchNorm2d bn1;
  nn::ReLU relu{{.inplace = true}};
  nn::Sequential layer1, layer2, layer3;
  nn::AdaptiveAvgPool2d avgpool{{1, 1}};
  nn::Linear fc;
  CRESSET_DECLARE_MODULE(CifarResNet)

  Tensor forward(const Tensor& x) override;
};

// Three blocks a stage: 269,722 parameters.
CRESSET_API CifarResNet resnet20(const CifarResNetOptions& options = {});

}  // namespace cresset::models
