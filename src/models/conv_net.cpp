#include <cresset/models/conv_net.h>

#include "nn/define_module.h"

namespace cresset::models {

CRESSET_DEFINE_MODULE(ConvNet, features, classifier)

ConvNet::ConvNet(std::int64_t layer1_filter, const ConvNetOptions& options)
    : features{nn::Conv2d{3, layer1_filter, 3, {.padding = 2}},
               nn::ReLU{},
               nn::MaxPool2d{3, 2},

               nn::Conv2d{layer1_filter, 384, 3, {.padding = 2}},
               nn::ReLU{},
               nn::MaxPool2d{3, 2},

               nn::Conv2d{384, 384, 3},
               nn::ReLU{},
               nn::Conv2d{384, 256, 3},
               nn::ReLU{}},
      classifier{nn::Linear{256 * 4 * 4, 4096}, nn::ReLU{}, nn::Linear{4096, 4096}, nn::ReLU{},
                 nn::Linear{4096, options.num_classes}} {
  if (!options.dropout_softmax) return;
  classifier.push_back(nn::Dropout{});
  classifier.push_back(nn::Softmax{1});
}

Tensor ConvNet::forward(const Tensor& input) {
  const Tensor x = features(input);
  return classifier(x.reshape({-1, 256 * 4 * 4}));
}

}  // namespace cresset::models
