// Fits a line: a module, a loss, an optimiser, from outside.
#include <cresset/cresset.h>

#include <cstdio>
using namespace cresset;

struct Line : nn::Module {
  nn::Linear fc{2, 1};
  CRESSET_MODULE(fc)

  Tensor forward(const Tensor& input) override { return fc(input); }
};

int main() {
  manual_seed(0);
  const Tensor x = randn({64, 2});
  const Tensor y = x.matmul(tensor({{2.0F}, {-3.0F}})) + 0.5;
  Line model;
  nn::MSELoss loss_of;
  optim::SGD opt{model.parameters(), {.lr = 0.1}};
  double first = 0, last = 0;
  for (int step = 0; step < 100; ++step) {
    opt.zero_grad();
    Tensor loss = loss_of(model(x), y);
    loss.backward();
    opt.step();
    (step == 0 ? first : last) = loss.item();
  }
  try {
    model(zeros({3, 5}));
    return 1;
  } catch (const ShapeError& error) {
    // The type must be known across the library's border.
    std::printf("%s\n", error.what());
  }
  const bool fell = last < first / 1000;
  std::printf("loss %s from %g to %g\n", fell ? "fell" : "did not fall", first, last);
  return fell ? 0 : 1;
}
