// Running the tape: accumulation, hooks, graphs that are kept or freed, long chains, threads, anomaly detection.
#include <cresset/autograd.h>
#include <cresset/ops.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "support/argument.h"
#include "support/message.h"

namespace cresset::test {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

Tensor leaf(std::initializer_list<double> values) {
  return from_doubles(values, {static_cast<std::int64_t>(values.size())}, kFloat64).requires_grad_();
}

TEST(Backward, AddsToLeaves) {
  const Tensor x = leaf({1, 2});
  (x * x).sum().backward();
  (x * 3).sum().backward();
  EXPECT_THAT(to_doubles(x.grad()), ElementsAre(5, 7));
}

TEST(Backward, TakesAGradientForOtherThanOneElement) {
  const Tensor x = leaf({1, 2});
  EXPECT_EQ(message_of([&] { (x * 2).backward(); }),
            "backward: grad can be implicitly created only for scalar outputs, got shape [2]");
  EXPECT_EQ(message_of([&] { (x * 2).backward(ones({3})); }),
            "backward: Mismatch in shape: grad_output[0] has a shape of [3] and output[0] has a shape of [2]");
  (x * 2).backward(from_doubles({1, 10}, {2}, kFloat64));
  EXPECT_THAT(to_doubles(x.grad()), ElementsAre(2, 20));
  EXPECT_EQ(message_of([] { ones({}).backward(); }),
            "backward: element 0 of tensors does not require grad and does not have a grad_fn");
}

// A gradient of another type, as PyTorch, is converted; kernels are never given it as it is.
TEST(Backward, ConvertsTheGradientThatItIsGiven) {
  namespace F = nn::functional;
  const Tensor w = ones({1, 1, 4, 4}, {.requires_grad = true});
  const std::vector<Tensor> results{F::relu(w),
                                    tanh(w),
                                    F::softmax(w, 3),
                                    F::max_pool2d(w, 2),
                                    F::avg_pool2d(w, 2),
                                    F::gelu(w),
                                    w.clone(),
                                    F::conv2d(w, ones({1, 1, 2, 2})),
                                    F::linear(w, ones({3, 4}))};
  for (const Tensor& y : results)
    for (const DType dtype : {kFloat64, kFloat16}) {
      const Tensor given =
          autograd::grad({y}, {w}, {.grad_outputs = {ones(y.shape(), {.dtype = dtype})}, .retain_graph = true})[0];
      const Tensor wanted = autograd::grad({y}, {w}, {.grad_outputs = {ones(y.shape())}, .retain_graph = true})[0];
      EXPECT_EQ(name(given.dtype()), "float32") << y.grad_fn_name();
      EXPECT_TRUE(given.equal(wanted)) << y.grad_fn_name();
    }
}

TEST(Backward, ASecondTimeNeedsTheGraphKept) {
  const Tensor x = leaf({1, 2}), y = (x * x).sum();
  y.backward({}, {.retain_graph = true});
  y.backward();
  EXPECT_THAT(to_doubles(x.grad()), ElementsAre(4, 8));
  EXPECT_THAT(message_of([&] { y.backward(); }),
              StartsWith("MulBackward0: Trying to backward through the graph a second time"));
  // What saved nothing can be run again, as in PyTorch.
  const Tensor z = (x + 1).sum();
  z.backward();
  EXPECT_EQ(message_of([&] { z.backward(); }), "(no error)");
}

TEST(Backward, FreesWhatWasSavedAsItGoes) {
  const Tensor x = leaf({1, 2, 3, 4});
  const auto before = autograd::live_counts();
  Tensor y = x;
  for (int i = 0; i < 10; ++i) y = y.exp().sigmoid();
  const Tensor sum = y.sum();
  y = Tensor();
  const auto recorded = autograd::live_counts();
  EXPECT_GE(recorded.storage_bytes - before.storage_bytes, 20 * 4 * 8);
  sum.backward();
  EXPECT_LE(autograd::live_counts().storage_bytes - before.storage_bytes, 3 * 4 * 8);  // sum and x.grad
}

TEST(Grad, GivesGradientsAndTouchesNone) {
  const Tensor x = leaf({1, 2}), w = leaf({3, 4}), y = x * w;
  const auto grads = autograd::grad({y.sum()}, {x, y}, {.retain_graph = true});
  EXPECT_THAT(to_doubles(grads[0]), ElementsAre(3, 4));
  EXPECT_THAT(to_doubles(grads[1]), ElementsAre(1, 1));
  EXPECT_FALSE(x.grad().defined());
  EXPECT_FALSE(w.grad().defined());
  const Tensor other = leaf({1});
  EXPECT_THAT(message_of([&] { autograd::grad({y.sum()}, {other}, {.retain_graph = true}); }),
              StartsWith("grad: One of the differentiated Tensors appears to not have been used in the graph"));
  EXPECT_FALSE(autograd::grad({y.sum()}, {other}, {.retain_graph = true, .allow_unused = true})[0].defined());
  EXPECT_EQ(message_of([&] { autograd::grad({y.sum()}, {ones({2})}); }),
            "grad: One of the differentiated Tensors does not require grad (input 0)");
}

TEST(Grad, NeedsInputs) {
  EXPECT_EQ(message_of([] { autograd::grad({leaf({1}).sum()}, {}); }), "grad: inputs cannot be empty");
}

TEST(Grad, OfSeveralOutputsIsTheSum) {
  const Tensor x = leaf({2}), y = x * 3, z = y * y;
  const auto grads = autograd::grad({z, y}, {x}, {.grad_outputs = {ones({1}, {.dtype = kFloat64}) * 2, Tensor()}});
  EXPECT_THAT(to_doubles(grads[0]), ElementsAre(2 * 2 * 6 * 3 + 3));
}

TEST(Grad, OfGradientsByCreateGraph) {
  const Tensor x = leaf({2}), y = pow(x, 4).sum();
  const Tensor first = autograd::grad({y}, {x}, {.create_graph = true})[0];
  const Tensor second = autograd::grad({first.sum()}, {x}, {.create_graph = true})[0];
  const Tensor third = autograd::grad({second.sum()}, {x})[0];
  EXPECT_DOUBLE_EQ(first.item(), 32);
  EXPECT_DOUBLE_EQ(second.item(), 48);
  EXPECT_DOUBLE_EQ(third.item(), 48);
  EXPECT_FALSE(third.requires_grad());
}

TEST(Hooks, SeeAndReplaceTheWholeGradientOnce) {
  const Tensor x = leaf({1, 1});
  int calls = 0;
  HookHandle handle = x.register_hook([&](const Tensor& grad) {
    ++calls;
    return grad * 10;
  });
  // Two parts arrive for x: the hook sees their sum.
  (x * 2 + x * 3).sum().backward();
  EXPECT_EQ(calls, 1);
  EXPECT_THAT(to_doubles(x.grad()), ElementsAre(50, 50));
  EXPECT_THAT(to_doubles(autograd::grad({(x * 2).sum()}, {x})[0]), ElementsAre(20, 20));
  handle.remove();
  handle.remove();
  EXPECT_THAT(to_doubles(autograd::grad({(x * 2).sum()}, {x})[0]), ElementsAre(2, 2));
}

TEST(Hooks, OfResultsRunInOrderOfRegistration) {
  const Tensor x = leaf({1}), y = x * 2;
  std::vector<double> seen;
  y.register_hook([&](const Tensor& grad) { seen.push_back(grad.item()); });
  y.register_hook([&](const Tensor& grad) { return grad + 1; });
  y.register_hook([&](const Tensor& grad) { seen.push_back(grad.item()); });
  (y * 3).sum().backward();
  EXPECT_THAT(seen, ElementsAre(3, 4));
  EXPECT_THAT(to_doubles(x.grad()), ElementsAre(8));
  EXPECT_EQ(message_of([] { ones({1}).register_hook([](const Tensor&) {}); }),
            "register_hook: cannot register a hook on a tensor that doesn't require gradient");
}

TEST(Hooks, MustNotChangeTypeOrSize) {
  const Tensor x = leaf({1, 2});
  for (const bool of_leaf : {true, false}) {
    const Tensor y = x * 2, target = of_leaf ? x : y;
    HookHandle type = target.register_hook([](const Tensor& grad) { return grad.to(kFloat32); });
    EXPECT_EQ(message_of([&] { y.sum().backward({}, {.retain_graph = true}); }),
              "hook: must not change the type of value (was float64[2], got float32[2])");
    type.remove();
    HookHandle size = target.register_hook([](const Tensor& grad) { return grad.sum(); });
    EXPECT_EQ(message_of([&] { y.sum().backward(); }),
              "hook: must not change the size of value (was float64[2], got float64[])");
    size.remove();
  }
}

TEST(Hooks, RetainGradKeepsWhatLaterHooksGive) {
  const Tensor x = leaf({1, 2}), y = x * 2;
  y.retain_grad();
  y.register_hook([](const Tensor& grad) { return grad * 5; });
  y.sum().backward();
  EXPECT_THAT(to_doubles(y.grad()), ElementsAre(5, 5));
  EXPECT_THAT(to_doubles(x.grad()), ElementsAre(10, 10));
}

TEST(Hooks, RetainGradKeepsTheGradientOfAResult) {
  const Tensor x = leaf({1, 2}), y = x * 2;
  EXPECT_FALSE(y.grad().defined());
  y.retain_grad();
  (y * y).sum().backward();
  EXPECT_THAT(to_doubles(y.grad()), ElementsAre(4, 8));
}

TEST(Chain, OfAMillionNodesRunsAndDrops) {
  constexpr int kNodes = 1000000;
  const auto before = autograd::live_counts();
  const Tensor x = leaf({1});
  Tensor y = x;
  for (int i = 0; i < kNodes; ++i) y = y + 1;
  EXPECT_EQ(autograd::live_counts().nodes - before.nodes, kNodes);
  y.backward();
  EXPECT_EQ(x.grad().item(), 1);
  y = Tensor();
  EXPECT_EQ(autograd::live_counts().nodes, before.nodes);
  // And dropped without a backward pass.
  y = x;
  for (int i = 0; i < kNodes; ++i) y = -y;
  y = Tensor();
  EXPECT_EQ(autograd::live_counts().nodes, before.nodes);
}

// One small model of its own a thread: the results are those of one thread.
std::vector<double> train(int seed) {
  const Tensor w = from_doubles({0.1 * seed, 0.2, -0.3, 0.4, 0.5, -0.6}, {2, 3}, kFloat64).requires_grad_();
  const Tensor x = make_tensor(t({5, 3}, Formula{.seed = seed, .divisor = 4}), 0, kFloat64, DeviceType::cpu);
  for (int step = 0; step < 200; ++step) {
    const Tensor loss = square(matmul(x, w.t()).tanh() - 0.5).mean();
    w.set_grad({});
    loss.backward();
    NoGradGuard no_grad;
    w.sub_(w.grad(), 0.1);
  }
  return to_doubles(w);
}

// The names that PyTorch 2.15 prints.
TEST(Names, AreThoseOfTheWholeOp) {
  const Tensor x = leaf({1, 2, 3, 4}).view({2, 2});
  const auto names = [](const std::vector<Tensor>& results) {
    std::vector<std::string> all;
    for (const Tensor& y : results) all.push_back(y.grad_fn_name());
    return all;
  };
  EXPECT_THAT(
      names({x.sum(), x.sum(0), x.mean(), x.mean(0), x.var(0), x.std(0)}),
      ElementsAre("SumBackward0", "SumBackward1", "MeanBackward0", "MeanBackward1", "VarBackward0", "StdBackward0"));
  EXPECT_THAT(names({stack({x, x}), cat({x, x}), x.split(1)[0], x.chunk(2)[1], x.unbind()[0], x.t()}),
              ElementsAre("StackBackward0", "CatBackward0", "SplitBackward0", "SplitBackward0", "UnbindBackward0",
                          "TBackward0"));
  EXPECT_THAT(names({x.squeeze(), x.squeeze(0), nn::functional::mse_loss(x, ones({2, 2}, {.dtype = kFloat64})),
                     nn::functional::cross_entropy(x, zeros({2}, {.dtype = kInt64}))}),
              ElementsAre("SqueezeBackward0", "SqueezeBackward1", "MseLossBackward0", "NllLossBackward0"));
}

TEST(Threads, TrainTwoModelsAtOnce) {
  const auto first = train(1), second = train(2);
  std::vector<double> a, b;
  std::thread one([&] { a = train(1); }), two([&] { b = train(2); });
  one.join();
  two.join();
  EXPECT_EQ(a, first);
  EXPECT_EQ(b, second);
}

TEST(Threads, AddToOneLeafTogether) {
  const Tensor w = leaf({1, 1, 1});
  const auto add = [&] {
    for (int i = 0; i < 200; ++i) (w * 2).sum().backward();
  };
  std::thread one(add), two(add);
  one.join();
  two.join();
  EXPECT_THAT(to_doubles(w.grad()), ElementsAre(800, 800, 800));
}

TEST(Threads, RecordByDefaultAndGuardsAreOfOneThread) {
  NoGradGuard no_grad;
  bool there = false;
  std::thread([&] { there = is_grad_enabled(); }).join();
  EXPECT_TRUE(there);
  EXPECT_FALSE(is_grad_enabled());
  {
    EnableGradGuard grad;
    EXPECT_TRUE(is_grad_enabled());
  }
  EXPECT_FALSE(is_grad_enabled());
}

TEST(Anomaly, NamesTheOpThatGaveNotANumber) {
  const Tensor x = leaf({0, 1});
  const auto f = [&] { (x.sqrt() * 0).sum().backward(); };  // 0 / (2 * sqrt(0))
  EXPECT_EQ(message_of(f), "(no error)");
  autograd::DetectAnomaly on;
  EXPECT_EQ(message_of(f), "Function 'SqrtBackward0' returned nan values in its 0th output.");
}

TEST(Inference, TensorsAreNotSavedNorWrittenToOutside) {
  const Tensor w = leaf({1, 2});
  Tensor inside;
  {
    InferenceMode mode;
    EXPECT_TRUE(is_inference_mode_enabled());
    inside = w.detach().clone();
    EXPECT_FALSE((w * 2).requires_grad());
    inside.add_(1);
  }
  EXPECT_FALSE(is_inference_mode_enabled());
  EXPECT_THAT(message_of([&] { w* inside; }), StartsWith("Inference tensors cannot be saved for backward."));
  EXPECT_THAT(message_of([&] { inside.add_(1); }),
              StartsWith("add_: Inplace update to inference tensor outside InferenceMode is not allowed."));
  const Tensor copy = inside.clone();
  EXPECT_EQ(message_of([&] { (w * copy).sum().backward(); }), "(no error)");
  EXPECT_EQ(message_of([&] { inside.requires_grad_(); }),
            "requires_grad_: Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.");
  EXPECT_EQ(message_of([&] { inside.version(); }), "version: Inference tensors do not track version counter.");
}

}  // namespace
}  // namespace cresset::test
