// The program of lenet.md.
#include "tutorial.h"
// snippet
#include <cresset/cresset.h>
#include <cresset/data.h>
#include <cresset/plot.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

using namespace cresset;
// end

// snippet
Tensor corr2d(const Tensor& X, const Tensor& K) {
  const std::int64_t h = K.size(0), w = K.size(1);
  const Tensor Y = zeros({X.size(0) - h + 1, X.size(1) - w + 1});
  for (int i = 0; i < Y.size(0); ++i)
    for (int j = 0; j < Y.size(1); ++j) Y.index({i, j}) = (X.index({Slice(i, i + h), Slice(j, j + w)}) * K).sum();
  return Y;
}
// end

// snippet
struct Conv2D : nn::Module {
  explicit Conv2D(const Shape& kernel_size) : weight(randn(kernel_size)), bias(randn({1})) {}

  nn::Parameter weight, bias;
  CRESSET_MODULE(weight, bias)

  Tensor forward(const Tensor& x) override { return corr2d(x, weight) + bias; }
};
// end

void learning_a_kernel() {
  // snippet
  Tensor X = ones({6, 8});
  X.index({Slice(), Slice(2, 6)}) = 0;
  Tensor K = tensor({{1000, -0.1}});
  const Tensor Y = corr2d(X, K);
  print(X);
  print(K);
  print(Y);
  tutorial::end_snippet();

  // snippet
  Conv2D conv2d({1, 2});
  conv2d.weight.set_data(tensor({{0.5, -0.25}}));
  conv2d.bias.set_data(tensor({0.125}));
  // end
  // snippet
  const int step = 100;
  const double lr = 0.01;

  for (int i = 0; i < step; ++i) {
    const Tensor Y_hat = conv2d(X);
    const Tensor l = (Y_hat - Y).pow(2).sum();
    l.backward();

    // gradient descent
    conv2d.weight.data() -= lr * conv2d.weight.grad();
    conv2d.bias.data() -= lr * conv2d.bias.grad();

    // gradients to 0
    conv2d.weight.grad().fill_(0);
    conv2d.bias.grad().fill_(0);

    if ((i + 1) % 5 == 0) std::printf("Step %d, loss %.3f\n", i + 1, l.item());
  }
  tutorial::end_snippet();

  // snippet
  print(conv2d.weight.data());
  print(conv2d.bias.data());
  tutorial::end_snippet();
}

// snippet
// Adds the dimensions of batch and channels before the layer, and takes them away behind it.
Tensor comp_conv2d(nn::Conv2d& conv2d, const Tensor& X) {
  const Tensor Y = conv2d(X.view({1, 1, X.size(0), X.size(1)}));
  return Y.view({Y.size(2), Y.size(3)});
}
// end

void padding() {
  // snippet
  manual_seed(0);
  nn::Conv2d padded{1, 1, 3, {.padding = 1}};
  const Tensor X = rand({8, 8});
  print(comp_conv2d(padded, X).shape());
  print(padded);
  tutorial::end_snippet();
}

// snippet
Tensor corr2d_multi_in(const Tensor& X, const Tensor& K) {
  const Tensor res = corr2d(X[0], K[0]);
  for (int i = 1; i < X.size(0); ++i) res += corr2d(X[i], K[i]);
  return res;
}
// end

void channels() {
  // snippet
  const Tensor X = tensor({{{0, 1, 2}, {3, 4, 5}, {6, 7, 8}}, {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}});
  Tensor K = tensor({{{0, 1}, {2, 3}}, {{1, 2}, {3, 4}}});
  print(X);
  print(K);
  print(K.shape());
  print(corr2d_multi_in(X, K));
  tutorial::end_snippet();

  // snippet
  const auto corr2d_multi_in_out = [](const Tensor& X, const Tensor& K) {
    std::vector<Tensor> planes;
    for (const Tensor k : K) planes.push_back(corr2d_multi_in(X, k));
    return stack(planes);
  };
  // end
  // snippet
  K = stack({K, K + 1, K + 2});
  print(K.shape());
  print(corr2d_multi_in_out(X, K));
  tutorial::end_snippet();
}

// snippet
Tensor pool2d(const Tensor& input, int p_h, int p_w, const std::string& mode = "max") {
  const Tensor X = input.to_float();
  const Tensor Y = zeros({X.size(0) - p_h + 1, X.size(1) - p_w + 1});
  for (int i = 0; i < Y.size(0); ++i)
    for (int j = 0; j < Y.size(1); ++j) {
      const Tensor window = X.index({Slice(i, i + p_h), Slice(j, j + p_w)});
      Y.index({i, j}) = mode == "max" ? window.max() : window.mean();
    }
  return Y;
}
// end

void pooling() {
  // snippet
  const Tensor X = tensor({{0, 1, 2}, {3, 4, 5}, {6, 7, 8}});
  print(pool2d(X, 2, 2));
  print(pool2d(X, 2, 2, "avg"));
  tutorial::end_snippet();
}

// snippet
struct Flatten : nn::Module {
  CRESSET_MODULE()
  Tensor forward(const Tensor& x) override { return x.view({x.size(0), -1}); }
};

struct LeNet : nn::Module {
  nn::Sequential conv{
      nn::Conv2d{1, 6, 5, {.padding = 2}},  // in_channels, out_channels, kernel_size
      nn::Sigmoid{},
      nn::MaxPool2d{2, 2},  // kernel_size, stride

      nn::Conv2d{6, 16, 5},
      nn::Sigmoid{},
      nn::MaxPool2d{2, 2},
  };
  nn::Sequential fc{
      Flatten{}, nn::Linear{16 * 5 * 5, 120}, nn::Sigmoid{}, nn::Linear{120, 84}, nn::Sigmoid{}, nn::Linear{84, 10},
  };
  CRESSET_MODULE(conv, fc)

  Tensor forward(const Tensor& img) override { return fc(conv(img)); }
};
// end

void network() {
  // snippet
  print(LeNet());
  tutorial::end_snippet();
}

// snippet
using Loader = data::DataLoader<data::FashionMNIST>;

double evaluate_accuracy(const Loader& data_iter, LeNet& net) {
  const Device device = net.parameters()[0].device();
  double acc_sum = 0, n = 0;
  NoGradGuard no_grad;
  net.eval();  // switches dropout off, where there is any
  for (auto [X, y] : data_iter) {
    acc_sum += (net(X.to(device)).argmax(1) == y.to(device)).to_float().sum().cpu().item();
    n += y.size(0);
  }
  net.train();
  return acc_sum / n;
}
// end

// snippet
void train_cnn(LeNet& net, const Loader& train_iter, const Loader& test_iter, optim::Optimizer& optimizer,
               const Device& device, int num_epochs) {
  net.to(device);
  std::printf("training on %s\n", device.str().c_str());

  nn::CrossEntropyLoss loss;
  for (int epoch = 0; epoch < num_epochs; ++epoch) {
    double train_l_sum = 0, train_acc_sum = 0, n = 0, batch_count = 0;
    const auto start = std::chrono::steady_clock::now();
    for (auto [inputs, labels] : train_iter) {
      const Tensor X = inputs.to(device), y = labels.to(device);
      const Tensor y_hat = net(X);
      const Tensor l = loss(y_hat, y);
      optimizer.zero_grad();
      l.backward();
      optimizer.step();
      train_l_sum += l.cpu().item();
      train_acc_sum += (y_hat.argmax(1) == y).sum().cpu().item();
      n += y.size(0);
      batch_count += 1;
    }
    const double test_acc = evaluate_accuracy(test_iter, net);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    std::printf("epoch %d, loss %.4f, train acc %.3f, test acc %.3f, time %.1f sec\n", epoch + 1,
                train_l_sum / batch_count, train_acc_sum / n, test_acc, time.count());
  }
}
// end

int main() {
  learning_a_kernel();
  padding();
  channels();
  pooling();
  network();
  // snippet
  const Device device("cpu");
  // end
  // snippet
  const int batch_size = 256;
  data::FashionMNIST train_set{"data", {.train = true, .transform = data::ToTensor{}, .download = true}};
  data::FashionMNIST test_set{"data", {.train = false, .transform = data::ToTensor{}, .download = true}};
  // end
  tutorial::shorten(train_set, 640, 256);
  tutorial::shorten(test_set, 256);
  // snippet
  const Loader train_iter{train_set, {.batch_size = batch_size, .shuffle = true}};
  const Loader test_iter{test_set, {.batch_size = batch_size}};
  // end
  // snippet
  LeNet net;
  for (auto [images, labels] : train_iter) {
    print(images.shape());
    print(labels.shape());
    print(net(images));
    break;
  }
  tutorial::end_snippet();

  // snippet
  const int num_epochs = 5;
  optim::Adam optimizer{net.parameters(), {.lr = 0.001}};
  train_cnn(net, train_iter, test_iter, optimizer, device, num_epochs);
  tutorial::end_snippet();

  // snippet
  auto [images, labels] = *Loader{test_set, {.batch_size = 16}}.begin();
  const Tensor said = net(images.to(device)).argmax(1).cpu();
  std::vector<plot::Caption> captions;
  for (int i = 0; i < 16; ++i) {
    const int is = labels[i].item<int>(), was = said[i].item<int>();
    captions.push_back({{test_set.classes[was], was == is ? plot::kGreen : plot::kRed}});
  }
  plot::save_png(plot::draw_grid(images, captions, {.columns = 8, .scale = 3}), "lenet_predictions.png");
  tutorial::end_snippet();
}
