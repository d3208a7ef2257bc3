// LeNet-5.
#pragma once

#include <cresset/nn.h>

namespace cresset::models {

enum class LeNetActivation : std::uint8_t { sigmoid, relu };
enum class LeNetPooling : std::uint8_t { max, average };

struct LeNetOptions {
  std::int64_t in_channels = 1;
  std::int64_t num_classes = 10;
  LeNetActivation activation = LeNetActivation::sigmoid;
  LeNetPooling pooling = LeNetPooling::max;
};

// LeCun et al. 1998, in the form of "Dive into Deep Learning": two 5x5 convolutions, each with an activation and 2x2
// pooling, in `conv`; three fully connected layers in `fc`. 61,706 parameters. [N, in_channels, 28, 28] to logits
// [N, num_classes]. `{.activation = LeNetActivation::relu}` is the usual form of today,
// `{.pooling = LeNetPooling::average}` that of 1998.
struct CRESSET_API LeNet : nn::Module {
  explicit LeNet(const LeNetOptions& options = {});

  nn::Sequential conv, fc;
  CRESSET_DECLARE_MODULE(LeNet)

  Tensor forward(const Tensor& img) override;
};

}  // namespace cresset::models
