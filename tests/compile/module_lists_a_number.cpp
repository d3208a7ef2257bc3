// must not compile: CRESSET_MODULE lists modules, nn::Parameter, nn::Buffer
#include <cresset/cresset.h>

using namespace cresset;

struct Net : nn::Module {
  int width = 3;
  CRESSET_MODULE(width)
  Tensor forward(const Tensor& input) override { return input; }
};
