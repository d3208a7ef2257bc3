// VGG.
#pragma once

#include <cresset/models/input_size.h>
#include <cresset/nn.h>

namespace cresset::models {

enum class VGGDepth : std::uint8_t { vgg11, vgg16 };

struct VGGOptions {
  bool batch_norm = false;  // after each convolution
  std::int64_t num_classes = 1000;
  double dropout = 0.5;
  InputSize input = InputSize::imagenet;
};

// Simonyan and Zisserman 2014, configurations A and D, as torchvision.models.vgg11, vgg11_bn, vgg16 and vgg16_bn, with
// their names and first weights: 132,863,336 and 138,357,544 parameters without batch normalisation. [N, 3, H, W],
// 32x32 at the least, to logits [N, num_classes]. For CIFAR the pooling before the fully connected layers gives 1x1,
// not 7x7, and they have 512 neurons, not 4096; 9.8 and 15.2 million parameters.
// https://docs.pytorch.org/vision/stable/models/vgg.html
struct CRESSET_API VGG : nn::Module {
  explicit VGG(VGGDepth depth, const VGGOptions& options = {});

  nn::Sequential features;
  nn::AdaptiveAvgPool2d avgpool;
  nn::Sequential classifier;
  CRESSET_DECLARE_MODULE(VGG)

  Tensor forward(const Tensor& x) override;
};

// As the functions of torchvision.
CRESSET_API VGG vgg11(const VGGOptions& options = {});
CRESSET_API VGG vgg11_bn(VGGOptions options = {});
CRESSET_API VGG vgg16(const VGGOptions& options = {});
CRESSET_API VGG vgg16_bn(VGGOptions options = {});

// `num_convs` 3x3 convolutions with ReLU, and 2x2 max pooling.
CRESSET_API nn::Sequential vgg_block(std::int64_t num_convs, std::int64_t in_channels, std::int64_t out_channels);

struct VGGBlock {
  std::int64_t num_convs, out_channels;
};
struct VGGSequentialOptions {
  std::vector<VGGBlock> blocks = {{1, 64}, {1, 128}, {2, 256}, {2, 512}, {2, 512}};  // VGG-11
  std::int64_t in_channels = 1;
  std::int64_t num_classes = 10;
};

// A VGG in one Sequential of vgg_blocks and fully connected layers, so that a loop can look at each.
// [N, in_channels, 224, 224] to logits [N, num_classes] with five blocks.
CRESSET_API nn::Sequential vgg_sequential(const VGGSequentialOptions& options = {});

}  // namespace cresset::models
