// The program of convolution_in_depth.md.
#include "tutorial.h"
// snippet
#include <cresset/cresset.h>
#include <cresset/data.h>
#include <cresset/models/nin.h>
#include <cresset/models/vgg.h>
#include <cresset/nn/receptive_field.h>
#include <cresset/nn/summary.h>
#include <cresset/plot.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

using namespace cresset;
namespace F = nn::functional;
// end

// snippet
Tensor corr2d(const Tensor& X, const Tensor& K) {
  const auto h = K.size(0), w = K.size(1);
  Tensor Y = zeros({X.size(0) - h + 1, X.size(1) - w + 1});
  for (int i = 0; i < Y.size(0); ++i)
    for (int j = 0; j < Y.size(1); ++j) Y[i][j] = (X.index({Slice(i, i + h), Slice(j, j + w)}) * K).sum();
  return Y;
}
// end

// snippet
struct Conv2D : nn::Module {
  nn::Parameter weight, bias;
  CRESSET_MODULE(weight, bias)

  explicit Conv2D(const Shape& kernel_size) : weight(rand(kernel_size)), bias(zeros({1})) {}
  Tensor forward(const Tensor& x) override { return corr2d(x, weight) + bias; }
};
// end

int main() {
  // snippet
  manual_seed(0);
  Tensor X = ones({6, 8});
  X.index_put_({Slice(), Slice(2, 6)}, 0);
  print(X);
  tutorial::end_snippet();

  // snippet
  const Tensor K = tensor({{1., -1.}});
  Tensor Y = corr2d(X, K);
  print(Y);
  print(corr2d(X.t(), K).abs().max());
  tutorial::end_snippet();

  // snippet
  Conv2D own{{1, 2}};
  for (const auto& [name, parameter] : own.named_parameters())
    std::printf("%s %s\n", name.c_str(), parameter.shape().str().c_str());
  own(X).sum().backward();
  print(own.weight.grad());
  print(own.bias.grad());
  tutorial::end_snippet();

  // snippet
  const Device device("cpu");
  // end
  // snippet
  nn::Conv2d conv2d{1, 1, {1, 2}, {.bias = false}};
  conv2d.to(device);
  X = X.reshape({1, 1, 6, 8}).to(device);
  Y = Y.reshape({1, 1, 6, 7}).to(device);

  for (int i = 0; i < 10; ++i) {
    const Tensor Y_hat = conv2d(X);
    const Tensor l = (Y_hat - Y).square();
    conv2d.zero_grad();
    l.sum().backward();
    conv2d.weight.data().index({Slice()}) -= 3e-2 * conv2d.weight.grad();
    if ((i + 1) % 2 == 0) std::printf("batch %d, loss %.3f\n", i + 1, l.sum().item());
  }
  tutorial::end_snippet();

  // snippet
  print(conv2d.weight.data().reshape({1, 2}));
  tutorial::end_snippet();

  // snippet
  const auto corr2d_multi_in = [](const Tensor& x, const Tensor& kernel) {
    Tensor sum = corr2d(x[0], kernel[0]);
    for (int c = 1; c < x.size(0); ++c) sum += corr2d(x[c], kernel[c]);
    return sum;
  };
  const auto corr2d_multi_in_out = [&](const Tensor& x, const Tensor& kernels) {
    std::vector<Tensor> planes;
    for (const Tensor& kernel : kernels) planes.push_back(corr2d_multi_in(x, kernel));
    return stack(planes);
  };
  // end

  // snippet
  const Tensor image = arange(2 * 3 * 3.).reshape({2, 3, 3});
  const Tensor kernels = arange(3 * 2 * 2 * 2.).reshape({3, 2, 2, 2});
  const Tensor planes = corr2d_multi_in_out(image, kernels);
  print(planes);
  std::printf("as F::conv2d: %s\n", planes.equal(F::conv2d(image, kernels)) ? "yes" : "no");
  tutorial::end_snippet();

  // snippet
  nn::Conv2d one_by_one{3, 2, 1};
  nn::Linear dense{3, 2};
  dense.weight.set_data(one_by_one.weight.data().view({2, 3}));
  dense.bias.set_data(one_by_one.bias.data());

  const Tensor picture = randn({1, 3, 3, 3});
  const Tensor by_conv = one_by_one(picture);
  const Tensor pixels = picture.permute({0, 2, 3, 1}).reshape({9, 3});  // nine samples of three features
  const Tensor by_dense = dense(pixels).reshape({1, 3, 3, 2}).permute({0, 3, 1, 2});
  print(by_conv);
  print(by_dense);
  std::printf("equal: %s\n", allclose(by_conv, by_dense, 1e-5, 1e-6) ? "yes" : "no");
  tutorial::end_snippet();

  // snippet
  const auto show_layers = [](nn::Sequential& network, Tensor x) {
    for (auto& layer : network) {
      x = layer(x);
      std::printf("%-17s output shape:\t%s\n", layer.class_name().c_str(), x.shape().str().c_str());
    }
  };
  // end

  // snippet
  nn::Sequential block = models::nin_block(96, 256, 5, {.padding = 2});
  print(block);
  nn::Sequential nin{models::nin_block(1, 96, 11, {.stride = 4}),
                     nn::MaxPool2d{3, 2},
                     models::nin_block(96, 256, 5, {.padding = 2}),
                     nn::MaxPool2d{3, 2},
                     models::nin_block(256, 384, 3, {.padding = 1}),
                     nn::MaxPool2d{3, 2},
                     nn::Dropout{0.5},
                     models::nin_block(384, 10, 3, {.padding = 1}),
                     nn::AdaptiveAvgPool2d{1},
                     nn::Flatten{}};
  show_layers(nin, randn({1, 1, 224, 224}));
  tutorial::end_snippet();

  // snippet
  nn::Sequential three{nn::Conv2d{1, 4, 3, {.padding = 1}}, nn::ReLU{}, nn::MaxPool2d{2},
                       nn::Conv2d{4, 4, 3, {.padding = 1}}, nn::ReLU{}, nn::Conv2d{4, 4, 3, {.padding = 1}}};
  for (const auto& field : nn::receptive_fields(three, {1, 32, 32}))
    std::printf("%-10s output %-14s sees %2ldx%-2ld pixels, neighbours are %ld apart\n", field.class_name.c_str(),
                field.output.str().c_str(), field.rows.size, field.columns.size, field.rows.jump);
  const auto region = nn::region_by_gradient(three, randn({16, 1, 32, 32}), {8, 8});
  std::printf("by gradient: rows %ld to %ld, columns %ld to %ld\n", region.rows.first, region.rows.last,
              region.columns.first, region.columns.last);
  tutorial::end_snippet();

  // snippet
  const Tensor left_edge = tensor({{0., 0., 1., 0., 0., 0., 0., 0.}});
  const Tensor moved = tensor({{0., 0., 0., 1., 0., 0., 0., 0.}});
  for (const Tensor& edge : {left_edge, moved}) {
    print(edge);
    print(F::max_pool2d(edge.reshape({1, 1, 1, 8}), {1, 2}).reshape({1, 4}));
  }
  tutorial::end_snippet();

  // snippet
  nn::Sequential net{
      nn::Conv2d{1, 96, 11, {.stride = 4, .padding = 1}},
      nn::ReLU{},
      nn::MaxPool2d{3, 2},
      nn::Conv2d{96, 256, 5, {.padding = 2}},
      nn::ReLU{},
      nn::MaxPool2d{3, 2},
      nn::Conv2d{256, 384, 3, {.padding = 1}},
      nn::ReLU{},
      nn::Conv2d{384, 384, 3, {.padding = 1}},
      nn::ReLU{},
      nn::Conv2d{384, 384, 3, {.padding = 1}},
      nn::ReLU{},
      nn::Conv2d{384, 256, 3, {.padding = 1}},
      nn::ReLU{},
      nn::MaxPool2d{3, 2},

      nn::Flatten{},
      nn::Linear{6400, 4096},
      nn::ReLU{},
      nn::Dropout{0.5},
      nn::Linear{4096, 10},
  };
  show_layers(net, randn({1, 1, 224, 224}));
  tutorial::end_snippet();

  // snippet
  nn::Sequential vgg = models::vgg_sequential();
  show_layers(vgg, randn({1, 1, 224, 224}));
  tutorial::end_snippet();

  // snippet
  const std::vector<int> sizes{1, 3, 5, 7, 9, 11};
  plot::Series time{.markers = true};
  for (int k : sizes) {
    NoGradGuard no_grad;
    nn::Conv2d layer{32, 32, k, {.padding = (k - 1) / 2}};
    const Tensor input = randn({1, 32, 32, 32});
    double best = 1e9;
    for (int i = 0; i < 50; ++i) {  // the fastest counts
      const auto begin = std::chrono::steady_clock::now();
      layer(input);
      best =
          std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
    std::printf("%2dx%-2d %8.2f ms\n", k, k, best);
    time.x.push_back(k);
    time.y.push_back(best);
  }
  plot::save_png(plot::draw(plot::Chart{.title = "a convolution of 32 x 32 x 32 numbers, 32 kernels",
                                        .x_label = "rows and columns of the kernel",
                                        .y_label = "time (ms)",
                                        .series = {time}}),
                 "kernel_size_time.png");
  tutorial::end_snippet();

  // snippet
  plot::Series parameters{.markers = true}, flops{.markers = true};
  for (int k : {3, 5, 7, 9, 11}) {
    nn::Conv2d layer{3, 8, k, {.padding = (k - 1) / 2, .bias = false}};
    const auto count = layer.weight.numel();
    const auto work = nn::flops_of(layer, {1, 8, 100, 100});
    std::printf("%2dx%-2d %6ld parameters %10ld FLOPs\n", k, k, count, work);
    parameters.x.push_back(k);
    parameters.y.push_back(count);
    flops.x.push_back(k);
    flops.y.push_back(1e-6 * work);
  }
  tutorial::end_snippet();

  // snippet
  plot::save_png(plot::beside({plot::draw(plot::Chart{.title = "parameters",
                                                      .x_label = "rows and columns of the kernel",
                                                      .y_label = "weights",
                                                      .series = {parameters}}),
                               plot::draw(plot::Chart{.title = "computation",
                                                      .x_label = "rows and columns of the kernel",
                                                      .y_label = "million FLOPs an image",
                                                      .series = {flops}})}),
                 "kernel_size_cost.png");
  tutorial::end_snippet();

  // snippet
  data::CIFAR10 photos{"data", {.train = false, .transform = data::ToTensor{}, .download = true}};
  // end
  tutorial::shorten(photos, 8);
  // snippet
  const Tensor sobel_x = tensor({{-1., 0., 1.}, {-2., 0., 2.}, {-1., 0., 1.}});
  const Tensor gauss = tensor({{1., 2., 1.}, {2., 4., 2.}, {1., 2., 1.}}) / 16;
  const Tensor filters = stack({sobel_x, sobel_x.t(), gauss}).unsqueeze(1).to(device);  // [3, 1, 3, 3]

  std::vector<Tensor> shown;
  std::vector<plot::Caption> captions;
  for (int i : {1, 3, 5}) {
    const Tensor grey = photos.get(i).image.mean({0}, {.keepdim = true}).unsqueeze(0).to(device);  // [1, 1, 32, 32]
    const Tensor out = F::conv2d(F::pad(grey, {1, 1, 1, 1}, {.mode = nn::PaddingMode::replicate}), filters).cpu()[0];
    const Tensor strength = (out[0].square() + out[1].square()).sqrt();
    for (const Tensor& plane : {grey.cpu()[0][0], out[0].abs() / 2, out[1].abs() / 2, strength / 2, out[2]})
      shown.push_back(plane.unsqueeze(0));
    for (const char* text : {"photo", "Sobel, vertical edges", "Sobel, horizontal edges", "both", "Gauss"})
      captions.push_back({{text}});
  }
  plot::save_png(plot::draw_grid(stack(shown), captions, {.columns = 5, .scale = 5}), "filters.png");
  tutorial::end_snippet();
}
