// must not compile: a module is a handle and copies as an alias
#include <cresset/cresset.h>

using namespace cresset;

struct Net : nn::Module {
  std::unique_ptr<int> cache;
  CRESSET_MODULE()
  Tensor forward(const Tensor& input) override { return input; }
};
