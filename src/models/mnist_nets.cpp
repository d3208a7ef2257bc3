#include <cresset/models/mnist_nets.h>

#include "nn/define_module.h"

namespace cresset::models {

CRESSET_DEFINE_MODULE(MnistCnn, conv1, conv2, output)
CRESSET_DEFINE_MODULE(MnistNet, conv1, conv2, maxpool, fc1, fc2)

namespace F = nn::functional;

Tensor MnistCnn::forward(const Tensor& input) {
  Tensor x = conv2(conv1(input));
  x = x.view({x.size(0), -1});
  return output(x);
}

Tensor MnistNet::forward(const Tensor& input) {
  Tensor x = maxpool(F::relu(conv1(input)));
  x = maxpool(F::relu(conv2(x)));
  x = x.view({-1, 64 * 7 * 7});
  x = F::relu(fc1(x));
  return fc2(x);
}

}  // namespace cresset::models
