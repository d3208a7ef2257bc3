// A one-file program that trains a module with LibTorch. tools/compare.py times its compilation at -O0 against
// train_module_cresset.cpp, its twin.
#include <torch/torch.h>

#include <cstdio>

namespace F = torch::nn::functional;

struct NetImpl : torch::nn::Module {
  torch::nn::Conv2d conv_1{torch::nn::Conv2dOptions(3, 6, 5)}, conv_2{torch::nn::Conv2dOptions(6, 16, 5)};
  torch::nn::MaxPool2d pool{torch::nn::MaxPool2dOptions(2).stride(2)};
  torch::nn::Linear fc_1{16 * 5 * 5, 120}, fc_2{120, 84}, fc_3{84, 10};

  NetImpl() {
    register_module("conv_1", conv_1);
    register_module("pool", pool);
    register_module("conv_2", conv_2);
    register_module("fc_1", fc_1);
    register_module("fc_2", fc_2);
    register_module("fc_3", fc_3);
  }

  torch::Tensor forward(torch::Tensor x) {
    x = pool(F::relu(conv_1(x)));
    x = pool(F::relu(conv_2(x)));
    x = x.view({-1, 16 * 5 * 5});
    x = F::relu(fc_1(x));
    x = F::relu(fc_2(x));
    return fc_3(x);
  }
};
TORCH_MODULE(Net);

int main() {
  torch::manual_seed(0);
  const torch::Tensor inputs = torch::randn({4, 3, 32, 32});
  const torch::Tensor labels = torch::randint(0, 10, {4}, torch::kInt64);
  Net model;
  torch::nn::CrossEntropyLoss cross_entropy;
  torch::optim::SGD opt(model->parameters(), torch::optim::SGDOptions(0.001).momentum(0.9));
  for (int step = 0; step < 10; ++step) {
    opt.zero_grad();
    torch::Tensor loss = cross_entropy(model(inputs), labels);
    loss.backward();
    opt.step();
    std::printf("%d %.4f\n", step, loss.item<double>());
  }
}
