#include "cases/seeds.h"

#include <cresset/autograd.h>
#include <cresset/ops.h>

#include <cstdio>

namespace cresset::test {
namespace {

namespace F = nn::functional;

// A heading in the output, to tell the problems apart.
void say(const char* problem) { std::fprintf(stderr, "seeds: %s\n", problem); }

Tensor parameter(const Shape& shape) { return (rand(shape) - 0.5).requires_grad_(); }

// Classes from images: two convolutions with pooling, then layers of `widths`.
void step(const Tensor& images, std::int64_t classes, const Shape& first, const Shape& second,
          const std::vector<std::int64_t>& paddings, const std::vector<std::int64_t>& widths) {
  const Tensor w1 = parameter(first), b1 = parameter({first[0]}), w2 = parameter(second), b2 = parameter({second[0]});
  Tensor x = F::max_pool2d(F::relu(F::conv2d(images, w1, b1, {.padding = paddings[0]})), 2);
  x = F::max_pool2d(F::relu(F::conv2d(x, w2, b2, {.padding = paddings[1]})), 2).flatten(1);
  for (const std::int64_t width : widths) x = F::relu(F::linear(x, parameter({width, x.size(1)}), parameter({width})));
  x = F::linear(x, parameter({classes, x.size(1)}), parameter({classes}));
  const Tensor labels = randint(classes, {images.size(0)});
  F::cross_entropy(x, labels).backward();
}

}  // namespace

int run_seeds() {
  manual_seed(0);
  say("seed 000, training, 4 images of CIFAR-10");
  step(rand({4, 3, 32, 32}), 10, {6, 3, 5, 5}, {16, 6, 5, 5}, {0, 0}, {120, 84});
  say("seed 001, training, 64 grey images");
  step(rand({64, 1, 28, 28}), 10, {16, 1, 3, 3}, {32, 16, 3, 3}, {1, 1}, {});
  say("seed 003, training, 256 grey images");
  step(rand({256, 1, 28, 28}), 10, {6, 1, 5, 5}, {16, 6, 5, 5}, {2, 0}, {120, 84});
  say("seed 004, training, 64 grey images");
  step(rand({64, 1, 28, 28}), 10, {32, 1, 3, 3}, {64, 32, 3, 3}, {1, 1}, {128});
  say("seed 002, AlexNet without training, one image");
  NoGradGuard no_grad;
  Tensor x = F::relu(F::conv2d(rand({1, 1, 224, 224}), rand({96, 1, 11, 11}), rand({96}), {.stride = 4, .padding = 1}));
  x = F::max_pool2d(x, 3, {.stride = 2});
  x = F::max_pool2d(F::conv2d(x, rand({256, 96, 5, 5}), rand({256}), {.padding = 2}), 3, {.stride = 2});
  x = F::conv2d(x, rand({384, 256, 3, 3}), rand({384}), {.padding = 1});
  F::softmax(F::linear(F::max_pool2d(x, 3, {.stride = 2}).flatten(1), rand({10, 9600})), 1);
  return 0;
}

}  // namespace cresset::test
