// compiles
#include <cresset/cresset.h>

using namespace cresset;

int main() {
  nn::Conv2d a{3, 6, 5}, b{3, 6, {3, 5}, {.stride = {2, 1}, .padding = "same", .bias = false}};
  nn::MaxPool2d c{2}, d{2, 2}, e{{2, 3}}, f{2, {.padding = 1}}, g{2, 0}, g2{{2, 3}, {.stride = {1, 2}}};
  nn::AvgPool2d h{3, 2}, i{3, {.ceil_mode = true}};
  nn::Linear j{16 * 5 * 5, 120}, k{3, 4, {.bias = false, .dtype = kFloat64}};
  nn::Dropout l, m{0.3}, n{0};
  nn::ReLU o, p{{.inplace = true}};
  nn::CrossEntropyLoss q, r{{.label_smoothing = 0.1}};
  nn::BatchNorm2d s{6}, t{6, {.eps = 1e-3, .momentum = std::nullopt}};
  nn::Flatten u, v{0};
  nn::Sequential w, x{a, o}, y{{"conv", a}, {"act", nn::ReLU{}}}, z{nn::Linear{2, 2}};
  const nn::Sequential alias = x, nested{x, nn::Sequential{y}};
  optim::SGD sgd{a.parameters(), {.lr = 0.1, .momentum = 0.9}};
  optim::SGD groups{{{.params = a.parameters()}, {.params = b.parameters(), .lr = 1e-3}}, {.lr = 1e-2}};
  optim::Adam adam{{a.weight, a.bias}, {.betas = {0.9, 0.99}}};
  optim::AdamW adamw{a.parameters()};
  optim::StepLR step{sgd, 30, {.gamma = 0.5}};
  optim::OneCycleLR cycle{adam, 0.1, {.total_steps = 100}};
  sgd.param_groups()[0].lr = 0.01;
}
