// A network whose first layer's width is the question.
#pragma once

#include <cresset/nn.h>

namespace cresset::models {

struct ConvNetOptions {
  std::int64_t num_classes = 10;
  // Ends in Dropout and Softmax, as the experiment on the number of first-layer kernels had it. The output is then
  // probabilities with holes, and cross-entropy, which takes the logarithm of a softmax itself, learns little from it.
  bool dropout_softmax = false;
};

// Four 3x3 convolutions, the first with `layer1_filter` kernels, and three fully connected layers; 36.2 million
// parameters with 96. [N, 3, 32, 32] to logits [N, num_classes]. The state_dict has the same names either way.
struct CRESSET_API ConvNet : nn::Module {
  explicit ConvNet(std::int64_t layer1_filter = 96, const ConvNetOptions& options = {});

  nn::Sequential features, classifier;
  CRESSET_DECLARE_MODULE(ConvNet)

  Tensor forward(const Tensor& input) override;
};

}  // namespace cresset::models
