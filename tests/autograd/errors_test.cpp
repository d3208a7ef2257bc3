// What autograd refuses beside running the tape, and in which words.
#include <cresset/autograd.h>
#include <cresset/ops.h>
#include <gtest/gtest.h>

#include "support/message.h"

namespace cresset::test {
namespace {

Tensor leaf() { return ones({2}, {.requires_grad = true}); }

TEST(AutogradErrors, AsManyGradientsAsTensors) {
  const Tensor x = leaf();
  EXPECT_EQ(message_of<ValueError>([&] {
              autograd::backward({x, x}, {ones({2})});
            }),
            "backward: got 2 tensors and 1 gradients");
  EXPECT_EQ(message_of<ValueError>([&] {
              autograd::grad({x * 2}, {x}, {.grad_outputs = {ones({2}), ones({2})}});
            }),
            "grad: got 1 tensors and 2 gradients");
}

TEST(AutogradErrors, AnInputThatTheResultDoesNotDependOn) {
  const Tensor x = leaf();
  EXPECT_EQ(message_of<ValueError>([&] {
              autograd::grad({x.sum()}, {x, leaf()});
            }),
            "grad: One of the differentiated Tensors appears to not have been used in the graph (input 1). Set "
            "allow_unused = true if this is the desired behavior.");
}

TEST(AutogradErrors, WhatCannotRequireGradients) {
  EXPECT_EQ(message_of<ValueError>([] { (leaf() * 2).requires_grad_(false); }),
            "requires_grad_: you can only change requires_grad flags of leaf variables. If you want to use a computed "
            "variable in a subgraph that doesn't require differentiation use detach().");
  EXPECT_EQ(message_of<DTypeError>([] { arange(3).requires_grad_(); }),
            "requires_grad_: only Tensors of floating point dtype can require gradients, got int64");
  EXPECT_EQ(message_of<ValueError>([] { ones({2}).retain_grad(); }),
            "retain_grad: can't retain_grad on Tensor that has requires_grad=False");
}

TEST(AutogradErrors, AGradientThatDoesNotFit) {
  const Tensor x = leaf();
  EXPECT_EQ(message_of<ShapeError>([&] { x.set_grad(ones({3})); }),
            "set_grad: the gradient must have the tensor's shape [2], got [3]");
  EXPECT_EQ(message_of<DTypeError>([&] { x.set_grad(ones({2}, {.dtype = kFloat64})); }),
            "set_grad: the gradient must have the tensor's type float32, got float64");
  EXPECT_FALSE(x.grad().defined());
}

TEST(AutogradErrors, ALeafOfAnotherShapeThanItHadInTheForward) {
  const Tensor x = leaf(), y = (x + 1).sum();
  x.set_data(ones({3}));
  EXPECT_EQ(message_of<ShapeError>([&] { y.backward(); }),
            "backward: the gradient of a tensor of shape [3] must have that shape, got [2]");
  EXPECT_FALSE(x.grad().defined());
}

TEST(AutogradErrors, NoSecondGradient) {
  const Tensor x = ones({2, 3}, {.requires_grad = true});
  const Tensor loss = nn::functional::cross_entropy(x, tensor({0, 2}));
  EXPECT_EQ(message_of<UnsupportedError>([&] { autograd::grad({loss}, {x}, {.create_graph = true}); }),
            "cross_entropy: its backward has no gradient itself, so create_graph is not possible here");
}

}  // namespace
}  // namespace cresset::test
