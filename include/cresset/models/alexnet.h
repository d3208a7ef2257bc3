// AlexNet.
#pragma once

#include <cresset/models/input_size.h>
#include <cresset/nn.h>

namespace cresset::models {

struct AlexNetOptions {
  std::int64_t num_classes = 1000;
  double dropout = 0.5;
  InputSize input = InputSize::imagenet;
};

// Krizhevsky 2014, as torchvision.models.alexnet, with its names: five convolutions, three fully connected layers;
// 61,100,840 parameters. [N, 3, H, W], 63x63 at the least, to logits [N, num_classes]. For CIFAR the first convolution
// is 5x5 with stride 1, the last pooling gives 3x3, and the fully connected layers have 1024 neurons; 5.9 million
// parameters.
// https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.alexnet.html
struct CRESSET_API AlexNet : nn::Module {
  explicit AlexNet(const AlexNetOptions& options = {});

  nn::Sequential features;
  nn::AdaptiveAvgPool2d avgpool;
  nn::Sequential classifier;
  CRESSET_DECLARE_MODULE(AlexNet)

  Tensor forward(const Tensor& x) override;
};

struct AlexNetSequentialOptions {
  std::int64_t in_channels = 1;
  std::int64_t num_classes = 10;
};

// An AlexNet of 2012's widths, all layers in one Sequential, so that a loop can look at each; one fully connected layer
// between the convolutions and the last. [N, in_channels, 224, 224] to logits [N, num_classes].
CRESSET_API nn::Sequential alexnet_sequential(const AlexNetSequentialOptions& options = {});

}  // namespace cresset::models
