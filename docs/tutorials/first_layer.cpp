// The program of first_layer.md.
#include "tutorial.h"
// snippet
#include <cresset/cresset.h>
#include <cresset/data.h>
#include <cresset/plot.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

using namespace cresset;
// end

// snippet
struct ConvNet : nn::Module {
  nn::Sequential features, classifier;
  CRESSET_MODULE(features, classifier)

  ConvNet(int layer1_filter, bool repaired)
      : features{nn::Conv2d{3, layer1_filter, 3, {.padding = 2}},
                 nn::ReLU{},
                 nn::MaxPool2d{3, 2},

                 nn::Conv2d{layer1_filter, 384, 3, {.padding = 2}},
                 nn::ReLU{},
                 nn::MaxPool2d{3, 2},

                 nn::Conv2d{384, 384, 3},
                 nn::ReLU{},
                 nn::Conv2d{384, 256, 3},
                 nn::ReLU{}},
        classifier{nn::Linear{256 * 4 * 4, 4096}, nn::ReLU{}, nn::Linear{4096, 4096}, nn::ReLU{},
                   nn::Linear{4096, 10}} {
    if (repaired) return;
    classifier.push_back(nn::Dropout{});
    classifier.push_back(nn::Softmax{1});
  }

  Tensor forward(const Tensor& x) override {
    Tensor out = features(x);
    out = out.reshape({-1, 256 * 4 * 4});
    return classifier(out);
  }
};
// end

int main() {
  // snippet
  const Device device("cpu");
  // end
  // snippet
  const data::Compose transform{data::ToTensor{}, data::Normalize{{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}}};
  data::CIFAR10 all_images{"data", {.train = true, .transform = transform, .download = true}};
  data::CIFAR10 test_images{"data", {.train = false, .transform = transform, .download = true}};
  // end
  tutorial::shorten(all_images, 64);
  tutorial::shorten(test_images, 64);
  // snippet
  std::vector<std::int64_t> first(std::min<std::int64_t>(10000, all_images.size()));
  std::iota(first.begin(), first.end(), 0);
  data::DataLoader train_loader{data::Subset{all_images, first}, {.batch_size = 50, .shuffle = true}};
  data::DataLoader test_loader{test_images, {.batch_size = 100}};
  // end

  // snippet
  const auto train = [&](ConvNet net) {
    net.to(device);
    nn::CrossEntropyLoss cross_entropy;
    optim::Adam optimizer{net.parameters(), {.lr = 3e-4}};
    for (int epoch = 0; epoch < 2; ++epoch)
      for (auto [inputs, labels] : train_loader) {
        optimizer.zero_grad();
        cross_entropy(net(inputs.to(device)), labels.to(device)).backward();
        optimizer.step();
      }
    NoGradGuard no_grad;
    net.eval();
    int right = 0;
    for (auto [inputs, labels] : test_loader)
      right += (net(inputs.to(device)).argmax(1).cpu() == labels).sum().item<int>();
    return 100.0 * right / test_images.size();
  };
  // end

  // snippet
  manual_seed(0);
  const std::vector<int> widths{8, 24, 48, 96, 192};
  std::vector<std::string> names;
  plot::Bars as_found{.label = "Dropout and Softmax"}, repaired{.label = "repaired"};
  for (int width : widths) {
    as_found.values.push_back(train({width, /*repaired=*/false}));
    repaired.values.push_back(train({width, /*repaired=*/true}));
    names.push_back(std::to_string(width));
    std::printf("%3d kernels: %5.2f %%, repaired %5.2f %%\n", width, as_found.values.back(), repaired.values.back());
  }
  tutorial::end_snippet();

  // snippet
  plot::save_png(plot::draw(plot::BarChart{.title = "CIFAR-10, 10,000 images, 2 epochs",
                                           .x_label = "kernels of the first layer",
                                           .y_label = "test accuracy (percent)",
                                           .categories = names,
                                           .bars = {as_found, repaired},
                                           .decimals = 1}),
                 "first_layer.png");
  tutorial::end_snippet();
}
