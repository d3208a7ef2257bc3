// Network in Network.
#pragma once

#include <cresset/models/input_size.h>
#include <cresset/nn.h>

namespace cresset::models {

// A convolution and two 1x1 convolutions, each with ReLU. `options` are those of the first.
CRESSET_API nn::Sequential nin_block(std::int64_t in_channels, std::int64_t out_channels, nn::Size2 kernel_size,
                                     const nn::Conv2dOptions& options = {});

struct NiNOptions {
  std::int64_t num_classes = 1000;
  double dropout = 0.5;
  std::int64_t in_channels = 3;
  InputSize input = InputSize::imagenet;
};

// Lin, Chen and Yan 2013 (https://arxiv.org/abs/1312.4400): blocks of nin_block, and the mean of each class's plane in
// place of fully connected layers. For ImageNet with the sizes of "Dive into Deep Learning", for CIFAR with those of
// the paper. [N, in_channels, H, W] to logits [N, num_classes].
struct CRESSET_API NiN : nn::Sequential {
  explicit NiN(const NiNOptions& options = {});
  CRESSET_DECLARE_MODULE(NiN)
};

}  // namespace cresset::models
