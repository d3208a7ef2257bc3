// The program of cifar10.md.
#include "tutorial.h"
// snippet
#include <cresset/cresset.h>
#include <cresset/data.h>
#include <cresset/export_onnx.h>
#include <cresset/plot.h>
#include <cresset/plot/image_grid.h>
#include <cresset/plot/terminal.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

using namespace cresset;
namespace F = nn::functional;
// end

void by_hand() {
  // snippet
  const std::int64_t features = 224 * 224 * 3, neurons = 1024;
  std::printf("%lld inputs, %.0f million weights\n", static_cast<long long>(features), 1e-6 * features * neurons);
  tutorial::end_snippet();

  // snippet
  Tensor X = full({9, 9}, -1.0);
  for (int i = 1; i < 8; ++i) {
    X.index({i, i}) = 1;
    X.index({i, 8 - i}) = 1;
  }
  print(X);
  tutorial::end_snippet();

  // snippet
  const Tensor falling = tensor({{1., -1., -1.}, {-1., 1., -1.}, {-1., -1., 1.}});
  const Tensor crossing = tensor({{1., -1., 1.}, {-1., 1., -1.}, {1., -1., 1.}});
  const Tensor rising = tensor({{-1., -1., 1.}, {-1., 1., -1.}, {1., -1., -1.}});
  const Tensor filters = stack({falling, crossing, rising}).unsqueeze(1);  // [out_channels, in_channels, 3, 3]
  const Tensor found = F::conv2d(X.view({1, 1, 9, 9}), filters) / 9;
  print(found.shape());
  print(found[0][0]);
  tutorial::end_snippet();

  // snippet
  const Tensor active = F::relu(found);
  print(active[0][0]);
  tutorial::end_snippet();

  // snippet
  print(F::conv2d(X.view({1, 1, 9, 9}), filters, {}, {.padding = "same"}).shape());
  tutorial::end_snippet();

  // snippet
  print(F::max_pool2d(active, 2, {.ceil_mode = true})[0][0]);
  tutorial::end_snippet();
}

// snippet
// Shows an image whose values are from -1 to 1.
void imshow(const Tensor& image, const std::string& path) {
  const Tensor unnormalized = image / 2 + 0.5;
  plot::save_image(unnormalized, path);
  plot::show(plot::picture(unnormalized, 3));
}
// end

int main() {
  by_hand();
  // snippet
  manual_seed(0);
  const Device device("cpu");
  // end
  // snippet
  const data::Compose transform{data::ToTensor{}, data::Normalize{{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}}};
  const int batch_size = 4;
  // end
  // snippet
  data::CIFAR10 train_set{"data", {.train = true, .transform = transform, .download = true}};
  // end
  tutorial::shorten(train_set, 8192);
  // snippet
  data::DataLoader train_loader{train_set, {.batch_size = batch_size, .shuffle = true, .num_workers = 2}};
  // end
  // snippet
  data::CIFAR10 test_set{"data", {.train = false, .transform = transform, .download = true}};
  // end
  tutorial::shorten(test_set, 1000);
  // snippet
  data::DataLoader test_loader{test_set, {.batch_size = batch_size, .shuffle = false, .num_workers = 2}};
  // end
  // snippet
  const char* classes[] = {"plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
  // end
  // snippet
  {
    auto [images, labels] = *train_loader.begin();
    imshow(plot::make_grid(images), "cifar10_training_images.png");
    std::printf("First batch:");
    for (int j = 0; j < batch_size; ++j) std::printf(" %5s", classes[labels[j].item<int>()]);
    std::printf("\n");
  }
  tutorial::end_snippet();

  // snippet
  struct Net : nn::Module {
    nn::Conv2d conv_1{3, 6, 5};
    nn::MaxPool2d pool{2, 2};
    nn::Conv2d conv_2{6, 16, 5};
    nn::Linear fc_1{16 * 5 * 5, 120}, fc_2{120, 84}, fc_3{84, 10};
    CRESSET_MODULE(conv_1, pool, conv_2, fc_1, fc_2, fc_3)

    Tensor forward(const Tensor& input) override {
      Tensor x = pool(F::relu(conv_1(input)));  // [N, 6, 14, 14]
      x = pool(F::relu(conv_2(x)));             // [N, 16, 5, 5]
      x = x.view({-1, 16 * 5 * 5});
      x = F::relu(fc_1(x));
      x = F::relu(fc_2(x));
      return fc_3(x);
    }
  };
  // end
  // snippet
  Net model;
  model.to(device);
  // end
  // snippet
  nn::CrossEntropyLoss cross_entropy;
  optim::SGD opt{model.parameters(), {.lr = 0.001, .momentum = 0.9}};
  // end
  // snippet
  for (int epoch = 0; epoch < 2; ++epoch) {
    double running_loss = 0;
    for (auto [i, batch] : data::enumerate(train_loader)) {
      auto [inputs, labels] = batch;
      opt.zero_grad();

      const Tensor outputs = model(inputs.to(device));
      const Tensor loss = cross_entropy(outputs, labels.to(device));
      loss.backward();
      opt.step();

      running_loss += loss.item();
      if (i % 2000 == 1999) {
        std::printf("[%d, %5d] loss: %.3f\n", epoch + 1, static_cast<int>(i) + 1, running_loss / 2000);
        running_loss = 0;
      }
    }
  }
  tutorial::end_snippet();

  // snippet
  const Tensor dummy_input = randn({4, 3, 32, 32}, {.device = device});
  export_onnx(model, dummy_input, "cifar10_demo.onnx", {.input_names = {"image"}, .output_names = {"classes"}});
  std::printf("cifar10_demo.onnx: %.0f kB\n", std::filesystem::file_size("cifar10_demo.onnx") / 1000.0);
  tutorial::end_snippet();

  // snippet
  export_onnx(model, dummy_input, "cifar10_demo.onnx",
              {.input_names = {"image"},
               .output_names = {"classes"},
               .opset_version = 17,
               .dynamic_axes = {{"image", {{0, "batch"}}}, {"classes", {{0, "batch"}}}}});
  // end
  // snippet
  auto data_iter = test_loader.begin();
  auto [images, labels] = *data_iter;
  // end
  // snippet
  imshow(plot::make_grid(images), "cifar10_test_images.png");
  std::printf("GroundTruth:");
  for (int j = 0; j < batch_size; ++j) std::printf(" %5s", classes[labels[j].item<int>()]);
  std::printf("\n");
  tutorial::end_snippet();

  // snippet
  const Tensor outputs = model(images.to(device));
  auto [largest, predicted] = max(outputs, 1);
  std::printf("Predicted:");
  for (int j = 0; j < batch_size; ++j) std::printf(" %5s", classes[predicted[j].item<int>()]);
  std::printf("\n");
  tutorial::end_snippet();

  // snippet
  int correct = 0, total = 0;
  {
    NoGradGuard no_grad;
    for (auto [images, labels] : test_loader) {
      const Tensor outputs = model(images.to(device));
      auto [largest, predicted] = max(outputs.data(), 1);
      total += labels.size(0);
      correct += (predicted == labels.to(device)).sum().item<int>();
    }
  }
  std::printf("Accuracy of the network on the %d test images: %d %%\n", total, 100 * correct / total);
  tutorial::end_snippet();

  // snippet
  std::vector<double> class_correct(10, 0.0), class_total(10, 0.0);
  {
    NoGradGuard no_grad;
    for (auto [images, labels] : test_loader) {
      const Tensor outputs = model(images.to(device));
      auto [largest, predicted] = max(outputs, 1);
      const Tensor c = (predicted.cpu() == labels).squeeze();
      for (int i = 0; i < batch_size; ++i) {
        const int label = labels[i].item<int>();
        class_correct[label] += c[i].item();
        class_total[label] += 1;
      }
    }
  }
  for (int i = 0; i < 10; ++i)
    std::printf("Accuracy of %5s : %2.0f %%\n", classes[i], 100 * class_correct[i] / class_total[i]);
  tutorial::end_snippet();

  // snippet
  auto [shown, shown_labels] = *data::DataLoader{test_set, {.batch_size = 20}}.begin();
  const Tensor said = model(shown.to(device)).argmax(1).cpu();
  std::vector<plot::Caption> captions;
  for (int i = 0; i < 20; ++i) {
    const int is = shown_labels[i].item<int>(), was = said[i].item<int>();
    captions.push_back({{classes[was], was == is ? plot::kGreen : plot::kRed}});
  }
  plot::save_png(plot::draw_grid(shown / 2 + 0.5, captions, {.columns = 10, .scale = 2}), "cifar10_predictions.png");
  tutorial::end_snippet();
}
