// Small modules that several tests use.
#pragma once

#include <cresset/nn.h>
#include <gtest/gtest.h>

#include "support/message.h"

namespace cresset::test {

// y = x * scale + offset, with scale a parameter and offset a buffer.
struct Affine : nn::Module {
  nn::Parameter scale{tensor({2.0, 3.0})};
  nn::Buffer offset{tensor({1.0, 1.0})};
  CRESSET_MODULE(scale, offset)
  Tensor forward(const Tensor& input) override { return input * scale + offset; }
};

struct Two : nn::Module {
  Affine first, second;
  CRESSET_MODULE(first, second)
  Tensor forward(const Tensor& input) override { return second(first(input)); }
};

}  // namespace cresset::test
