// compiles
#include <cresset/cresset.h>

using namespace cresset;

template <class Block>
struct Twice : nn::Module {
  Block block;
  CRESSET_MODULE(block)
  Tensor forward(const Tensor& input) override { return block(block(input)); }
};

int main() {
  struct Local : nn::Module {
    nn::Linear fc{2, 2};
    CRESSET_MODULE(fc);
    Tensor forward(const Tensor& input) override { return fc(input); }
  };
  auto make = [] {
    struct InLambda final : nn::ModuleOf<int(int)> {
      nn::Buffer members{zeros({1})}, list{zeros({1})};
      CRESSET_MODULE(members, list)
      int forward(int x) override { return x; }
    };
    return InLambda();
  };
  Twice<Local> net;
  Twice<Local> copy = net.clone();
  return make()(copy.parameters().size() == 2 ? 0 : 1);
}
