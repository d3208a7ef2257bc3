// Functions of users: forward and backward of their own.
#include <cresset/autograd.h>
#include <cresset/ops.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/argument.h"
#include "support/gradcheck.h"
#include "support/message.h"

namespace cresset::test {
namespace {

using autograd::FunctionContext;
using testing::ElementsAre;
using testing::StartsWith;

Tensor leaf(std::initializer_list<double> values) {
  return from_doubles(values, {static_cast<std::int64_t>(values.size())}, kFloat64).requires_grad_();
}

struct Cube : autograd::Function<Cube> {
  static constexpr const char* name = "Cube";
  static Tensor forward(FunctionContext& context, const Tensor& x) {
    context.save_for_backward({x});
    return x * x * x;
  }
  static std::vector<Tensor> backward(FunctionContext& context, const std::vector<Tensor>& grads) {
    const Tensor x = context.saved_tensors()[0];
    return {grads[0] * 3 * x * x};
  }
};

// exp, from its saved output; and a second output without gradient.
struct ExpAndSign : autograd::Function<ExpAndSign> {
  static std::vector<Tensor> forward(FunctionContext& context, const Tensor& x) {
    const Tensor y = exp(x), s = sign(x);
    context.save_for_backward({y});
    context.mark_non_differentiable({s});
    return {y, s};
  }
  static std::vector<Tensor> backward(FunctionContext& context, const std::vector<Tensor>& grads) {
    return {grads[0] * context.saved_tensors()[0]};
  }
};

struct Product : autograd::Function<Product> {
  static Tensor forward(FunctionContext& context, const Tensor& a, const Tensor& b) {
    context.save_for_backward({a, b});
    return a * b;
  }
  static std::vector<Tensor> backward(FunctionContext& context, const std::vector<Tensor>& grads) {
    const auto saved = context.saved_tensors();
    EXPECT_TRUE(context.needs_input_grad(0));
    return {grads[0] * saved[1], context.needs_input_grad(1) ? grads[0] * saved[0] : Tensor()};
  }
};

TEST(CustomFunction, HasFirstAndSecondGradients) {
  const auto cube = [](const std::vector<Tensor>& in) { return std::vector<Tensor>{Cube::apply(in[0])}; };
  EXPECT_EQ(gradcheck(cube, {leaf({0.5, -1.5, 2})}), "");
  EXPECT_EQ(gradgradcheck(cube, {leaf({0.5, -1.5, 2})}), "");
  const auto both = [](const std::vector<Tensor>& in) { return ExpAndSign::apply(in[0]); };
  EXPECT_EQ(gradcheck(both, {leaf({0.5, -1.5, 2})}), "");
  EXPECT_EQ(gradgradcheck(both, {leaf({0.5, -1.5, 2})}), "");
  EXPECT_EQ(Cube::apply(leaf({1})).grad_fn_name(), "CubeBackward");
}

TEST(CustomFunction, MarksOutputsWithoutGradient) {
  const auto outputs = ExpAndSign::apply(leaf({1, -1}));
  EXPECT_TRUE(outputs[0].requires_grad());
  EXPECT_FALSE(outputs[1].requires_grad());
}

TEST(CustomFunction, KnowsWhichGradientsAreWanted) {
  const Tensor a = leaf({2, 3}), b = from_doubles({4, 5}, {2}, kFloat64);
  Product::apply(a, b).sum().backward();
  EXPECT_THAT(to_doubles(a.grad()), ElementsAre(4, 5));
}

TEST(CustomFunction, SavedTensorsAreChecked) {
  const Tensor a = leaf({2, 3}), b = from_doubles({4, 5}, {2}, kFloat64), y = Product::apply(a, b);
  b.add_(1);
  EXPECT_THAT(message_of([&] { y.sum().backward(); }),
              StartsWith("FunctionBackward: one of the variables needed for gradient computation has been modified"));
}

TEST(CustomFunction, MustGiveAGradientForEachInput) {
  struct Wrong : autograd::Function<Wrong> {
    static Tensor forward(FunctionContext&, const Tensor& x) { return x * 2; }
    static std::vector<Tensor> backward(FunctionContext&, const std::vector<Tensor>& grads) {
      return {grads[0], grads[0]};
    }
  };
  const Tensor y = Wrong::apply(leaf({1}));
  EXPECT_EQ(message_of([&] { y.backward(); }),
            "function FunctionBackward returned an incorrect number of gradients (expected 1, got 2)");
}

// Gives back what the test set, whatever came.
struct Given : autograd::Function<Given> {
  static constexpr const char* name = "Given";
  static inline Tensor gradient;
  static Tensor forward(FunctionContext&, const Tensor& x) { return x * 1; }
  static std::vector<Tensor> backward(FunctionContext&, const std::vector<Tensor>&) { return {gradient}; }
};

TEST(CustomFunction, GradientsAreMadeToFitTheirInput) {
  const Tensor x = leaf({1, 2});
  Given::gradient = ones({3, 2}, {.dtype = kFloat32});
  Given::apply(tanh(x)).sum().backward();
  const double slope = 1 - std::tanh(1.0) * std::tanh(1.0);
  EXPECT_NEAR(x.grad()[0].item(), 3 * slope, 1e-12);
  EXPECT_EQ(cresset::name(x.grad().dtype()), "float64");
  Given::gradient = ones({3});
  EXPECT_EQ(message_of([&] { Given::apply(tanh(x)).sum().backward(); }),
            "function GivenBackward returned an invalid gradient at index 0 - got [3] but expected shape compatible "
            "with [2]");
  Given::gradient = {};
}

TEST(CustomFunction, AnInputHandedBackIsAnOutputOfItsOwn) {
  struct Same : autograd::Function<Same> {
    static Tensor forward(FunctionContext&, const Tensor& x) { return x; }
    static std::vector<Tensor> backward(FunctionContext&, const std::vector<Tensor>& grads) { return {grads[0] * 7}; }
  };
  const Tensor x = leaf({1, 2}), y = Same::apply(x);
  EXPECT_FALSE(y.is_same(x));
  y.sum().backward();
  EXPECT_THAT(to_doubles(x.grad()), ElementsAre(7, 7));
}

TEST(CustomFunction, RecordsNothingWithoutGrad) {
  const auto before = autograd::live_counts();
  {
    NoGradGuard no_grad;
    EXPECT_FALSE(Cube::apply(leaf({1})).requires_grad());
  }
  EXPECT_FALSE(Cube::apply(leaf({1}).detach()).requires_grad());
  EXPECT_EQ(autograd::live_counts().nodes, before.nodes);
}

}  // namespace
}  // namespace cresset::test
