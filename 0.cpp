#include <cresset/cresset.h>
#include <cresset/data.h>
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
  auto transform = data::Compose{data::ToTensor{}, data::Normalize{{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}}};
  data::CIFAR10 train_set{"data", {.train = true, .transform = transform, .download = true}};
  data::DataLoader train_loader{train_set, {.batch_size = 4, .shuffle = true, .num_workers = 2}};

  Nut model;
  nn::CrossEntropyLoss cross_entropy;
  optim::SGD opt{model.parameters(), {.lr = 0.001, .momentum = 0.9}};
  for (int epoch = 0; epoch < 2; ++epoch)
    for (auto [inputs, labels] : train_loader) {
      opt.zero_grad();
      Tensor loss = cross_entropy(model(inputs), labels);
      loss.backward();
      opt.step();
    }
  save(model.state_dict(), "cifar_net.safetensors");
}
