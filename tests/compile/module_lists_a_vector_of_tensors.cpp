// must not compile: CRESSET_MODULE lists modules, nn::Parameter, nn::Buffer
#include <cresset/cresset.h>

using namespace cresset;

struct Net : nn::Module {
  std::vector<Tensor> weights;
  CRESSET_MODULE(weights)
  Tensor forward(const Tensor& input) override { return input; }
};
