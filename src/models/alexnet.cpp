#include <cresset/models/alexnet.h>

#include "nn/define_module.h"

namespace cresset::models {

CRESSET_DEFINE_MODULE(AlexNet, features, avgpool, classifier)
namespace {

constexpr nn::ReLUOptions kInplace{.inplace = true};

struct Sizes {
  std::int64_t kernel, stride, pooled, hidden;
};
Sizes sizes_for(InputSize input) { return input == InputSize::imagenet ? Sizes{11, 4, 6, 4096} : Sizes{5, 1, 3, 1024}; }

}  // namespace

AlexNet::AlexNet(const AlexNetOptions& options)
    : avgpool({sizes_for(options.input).pooled, sizes_for(options.input).pooled}) {
  const Sizes sizes = sizes_for(options.input);
  features = nn::Sequential{nn::Conv2d{3, 64, sizes.kernel, {.stride = sizes.stride, .padding = 2}},
                            nn::ReLU{kInplace},
                            nn::MaxPool2d{3, 2},
                            nn::Conv2d{64, 192, 5, {.padding = 2}},
                            nn::ReLU{kInplace},
                            nn::MaxPool2d{3, 2},
                            nn::Conv2d{192, 384, 3, {.padding = 1}},
                            nn::ReLU{kInplace},
                            nn::Conv2d{384, 256, 3, {.padding = 1}},
                            nn::ReLU{kInplace},
                            nn::Conv2d{256, 256, 3, {.padding = 1}},
                            nn::ReLU{kInplace},
                            nn::MaxPool2d{3, 2}};
  classifier = nn::Sequential{nn::Dropout{options.dropout},
                              nn::Linear{256 * sizes.pooled * sizes.pooled, sizes.hidden},
                              nn::ReLU{kInplace},
                              nn::Dropout{options.dropout},
                              nn::Linear{sizes.hidden, sizes.hidden},
                              nn::ReLU{kInplace},
                              nn::Linear{sizes.hidden, options.num_classes}};
}

Tensor AlexNet::forward(const Tensor& x) { return classifier(flatten(avgpool(features(x)), 1)); }

nn::Sequential alexnet_sequential(const AlexNetSequentialOptions& options) {
  return nn::Sequential{nn::Conv2d{options.in_channels, 96, 11, {.stride = 4, .padding = 1}},
                        nn::ReLU{},
                        nn::MaxPool2d{3, 2},
                        nn::Conv2d{96, 256, 5, {.padding = 2}},
                        nn::ReLU{},
                        nn::MaxPool2d{3, 2},
                        nn::Conv2d{256, 384, 3, {.padding = 1}},
                        nn::ReLU{},
                        nn::Conv2d{384, 384, 3, {.padding = 1}},
                        nn::ReLU{},
                        nn::Conv2d{384, 384, 3, {.padding = 1}},
                        nn::ReLU{},
                        nn::Conv2d{384, 256, 3, {.padding = 1}},
                        nn::ReLU{},
                        nn::MaxPool2d{3, 2},

                        nn::Flatten{},
                        nn::Linear{6400, 4096},
                        nn::ReLU{},
                        nn::Dropout{0.5},
                        nn::Linear{4096, options.num_classes}};
}

}  // namespace cresset::models
