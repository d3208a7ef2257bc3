// Small convolutional networks for 28x28 images of one channel.
#pragma once

#include <cresset/nn.h>

namespace cresset::models {

// Two blocks of a 3x3 convolution, ReLU and 2x2 max pooling, 1 to 16 to 32 channels, each block a Sequential, and one
// fully connected layer; 20,490 parameters. [N, 1, 28, 28] to logits [N, 10].
struct CRESSET_API MnistCnn : nn::Module {
  nn::Sequential conv1{nn::Conv2d{1, 16, 3, {.padding = 1}}, nn::ReLU{}, nn::MaxPool2d{2}};
  nn::Sequential conv2{nn::Conv2d{16, 32, 3, {.padding = 1}}, nn::ReLU{}, nn::MaxPool2d{2}};
  nn::Linear output{32 * 7 * 7, 10};
  CRESSET_DECLARE_MODULE(MnistCnn)

  Tensor forward(const Tensor& input) override;
};

// Two 3x3 convolutions, 1 to 32 to 64 channels, with ReLU and 2x2 max pooling, and two fully connected layers, 3136 to
// 128 to 10; 421,642 parameters. [N, 1, 28, 28] to logits [N, 10].
struct CRESSET_API MnistNet : nn::Module {
  nn::Conv2d conv1{1, 32, 3, {.stride = 1, .padding = 1}};
  nn::Conv2d conv2{32, 64, 3, {.stride = 1, .padding = 1}};
  nn::MaxPool2d maxpool{2, 2};
  nn::Linear fc1{64 * 7 * 7, 128}, fc2{128, 10};
  CRESSET_DECLARE_MODULE(MnistNet)

  Tensor forward(const Tensor& input) override;
};

}  // namespace cresset::models
