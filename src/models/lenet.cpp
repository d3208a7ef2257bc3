#include <cresset/models/lenet.h>

#include "nn/define_module.h"

namespace cresset::models {

CRESSET_DEFINE_MODULE(LeNet, conv, fc)
namespace {

// All but the batch, as the network's first published form in PyTorch printed it: `Flatten()`.
struct Flatten : nn::Module {
  CRESSET_MODULE()
  Tensor forward(const Tensor& x) override { return x.view({x.size(0), -1}); }
};

void add_activation(nn::Sequential& layers, LeNetActivation activation) {
  if (activation == LeNetActivation::sigmoid)
    layers.push_back(nn::Sigmoid{});
  else
    layers.push_back(nn::ReLU{});
}

void add_pooling(nn::Sequential& layers, LeNetPooling pooling) {
  if (pooling == LeNetPooling::max)
    layers.push_back(nn::MaxPool2d{2, 2});
  else
    layers.push_back(nn::AvgPool2d{2, 2});
}

}  // namespace

LeNet::LeNet(const LeNetOptions& options) {
  conv.push_back(nn::Conv2d{options.in_channels, 6, 5, {.padding = 2}});
  add_activation(conv, options.activation);
  add_pooling(conv, options.pooling);
  conv.push_back(nn::Conv2d{6, 16, 5});
  add_activation(conv, options.activation);
  add_pooling(conv, options.pooling);

  fc.push_back(Flatten{});
  fc.push_back(nn::Linear{16 * 5 * 5, 120});
  add_activation(fc, options.activation);
  fc.push_back(nn::Linear{120, 84});
  add_activation(fc, options.activation);
  fc.push_back(nn::Linear{84, options.num_classes});
}

Tensor LeNet::forward(const Tensor& img) { return fc(conv(img)); }

}  // namespace cresset::models
