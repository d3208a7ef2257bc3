// The program of convolution.md.
#include "tutorial.h"
// snippet
#include <cresset/cresset.h>
#include <cresset/data.h>
#include <cresset/nn/output_size.h>
#include <cresset/plot.h>

#include <cstdio>
#include <vector>

using namespace cresset;
namespace F = nn::functional;
// end

// What a convolution computes.
void from_the_ground() {
  // snippet
  manual_seed(0);
  const nn::Linear dense{224 * 224, 100, {.bias = false}};
  const nn::Conv2d kernel{1, 1, 5, {.bias = false}};
  const auto size = nn::conv2d_output_size(224, 5);
  const nn::Linear behind{size.h * size.w, 100, {.bias = false}};
  std::printf("every pixel to 100 neurons:  %ld weights\n", dense.weight.numel());
  std::printf("one 5x5 kernel:              %ld weights, output %ldx%ld\n", kernel.weight.numel(), size.h, size.w);
  std::printf("that output to 100 neurons:  %ld weights\n", behind.weight.numel());
  tutorial::end_snippet();

  // snippet
  const Tensor X = arange(9.).reshape({3, 3});
  const Tensor W = arange(4.).reshape({2, 2});
  print(X);
  print(W);
  print(F::conv2d(X.reshape({1, 1, 3, 3}), W.reshape({1, 1, 2, 2})).reshape({2, 2}));
  tutorial::end_snippet();

  // snippet
  for (int k : {1, 3, 5, 7, 11}) {
    const auto same = nn::conv2d_output_size(32, k, {.padding = (k - 1) / 2});
    std::printf("kernel %2dx%-2d padding %d: 32x32 stays %ldx%ld\n", k, k, (k - 1) / 2, same.h, same.w);
  }
  tutorial::end_snippet();

  // snippet
  const auto layers_until = [](std::int64_t n, std::int64_t goal, int stride) {
    int layers = 0;
    for (; n > goal; ++layers) n = nn::conv2d_output_size(n, 5, {.stride = stride}).h;
    std::printf("stride %d: %2d layers of 5x5 from 224 to %ld, %4d weights\n", stride, layers, n, layers * 5 * 5);
  };
  layers_until(224, 4, 1);
  layers_until(224, 4, 2);
  tutorial::end_snippet();

  // snippet
  int compared = 0, equal = 0;
  for (int n : {7, 8, 13})
    for (int k : {1, 2, 3, 5})
      for (int stride : {1, 2, 3})
        for (int padding : {0, 1, 2})
          for (int dilation : {1, 2}) {
            if (n + 2 * padding < dilation * (k - 1) + 1) continue;  // the kernel does not fit
            const F::Conv2dOptions options{.stride = stride, .padding = padding, .dilation = dilation};
            const Tensor out = F::conv2d(zeros({1, 1, n, n}), zeros({1, 1, k, k}), {}, options);
            const auto formula = nn::conv2d_output_size(n, k, options);
            ++compared;
            equal += out.size(2) == formula.h && out.size(3) == formula.w;
          }
  std::printf("%d combinations, the formula is right for %d\n", compared, equal);
  tutorial::end_snippet();

  // snippet
  nn::Conv2d conv{2, 1, 3};
  print(conv.weight);
  print(conv.bias);
  tutorial::end_snippet();

  // snippet
  conv.weight.data().zero_();
  conv.bias.data().zero_();
  print(conv.weight);
  print(conv.bias);
  tutorial::end_snippet();

  // snippet
  const Tensor x = arange(1., 49.).reshape({1, 3, 4, 4});
  print(x);
  tutorial::end_snippet();

  // snippet
  nn::Conv2d zero_padded{3, 3, 1, {.stride = 1, .padding = 1, .padding_mode = nn::PaddingMode::zeros}};
  const Tensor out = zero_padded(x);
  print(out);
  tutorial::end_snippet();

  // snippet
  const Tensor re = out - zero_padded.bias.reshape({3, 1, 1});
  print(re);
  tutorial::end_snippet();

  // snippet
  nn::Conv2d reflecting{3, 3, 1, {.padding = 1, .bias = false, .padding_mode = nn::PaddingMode::reflect}};
  reflecting.weight.set_data(ones({3, 3, 1, 1}));
  print(reflecting(x)[0][0]);
  tutorial::end_snippet();

  // snippet
  nn::Conv2d replicating{3, 3, 1, {.padding = 1, .bias = false, .padding_mode = nn::PaddingMode::replicate}};
  replicating.weight.set_data(ones({3, 3, 1, 1}));
  print(replicating(x)[0][0]);
  tutorial::end_snippet();

  // snippet
  nn::Conv2d circular{3, 3, 1, {.padding = 1, .bias = false, .padding_mode = nn::PaddingMode::circular}};
  circular.weight.set_data(ones({3, 3, 1, 1}));
  print(circular(x)[0][0]);
  tutorial::end_snippet();
}

// snippet
struct CNN : nn::Module {
  // [1, 28, 28]
  nn::Sequential conv1{nn::Conv2d{1, 16, 3, {.padding = 1}}, nn::ReLU{}, nn::MaxPool2d{2}};
  // [16, 14, 14]
  nn::Sequential conv2{nn::Conv2d{16, 32, 3, {.padding = 1}}, nn::ReLU{}, nn::MaxPool2d{2}};
  // [32, 7, 7]
  nn::Linear output{32 * 7 * 7, 10};
  CRESSET_MODULE(conv1, conv2, output)

  Tensor forward(const Tensor& input) override {
    Tensor x = conv1(input);
    x = conv2(x);
    x = x.view({x.size(0), -1});  // a row for each image
    return output(x);
  }
};
// end

int main() {
  from_the_ground();

  // snippet
  const double learning_rate = 1e-3;
  const int epochs = 10, batch_size = 64;
  data::MNIST train_data{"data", {.train = true, .transform = data::ToTensor{}, .download = true}};
  data::MNIST test_data{"data", {.train = false, .transform = data::ToTensor{}, .download = true}};
  // end
  tutorial::shorten(train_data, 1600);
  tutorial::shorten(test_data, 320);
  // snippet
  data::DataLoader train_loader{train_data, {.batch_size = batch_size, .shuffle = true, .num_workers = 3}};
  data::DataLoader test_loader{test_data, {.batch_size = batch_size, .shuffle = false, .num_workers = 3}};
  // end

  // snippet
  const Tensor digit = train_data.get(0).image;
  std::vector<Tensor> padded;
  for (auto mode :
       {nn::PaddingMode::zeros, nn::PaddingMode::reflect, nn::PaddingMode::replicate, nn::PaddingMode::circular})
    padded.push_back(F::pad(digit.narrow(1, 6, 16).narrow(2, 6, 16), {8, 8, 8, 8}, {.mode = mode}));
  plot::save_png(plot::draw_grid(stack(padded), {{{"zeros"}}, {{"reflect"}}, {{"replicate"}}, {{"circular"}}},
                                 {.columns = 4, .scale = 5}),
                 "convolution_padding.png");
  tutorial::end_snippet();

  // snippet
  const Device device("cpu");
  // end
  // snippet
  CNN cnn;
  cnn.to(device);
  optim::Adam optimizer{cnn.parameters(), {.lr = learning_rate}};
  nn::CrossEntropyLoss loss_function;
  print(cnn);
  tutorial::end_snippet();

  // snippet
  plot::Series losses{.label = "training"}, accuracies{.label = "test"};
  for (int epoch = 0; epoch < epochs; ++epoch)
    for (auto [step, batch] : data::enumerate(train_loader)) {
      auto [img, label] = batch;
      const Tensor predict = cnn(img.to(device));
      const Tensor loss = loss_function(predict, label.to(device));
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();

      if (step % 50 == 0) {
        NoGradGuard no_grad;
        int acc = 0, count = 0;
        for (auto [test_img, test_label] : test_loader) {
          const Tensor test_predict = cnn(test_img.to(device));
          const Tensor pred_y = max(test_predict, 1).indices.cpu();
          acc += (pred_y == test_label).sum().item<int>();
          count += test_label.size(0);
        }
        const double acc_rate = 1.0 * acc / count;
        std::printf("Epoch: %d | train loss: %.4f | test accuracy: %.4f\n", epoch, loss.item(), acc_rate);
        const double seen = epoch + 1.0 * step / train_loader.size();
        losses.x.push_back(seen);
        losses.y.push_back(loss.item());
        accuracies.x.push_back(seen);
        accuracies.y.push_back(100 * acc_rate);
      }
    }
  tutorial::end_snippet();

  // snippet
  NoGradGuard no_grad;
  Tensor counts = zeros({10, 10}, {.dtype = kInt64});
  for (auto [img, label] : test_loader)
    counts += plot::confusion_matrix(label, cnn(img.to(device)).argmax(1).cpu(), 10);
  plot::save_png(plot::draw(plot::ConfusionMatrix{.title = "the test images of MNIST", .counts = counts}),
                 "convolution_confusion.png");
  tutorial::end_snippet();

  // snippet
  plot::save_png(
      plot::beside(
          {plot::draw(plot::Chart{.title = "loss", .x_label = "epoch", .y_label = "cross-entropy", .series = {losses}}),
           plot::draw(plot::Chart{
               .title = "accuracy", .x_label = "epoch", .y_label = "percent of the images", .series = {accuracies}})}),
      "convolution_training.png");
  tutorial::end_snippet();
}
