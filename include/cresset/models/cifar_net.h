// A small convolutional network for 32x32 images.
#pragma once

#include <cresset/nn.h>

namespace cresset::models {

// LeNet-5's successor of the PyTorch tutorial "Training a Classifier": two 5x5 convolutions with ReLU and 2x2 max
// pooling, three fully connected layers; 62,006 parameters. [N, 3, 32, 32] to logits [N, 10].
struct CRESSET_API CifarNet : nn::Module {
  nn::Conv2d conv_1{3, 6, 5};
  nn::MaxPool2d pool{2, 2};
  nn::Conv2d conv_2{6, 16, 5};
  nn::Linear fc_1{16 * 5 * 5, 120}, fc_2{120, 84}, fc_3{84, 10};
  CRESSET_DECLARE_MODULE(CifarNet)

  Tensor forward(const Tensor& input) override;
};

}  // namespace cresset::models
