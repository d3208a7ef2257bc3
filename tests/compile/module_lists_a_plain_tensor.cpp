// must not compile: CRESSET_MODULE lists modules, nn::Parameter, nn::Buffer
#include <cresset/cresset.h>

using namespace cresset;

struct Net : nn::Module {
  Tensor weight;
  CRESSET_MODULE(weight)
  Tensor forward(const Tensor& input) override { return input * weight; }
};
