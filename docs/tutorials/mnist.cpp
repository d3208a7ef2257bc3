// The program of mnist.md.
#include "tutorial.h"
// snippet
#include <cresset/cresset.h>
#include <cresset/data.h>
#include <cresset/plot.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace cresset;
namespace F = nn::functional;
// end

// snippet
struct CNN : nn::Module {
  nn::Conv2d conv1{1, 32, 3, {.stride = 1, .padding = 1}};
  nn::Conv2d conv2{32, 64, 3, {.stride = 1, .padding = 1}};
  nn::MaxPool2d maxpool{2, 2};
  nn::Linear fc1{64 * 7 * 7, 128}, fc2{128, 10};
  CRESSET_MODULE(conv1, conv2, maxpool, fc1, fc2)

  Tensor forward(const Tensor& input) override {
    Tensor x = maxpool(F::relu(conv1(input)));  // [N, 32, 14, 14]
    x = maxpool(F::relu(conv2(x)));             // [N, 64, 7, 7]
    x = x.view({-1, 64 * 7 * 7});
    x = F::relu(fc1(x));
    return fc2(x);
  }
};
// end

// snippet
constexpr int kBatchSize = 64;
constexpr double kLearningRate = 0.01;
constexpr int kEpochs = 5;
// end

int main() {
  // snippet
  manual_seed(3);
  const Device device("cpu");
  // end
  // snippet
  const data::Compose transforms{data::ToTensor{}, data::Normalize{{0.1307}, {0.3081}}};
  data::MNIST mnist_dataset{"data", {.train = true, .transform = transforms, .download = true}};
  // end
  tutorial::shorten(mnist_dataset, 1600, 160);
  // snippet
  const int train_size = static_cast<int>(0.8 * mnist_dataset.size());
  const int val_size = mnist_dataset.size() - train_size;
  auto [train_dataset, val_dataset] = data::random_split(mnist_dataset, {train_size, val_size});

  data::DataLoader train_loader{train_dataset, {.batch_size = kBatchSize, .shuffle = true}};
  data::DataLoader val_loader{val_dataset, {.batch_size = kBatchSize, .shuffle = false}};
  std::printf("%d for training, %d for validation\n", train_size, val_size);
  tutorial::end_snippet();

  // snippet
  CNN model;
  model.to(device);
  nn::CrossEntropyLoss criterion;
  optim::Adam optimizer{model.parameters(), {.lr = kLearningRate}};
  print(model);
  tutorial::end_snippet();

  // snippet
  const auto validate = [&](CNN& net) {
    net.eval();
    double val_loss = 0;
    int correct = 0;
    NoGradGuard no_grad;
    for (auto [images, labels] : val_loader) {
      const Tensor target = labels.to(device);
      const Tensor output = net(images.to(device));
      val_loss += criterion(output, target).item();
      const Tensor pred = output.argmax(1, /*keepdim=*/true);
      correct += pred.eq(target.view_as(pred)).sum().item<int>();
    }
    val_loss /= val_size;
    std::printf("Validation set: Average loss: %.4f, Accuracy: %d/%d (%.0f%%)\n", val_loss, correct, val_size,
                100.0 * correct / val_size);
  };

  for (int i = 0; i < kEpochs; ++i) {
    model.train();
    auto progress = data::tqdm(train_loader, {.desc = "epoch " + std::to_string(i + 1)});
    for (auto [images, target] : progress) {
      optimizer.zero_grad();
      const Tensor output = model(images.to(device));
      const Tensor loss = criterion(output, target.to(device));
      loss.backward();
      optimizer.step();
      progress.set_postfix({{"loss", loss.item()}});
    }
    validate(model);
  }
  tutorial::end_snippet();

  // snippet
  save(model.state_dict(), "MnistCnn.safetensors");
  tutorial::end_snippet();

  // snippet
  CNN loaded;
  print(loaded.load_state_dict(load("MnistCnn.safetensors")));
  loaded.to(device);
  validate(loaded);
  tutorial::end_snippet();

  // snippet
  NoGradGuard no_grad;
  auto [images, labels] = *val_loader.begin();
  images = images.narrow(0, 0, 24);
  const Tensor predicted = loaded(images.to(device)).argmax(1).cpu();
  std::vector<plot::Caption> captions;
  for (int i = 0; i < 24; ++i) {
    const int is = labels[i].item<int>(), said = predicted[i].item<int>();
    captions.push_back({{std::to_string(said), said == is ? plot::kGreen : plot::kRed}});
  }
  plot::save_png(plot::draw_grid(images * 0.3081 + 0.1307, captions, {.columns = 12, .scale = 2}),
                 "mnist_predictions.png");
  tutorial::end_snippet();
}
