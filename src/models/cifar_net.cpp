#include <cresset/models/cifar_net.h>

#include "nn/define_module.h"

namespace cresset::models {

CRESSET_DEFINE_MODULE(CifarNet, conv_1, pool, conv_2, fc_1, fc_2, fc_3)

namespace F = nn::functional;

Tensor CifarNet::forward(const Tensor& input) {
  Tensor x = pool(F::relu(conv_1(input)));
  x = pool(F::relu(conv_2(x)));
  x = x.view({-1, 16 * 5 * 5});
  x = F::relu(fc_1(x));
  x = F::relu(fc_2(x));
  return fc_3(x);
}

}  // namespace cresset::models
