// compiles
// A size of two numbers in braces.
#include <cresset/cresset.h>

using namespace cresset;

void use(std::int64_t h, std::int64_t w) {
  nn::MaxPool2d a{{2, 3}}, b{2, 2}, c(2), d{2, {.stride = 1}}, e{{h, w}}, f{{3, 2}, {.stride = {2, 1}}};
  nn::AvgPool2d g{{2, 3}}, i{2, {.ceil_mode = true}}, j{{3, 2}, {.stride = {2, 1}}};
  nn::AdaptiveAvgPool2d k({7, 6}), l{{None, 6}}, m(1);
  nn::Conv2d n{3, 6, {5, 3}}, o(3, 6, {5, 3}, {.stride = {2, 1}});
  print(ones({2}));
}
