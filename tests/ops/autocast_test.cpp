// Autocast: the dtype of every op against PyTorch's (tests/golden/autocast.json, which tools/goldens_autocast.py
// writes), and what a region is.
#include <cresset/cresset.h>
#include <cresset/nn/fused_relu.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/message.h"
#include "test_paths.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;
using One = std::function<Tensor(const Tensor&)>;
using Two = std::function<Tensor(const Tensor&, const Tensor&)>;

Tensor image(const Tensor& x) { return x.view({1, 1, 4, 4}); }
Tensor labels(const Tensor& x) { return zeros({4}, {.dtype = kInt64, .device = x.device()}); }

const std::map<std::string, One>& ops_of_one() {
  static const std::map<std::string, One> ops{
      {"exp", [](const Tensor& x) { return exp(x); }},
      {"log", [](const Tensor& x) { return log(x); }},
      {"sqrt", [](const Tensor& x) { return sqrt(x); }},
      {"rsqrt", [](const Tensor& x) { return rsqrt(x); }},
      {"square", [](const Tensor& x) { return square(x); }},
      {"reciprocal", [](const Tensor& x) { return reciprocal(x); }},
      {"sigmoid", [](const Tensor& x) { return sigmoid(x); }},
      {"tanh", [](const Tensor& x) { return tanh(x); }},
      {"relu", [](const Tensor& x) { return relu(x); }},
      {"abs", [](const Tensor& x) { return abs(x); }},
      {"neg", [](const Tensor& x) { return -x; }},
      {"sign", [](const Tensor& x) { return sign(x); }},
      {"gelu", [](const Tensor& x) { return F::gelu(x); }},
      {"clamp", [](const Tensor& x) { return x.clamp(0, 1); }},
      {"add.number", [](const Tensor& x) { return x + 2; }},
      {"mul.number", [](const Tensor& x) { return x * 2.5; }},
      {"div.number", [](const Tensor& x) { return x / 2; }},
      {"rsub", [](const Tensor& x) { return 1 - x; }},
      {"rdiv", [](const Tensor& x) { return 2 / x; }},
      {"pow.number", [](const Tensor& x) { return pow(x, 3); }},
      {"rpow", [](const Tensor& x) { return pow(2, x); }},
      {"sum", [](const Tensor& x) { return sum(x); }},
      {"sum.dims", [](const Tensor& x) { return x.sum(1, {.keepdim = true}); }},
      {"sum.dtype", [](const Tensor& x) { return x.sum({}, {.dtype = kFloat64}); }},
      {"mean", [](const Tensor& x) { return mean(x); }},
      {"mean.dims",
       [](const Tensor& x) {
         return x.mean({0, 1});
       }},
      {"max", [](const Tensor& x) { return max(x); }},
      {"max.dim", [](const Tensor& x) { return x.max(1).values; }},
      {"min", [](const Tensor& x) { return min(x); }},
      {"var", [](const Tensor& x) { return x.var(0); }},
      {"std", [](const Tensor& x) { return x.std(0); }},
      {"softmax", [](const Tensor& x) { return F::softmax(x, 1); }},
      {"softmax.dtype", [](const Tensor& x) { return F::softmax(x, 1, {.dtype = kFloat64}); }},
      {"log_softmax", [](const Tensor& x) { return F::log_softmax(x, 1); }},
      {"max_pool2d", [](const Tensor& x) { return F::max_pool2d(image(x), 2); }},
      {"avg_pool2d", [](const Tensor& x) { return F::avg_pool2d(image(x), 2); }},
      {"adaptive_avg_pool2d", [](const Tensor& x) { return F::adaptive_avg_pool2d(image(x), 1); }},
      {"batch_norm", [](const Tensor& x) { return F::batch_norm(x, {}, {}, {}, {}, {.training = true}); }},
      {"pad",
       [](const Tensor& x) {
         return F::pad(x, {1, 1});
       }},
      {"pad.circular",
       [](const Tensor& x) {
         return F::pad(image(x), {1, 1, 1, 1}, {.mode = F::PaddingMode::circular});
       }},
      {"dropout", [](const Tensor& x) { return F::dropout(x, 0.5); }},
      {"cross_entropy", [](const Tensor& x) { return F::cross_entropy(x, labels(x)); }},
      {"exp_", [](const Tensor& x) { return (x * 1).exp_(); }},
      {"pow_", [](const Tensor& x) { return (x * 1).pow_(2); }},
      {"square_", [](const Tensor& x) { return (x * 1).square_(); }},
      {"reciprocal.method", [](const Tensor& x) { return x.reciprocal(); }},
      {"view", [](const Tensor& x) { return x.view({16}); }},
      {"clone", [](const Tensor& x) { return x.clone(); }},
  };
  return ops;
}

const std::map<std::string, Two>& ops_of_two() {
  static const std::map<std::string, Two> ops{
      {"add", [](const Tensor& a, const Tensor& b) { return a + b; }},
      {"sub", [](const Tensor& a, const Tensor& b) { return a - b; }},
      {"mul", [](const Tensor& a, const Tensor& b) { return a * b; }},
      {"div", [](const Tensor& a, const Tensor& b) { return a / b; }},
      {"maximum", [](const Tensor& a, const Tensor& b) { return maximum(a, b); }},
      {"minimum", [](const Tensor& a, const Tensor& b) { return minimum(a, b); }},
      {"pow", [](const Tensor& a, const Tensor& b) { return pow(a, b); }},
      {"where", [](const Tensor& a, const Tensor& b) { return where(a > 0, a, b); }},
      {"eq", [](const Tensor& a, const Tensor& b) { return eq(a, b); }},
      {"add_", [](const Tensor& a, const Tensor& b) { return (a * 1).add_(b); }},
      {"copy_", [](const Tensor& a, const Tensor& b) { return (a * 1).copy_(b); }},
      {"matmul", [](const Tensor& a, const Tensor& b) { return matmul(a, b); }},
      {"matmul.vector", [](const Tensor& a, const Tensor& b) { return matmul(a, b[0]); }},
      {"matmul.batch",
       [](const Tensor& a, const Tensor& b) {
         return matmul(a.view({1, 4, 4}), b.view({1, 4, 4}));
       }},
      {"mm", [](const Tensor& a, const Tensor& b) { return a.mm(b); }},
      {"linear", [](const Tensor& a, const Tensor& b) { return F::linear(a, b); }},
      {"linear.bias", [](const Tensor& a, const Tensor& b) { return F::linear(a, b, b[0]); }},
      {"conv2d",
       [](const Tensor& a, const Tensor& b) {
         return F::conv2d(image(a), b.view({4, 1, 2, 2}));
       }},
      {"conv2d.bias",
       [](const Tensor& a, const Tensor& b) {
         return F::conv2d(image(a), b.view({4, 1, 2, 2}), b[0]);
       }},
      {"cat",
       [](const Tensor& a, const Tensor& b) {
         return cat({a, b});
       }},
      {"stack",
       [](const Tensor& a, const Tensor& b) {
         return stack({a, b});
       }},
      {"mse_loss", [](const Tensor& a, const Tensor& b) { return F::mse_loss(a, b); }},
      {"mse_loss.none",
       [](const Tensor& a, const Tensor& b) { return F::mse_loss(a, b, {.reduction = Reduction::none}); }},
      {"cross_entropy.probabilities", [](const Tensor& a, const Tensor& b) { return F::cross_entropy(a, b); }},
      {"cross_entropy.weight",
       [](const Tensor& a, const Tensor& b) { return F::cross_entropy(a, labels(a), {.weight = b[0].detach()}); }},
  };
  return ops;
}

DType dtype_of(const std::string& word) {
  return word == "float16" ? kFloat16 : word == "bfloat16" ? kBFloat16 : word == "float32" ? kFloat32 : kFloat64;
}

Tensor argument(const std::string& dtype, Device device) {
  return ones({4, 4}, {.dtype = dtype_of(dtype), .device = device, .requires_grad = true});
}

// As the goldens' script writes it, with its own backward behind the region.
std::string answer(const std::string& op, const std::vector<Tensor>& x, Device device, DType region) {
  try {
    Tensor y;
    {
      const Autocast autocast(device, {.dtype = region});
      y = x.size() == 1 ? ops_of_one().at(op)(x[0]) : ops_of_two().at(op)(x[0], x[1]);
    }
    std::string text(name(y.dtype()));
    if (!y.requires_grad()) return text;
    y.backward(ones_like(y));
    for (const Tensor& leaf : x)
      if (leaf.grad().defined() && leaf.grad().dtype() != leaf.dtype()) text += "!";
    return text;
  } catch (const DTypeError&) {
    return "error";
  }
}

void check_table(const char* device) {
  const auto rows = nlohmann::json::parse(std::ifstream(CRESSET_TEST_DIR "/golden/autocast.json"));
  std::size_t checked = 0;
  for (const auto& row : rows) {
    if (row[0] != device) continue;
    std::vector<Tensor> arguments;
    for (const auto& dtype : row[3]) arguments.push_back(argument(dtype, device));
    EXPECT_EQ(answer(row[2], arguments, device, dtype_of(row[1])), row[4]) << row;
    ++checked;
  }
  EXPECT_GT(checked, 900u);
}

TEST(AutocastTable, IsPyTorchsOnTheCpu) { check_table("cpu"); }
TEST(AutocastTable, IsPyTorchsOnCuda) {
  if (!cuda::is_available()) GTEST_SKIP() << "needs a CUDA device";
  check_table("cuda");
}

TEST(Autocast, DefaultsNestAndEnd) {
  EXPECT_FALSE(is_autocast_enabled("cpu"));
  EXPECT_EQ(get_autocast_dtype("cpu"), kBFloat16);
  EXPECT_EQ(get_autocast_dtype("cuda"), kFloat16);
  const Tensor a = ones({2, 2});
  {
    const Autocast outer("cpu");
    EXPECT_TRUE(is_autocast_enabled("cpu"));
    EXPECT_FALSE(is_autocast_enabled("cuda"));
    EXPECT_EQ(a.mm(a).dtype(), kBFloat16);
    {
      const Autocast inner("cpu", {.dtype = kFloat16});
      EXPECT_EQ(a.mm(a).dtype(), kFloat16);
      {
        const Autocast off("cpu", {.enabled = false});
        EXPECT_EQ(get_autocast_dtype("cpu"), kFloat16);
        EXPECT_EQ(a.mm(a).dtype(), kFloat32);
        const Autocast on_again("cpu", {.dtype = kBFloat16});
        EXPECT_EQ(a.mm(a).dtype(), kBFloat16);
      }
      EXPECT_EQ(a.mm(a).dtype(), kFloat16);
    }
    EXPECT_EQ(a.mm(a).dtype(), kBFloat16);
    // A region for another type of device changes nothing here.
    const Autocast cuda("cuda", {.enabled = false});
    EXPECT_EQ(a.mm(a).dtype(), kBFloat16);
  }
  EXPECT_EQ(a.mm(a).dtype(), kFloat32);
}

TEST(Autocast, EndsByAnException) {
  EXPECT_THROW(
      {
        const Autocast autocast("cpu");
        ones({2, 2}).mm(ones({3, 3}));
      },
      ShapeError);
  EXPECT_FALSE(is_autocast_enabled("cpu"));
  EXPECT_EQ(ones({2, 2}).mm(ones({2, 2})).dtype(), kFloat32);
}

TEST(Autocast, RefusesOtherDtypes) {
  EXPECT_EQ(message_of<DTypeError>([] { Autocast("cpu", {.dtype = kFloat64}); }),
            "In CPU autocast, but the target dtype float64 is not supported. CPU Autocast only supports dtypes of "
            "bfloat16, float16 currently.");
  EXPECT_THROW(Autocast("cuda", {.dtype = kInt64}), DTypeError);
  EXPECT_FALSE(is_autocast_enabled("cpu"));
  const Autocast off("cpu", {.dtype = kFloat32, .enabled = false});
  EXPECT_FALSE(is_autocast_enabled("cpu"));
}

TEST(Autocast, HoldsForOneThread) {
  const Autocast autocast("cpu");
  bool enabled = true;
  DType dtype = kBFloat16;
  std::thread([&] {
    enabled = is_autocast_enabled("cpu");
    dtype = ones({2, 2}).mm(ones({2, 2})).dtype();
  }).join();
  EXPECT_FALSE(enabled);
  EXPECT_EQ(dtype, kFloat32);
}

// The copies of a parameter that the tape leads to: one, or one for each use.
std::int64_t nodes_of_three_uses(const Tensor& w, bool cache) {
  const std::int64_t before = autograd::live_counts().nodes;
  const Autocast autocast("cpu", {.cache_enabled = cache});
  const Tensor x = ones({2, 2});
  const Tensor a = x.mm(w), b = x.mm(w), c = x.mm(w);
  return autograd::live_counts().nodes - before;
}

TEST(Autocast, ConvertsALeafOnce) {
  const Tensor w = ones({2, 2}, {.requires_grad = true});
  EXPECT_EQ(nodes_of_three_uses(w, true), 4);
  EXPECT_EQ(nodes_of_three_uses(w, false), 6);
  EXPECT_TRUE(is_autocast_cache_enabled());
  const std::int64_t tensors = autograd::live_counts().tensors;
  {
    const Autocast outer("cpu");
    {
      const Autocast inner("cpu");
      ones({2, 2}).mm(w);
    }
    EXPECT_GT(autograd::live_counts().tensors, tensors);  // until the outermost region ends
    clear_autocast_cache();
    EXPECT_EQ(autograd::live_counts().tensors, tensors);
    ones({2, 2}).mm(w);
  }
  EXPECT_EQ(autograd::live_counts().tensors, tensors);
}

TEST(Autocast, ConvertsALeafAnewWhereItMust) {
  const Tensor w = ones({2, 2}, {.requires_grad = true}), x = ones({2, 2});
  const Autocast autocast("cpu");
  {
    const NoGradGuard no_grad;
    EXPECT_FALSE(x.mm(w).requires_grad());
  }
  EXPECT_TRUE(x.mm(w).requires_grad());  // not the copy without history
  {
    const NoGradGuard no_grad;
    w.mul_(3);
  }
  EXPECT_EQ(x.mm(w)[0][0].item(), 6);  // not the copy of the old value
  const Autocast inner("cpu", {.dtype = kFloat16});
  EXPECT_EQ(x.mm(w).dtype(), kFloat16);  // not the copy in the other type
}

TEST(Autocast, GradientsHaveTheParametersDtype) {
  manual_seed(0);
  nn::Sequential net{nn::Conv2d{1, 3, 3}, nn::BatchNorm2d{3}, nn::ReLU{}, nn::Flatten{}, nn::Linear{12, 4}};
  const Tensor x = randn({5, 1, 4, 4});
  Tensor loss;
  {
    const Autocast autocast("cpu");
    const Tensor out = net(x);
    EXPECT_EQ(out.dtype(), kBFloat16);
    loss = F::cross_entropy(out, zeros({5}, {.dtype = kInt64}));
    EXPECT_EQ(loss.dtype(), kFloat32);
    loss.backward({}, {.retain_graph = true});  // inside the region: the same
  }
  std::vector<Tensor> inside;
  for (const Tensor& p : net.parameters()) {
    EXPECT_EQ(p.grad().dtype(), kFloat32);
    inside.push_back(p.grad().clone());
    p.set_grad({});
  }
  loss.backward();
  for (std::size_t i = 0; i < inside.size(); ++i) EXPECT_TRUE(net.parameters()[i].grad().equal(inside[i])) << i;
}

// A backward of a user's, which computes with an op of the lists.
struct Doubled : autograd::Function<Doubled> {
  static Tensor forward(autograd::FunctionContext&, const Tensor& x) { return x * 2; }
  static std::vector<Tensor> backward(autograd::FunctionContext&, const std::vector<Tensor>& grads) {
    return {grads[0].mm(full({2, 2}, 0.7))};
  }
};

// A backward that computes with ops of the lists runs them as they are given, as it would after the region.
TEST(Autocast, BackwardRunsInTheDtypeOfTheForward) {
  const Tensor x = full({2, 2}, 0.3, {.requires_grad = true}), y = full({2, 2}, 0.7, {.requires_grad = true});
  Tensor z;
  {
    const Autocast off("cpu", {.enabled = false});
    z = x.mm(y).sum();
  }
  const Autocast autocast("cpu");
  const auto grads = autograd::grad({z}, {x}, {.create_graph = true});
  EXPECT_TRUE(grads[0].equal(full({2, 2}, 0.7) + full({2, 2}, 0.7))) << grads[0];
  Doubled::apply(x).sum().backward();
  EXPECT_TRUE(x.grad().equal(full({2, 2}, 0.7) + full({2, 2}, 0.7))) << x.grad();
}

TEST(Autocast, ResultsOfLayersWithRelu) {
  const Tensor x = randn({2, 3}), w = randn({4, 3}), picture = randn({1, 1, 4, 4}), kernel = randn({2, 1, 3, 3});
  const Autocast autocast("cpu");
  EXPECT_TRUE(F::linear_relu(x, w, {}).equal(relu(F::linear(x, w))));
  EXPECT_EQ(F::linear_relu(x, w, {}).dtype(), kBFloat16);
  EXPECT_EQ(F::conv2d_relu(picture, kernel, {}, {}).dtype(), kBFloat16);
}

}  // namespace
}  // namespace cresset::test
