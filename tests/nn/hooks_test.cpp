// Forward hooks, for Module and for other signatures.
#include <gmock/gmock.h>

#include "nn/nets.h"

namespace cresset::test {
namespace {

using testing::ElementsAre;

// Sums as many of a vector's tensors as it is told.
struct Sum : nn::ModuleOf<Tensor(const std::vector<Tensor>&, int)> {
  CRESSET_MODULE()
  Tensor forward(const std::vector<Tensor>& inputs, int count) override {
    Tensor sum = zeros({});
    for (int i = 0; i < count; ++i) sum = sum + inputs[static_cast<std::size_t>(i)].sum();
    return sum;
  }
};
struct Counter : nn::ModuleOf<void(int)> {
  int total = 0;
  CRESSET_MODULE()
  void forward(int by) override { total += by; }
};

TEST(Hooks, SeeModuleInputAndOutput) {
  Affine net;
  std::vector<std::string> seen;
  net.register_forward_pre_hook([&](nn::Module& module, const Tensor& input) {
    EXPECT_EQ(&module, &net);
    seen.push_back("before " + input.shape().str());
  });
  net.register_forward_hook([&](nn::ModuleBase& module, const Tensor& input, const Tensor& output) {
    EXPECT_EQ(module.class_name(), "Affine");
    EXPECT_EQ(output[0].item(), 2 * input[0].item() + 1);
    seen.push_back("after");
  });
  net(tensor({3.0, 4.0}));
  EXPECT_THAT(seen, ElementsAre("before [2]", "after"));
}

TEST(Hooks, MayReplaceInputAndOutput) {
  Affine net;
  net.register_forward_pre_hook([](nn::Module&, const Tensor& input) { return input * 10; });
  net.register_forward_hook([](nn::Module&, const Tensor&, const Tensor& output) { return -output; });
  EXPECT_EQ(net(tensor({1.0, 1.0}))[0].item(), -21);
}

TEST(Hooks, RunInOrderUntilRemoved) {
  Affine net;
  std::vector<int> order;
  auto one = net.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor&) { order.push_back(1); });
  auto two = net.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor&) { order.push_back(2); });
  net(zeros({2}));
  one.remove();
  one.remove();
  net(zeros({2}));
  EXPECT_THAT(order, ElementsAre(1, 2, 2));
  two.remove();
  net(zeros({2}));
  EXPECT_EQ(order.size(), 3u);
}

TEST(Hooks, MayRemoveItselfAndOutliveTheModule) {
  std::optional<HookHandle> handle;
  {
    Affine net;
    int calls = 0;
    handle = net.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor&) {
      ++calls;
      handle->remove();
    });
    net(zeros({2}));
    net(zeros({2}));
    EXPECT_EQ(calls, 1);
    handle = net.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor&) { ++calls; });
  }
  handle->remove();
}

TEST(Hooks, OfOtherSignatures) {
  Sum sum;
  const std::vector<Tensor> ones_and_twos = {ones({2}), ones({2}) * 2};
  EXPECT_EQ(sum(ones_and_twos, 2).item(), 6);
  auto handle = sum.register_forward_pre_hook([](Sum::ModuleOf&, const std::vector<Tensor>& inputs, int) {
    return std::tuple{inputs, 1};
  });
  sum.register_forward_hook([](nn::ModuleBase&, const std::vector<Tensor>&, int count, const Tensor& output) {
    return output * 100 + count;
  });
  EXPECT_EQ(sum(ones_and_twos, 2).item(), 201);
  handle.remove();
  EXPECT_EQ(sum(ones_and_twos, 2).item(), 602);

  Counter counter;
  int after = 0;
  counter.register_forward_pre_hook([](nn::ModuleBase&, int by) { return by * 2; });
  counter.register_forward_hook([&](nn::ModuleBase&, int by) { after = by; });
  counter(3);
  EXPECT_EQ(counter.total, 6);
  EXPECT_EQ(after, 6);
}

TEST(Hooks, OfInnerModulesRunInTheirTurn) {
  Two net;
  std::vector<std::string> names;
  for (auto& [name, module] : net.named_modules())
    module->as<nn::Module>()->register_forward_hook(
        [&names, n = name](nn::Module&, const Tensor&, const Tensor&) { names.push_back(n); });
  net(zeros({2}));
  EXPECT_THAT(names, ElementsAre("first", "second", ""));
}

}  // namespace
}  // namespace cresset::test
