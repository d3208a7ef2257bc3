// A one-file program that trains a module with cresset. tools/compare.py times its compilation at -O0 against
// train_module_torch.cpp, its twin.
#include <cresset/cresset.h>

#include <cstdio>

using namespace cresset;
namespace F = nn::functional;

struct Net : nn::Module {
  nn::Conv2d conv_1{3, 6, 5};
  nn::MaxPool2d pool{2, 2};
  nn::Conv2d conv_2{6, 16, 5};
  nn::Linear fc_1{16 * 5 * 5, 120}, fc_2{120, 84}, fc_3{84, 10};
  CRESSET_MODULE(conv_1, pool, conv_2, fc_1, fc_2, fc_3)

  Tensor forward(const Tensor& input) override {
    Tensor x = pool(F::relu(conv_1(input)));
    x = pool(F::relu(conv_2(x)));
    x = x.view({-1, 16 * 5 * 5});
    x = F::relu(fc_1(x));
    x = F::relu(fc_2(x));
    return fc_3(x);
  }
};

int main() {
  manual_seed(0);
  const Tensor inputs = randn({4, 3, 32, 32});
  const Tensor labels = randint(0, 10, {4});
  Net model;
  nn::CrossEntropyLoss cross_entropy;
  optim::SGD opt{model.parameters(), {.lr = 0.001, .momentum = 0.9}};
  for (int step = 0; step < 10; ++step) {
    opt.zero_grad();
    Tensor loss = cross_entropy(model(inputs), labels);
    loss.backward();
    opt.step();
    std::printf("%d %.4f\n", step, loss.item());
  }
}
