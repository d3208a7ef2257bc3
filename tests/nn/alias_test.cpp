// Copies are further names of the same module; clone() makes another; ties and moves stay what they are.
#include <cresset/optim.h>
#include <gmock/gmock.h>

#include "nn/nets.h"

namespace cresset::test {
namespace {

using testing::ElementsAre;

double first(const Tensor& x) { return x.reshape({-1})[0].item(); }

TEST(Alias, ACopySharesParametersBuffersAndFlag) {
  Two net;
  Two copy = net;
  EXPECT_TRUE(copy.is_same(net));
  EXPECT_TRUE(copy.first.scale.is_same(net.first.scale));
  copy.eval();
  EXPECT_FALSE(net.is_training());
  EXPECT_FALSE(net.second.is_training());
  net.train();
  EXPECT_TRUE(copy.is_training());
  nn::init::constant_(copy.second.scale, 7);
  EXPECT_EQ(first(net.second.scale), 7);
  copy.second.offset.fill_(9);
  EXPECT_EQ(first(net.second.offset), 9);
}

TEST(Alias, ACopySharesHooks) {
  Two net;
  Two copy = net;
  int calls = 0;
  auto handle = net.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor&) { ++calls; });
  copy(zeros({2}));
  EXPECT_EQ(calls, 1);
  handle.remove();
  copy(zeros({2}));
  EXPECT_EQ(calls, 1);
}

TEST(Alias, ACopySharesAContainersChildren) {
  nn::Sequential net{Affine()};
  nn::Sequential copy = net;
  copy.push_back(Affine());
  EXPECT_EQ(net.size(), 2u);
  EXPECT_TRUE(net[1].is_same(copy[1]));
}

TEST(Alias, AnAssignedModuleIsTheOther) {
  Affine a, b;
  a = b;
  EXPECT_TRUE(a.is_same(b));
  EXPECT_TRUE(a.scale.is_same(b.scale));
}

TEST(Alias, ModulesMoveFreely) {
  Two net;
  const Tensor weight = net.first.scale;
  optim::SGD opt{net.parameters(), {.lr = 1}};
  std::vector<Two> nets;
  nets.push_back(std::move(net));
  for (int i = 0; i < 10; ++i) nets.emplace_back();  // reallocates
  Two& moved = nets.front();
  EXPECT_TRUE(moved.parameters()[0].is_same(weight));
  moved(zeros({2})).sum().backward();
  opt.step();
  EXPECT_TRUE(moved.first.scale.is_same(weight));
  moved.eval();
  EXPECT_FALSE(moved.second.is_training());
}

TEST(Clone, OwnsAllOfIt) {
  Two net;
  net.eval();
  Two copy = net.clone();
  EXPECT_FALSE(copy.is_same(net));
  EXPECT_FALSE(copy.is_training());
  EXPECT_FALSE(copy.first.scale.is_view_of_same_storage(net.first.scale));
  EXPECT_FALSE(copy.first.offset.is_view_of_same_storage(net.first.offset));
  EXPECT_TRUE(copy.first.scale.equal(net.first.scale));
  EXPECT_TRUE(copy.first.scale.requires_grad());
  EXPECT_TRUE(copy.first.scale.is_leaf());
  copy.train();
  EXPECT_FALSE(net.is_training());
  nn::init::zeros_(copy.first.scale);
  EXPECT_EQ(first(net.first.scale), 2);
}

TEST(Clone, KeepsFrozenParametersFrozenAndHooks) {
  Affine net;
  net.scale.requires_grad_(false);
  int calls = 0;
  net.register_forward_pre_hook([&](nn::Module&, const Tensor&) { ++calls; });
  Affine copy = net.clone();
  EXPECT_FALSE(copy.scale.requires_grad());
  copy(zeros({2}));
  EXPECT_EQ(calls, 1);
}

TEST(Clone, KeepsTiesOfParametersModulesAndContainers) {
  struct Net : nn::Module {
    Affine a, b, c = a;
    nn::Sequential s{Affine(), Affine()}, t = s;
    Net() { b.scale = a.scale; }
    CRESSET_MODULE(a, b, c, s, t)
    Tensor forward(const Tensor& input) override { return t(s(c(b(a(input))))); }
  } net;
  Net copy = net.clone();
  EXPECT_FALSE(copy.a.scale.is_same(net.a.scale));
  EXPECT_TRUE(copy.a.scale.is_same(copy.b.scale));
  EXPECT_FALSE(copy.a.offset.is_same(copy.b.offset));
  EXPECT_TRUE(copy.a.is_same(copy.c));
  EXPECT_TRUE(copy.s[0].is_same(copy.t[0]));
  EXPECT_FALSE(copy.s[0].is_same(net.s[0]));
  copy.s.push_back(nn::ReLU());
  EXPECT_EQ(copy.t.size(), 3u);
  EXPECT_EQ(net.s.size(), 2u);
  EXPECT_EQ(copy.parameters().size(), net.parameters().size());
}

TEST(Clone, OfASequentialKeepsClassesAndNames) {
  nn::Sequential net{{"in", Affine()}, {"rest", nn::Sequential{nn::ReLU(), Two()}}};
  nn::Sequential copy = net.clone();
  EXPECT_EQ(copy.str(), net.str());
  EXPECT_FALSE(copy.at<Affine>(0).scale.is_same(net.at<Affine>(0).scale));
  Two& inner = copy.at<nn::Sequential>(1).at<Two>(1);
  EXPECT_FALSE(inner.first.scale.is_same(net.at<nn::Sequential>(1).at<Two>(1).first.scale));
}

struct Tied : nn::Module {
  Affine a, b;
  Tied() { b.scale = a.scale; }
  CRESSET_MODULE(a, b)
  Tensor forward(const Tensor& input) override { return b(a(input)); }
};

TEST(Tie, ListedOnceSavedUnderEachName) {
  Tied net;
  ASSERT_EQ(net.named_parameters().size(), 1u);
  EXPECT_EQ(net.named_parameters()[0].name, "a.scale");
  EXPECT_THAT(net.state_dict().keys(), ElementsAre("a.scale", "a.offset", "b.scale", "b.offset"));
  EXPECT_TRUE(net.state_dict().at("a.scale").is_view_of_same_storage(net.state_dict().at("b.scale")));
}

TEST(Tie, GradientsOfBothUsesAddUp) {
  Tied net;
  net(tensor({1.0, 1.0})).sum().backward();
  // d/ds of (s * x + 1) * s + 1 = 2 s x + 1 at s = 2.
  EXPECT_EQ(first(net.a.scale.grad()), 5);
}

TEST(To, ChangesTheParametersThemselves) {
  Tied net;
  const Tensor weight = net.a.scale;
  Tied copy = net;
  optim::SGD opt{net.parameters(), {.lr = 1}};
  net(ones({2})).sum().backward();
  net.to(kFloat64);
  EXPECT_EQ(weight.dtype(), kFloat64);
  EXPECT_EQ(weight.grad().dtype(), kFloat64);
  EXPECT_EQ(copy.a.offset.dtype(), kFloat64);
  EXPECT_TRUE(net.a.scale.is_same(net.b.scale));
  EXPECT_TRUE(net.a.scale.is_same(weight));
  EXPECT_TRUE(weight.requires_grad());
  opt.step();
  EXPECT_EQ(first(copy.b.scale), 2 - 5);
}

TEST(To, LeavesIntegersAndOtherFormatsAlone) {
  nn::BatchNorm2d norm{2};
  norm.to(kFloat16);
  EXPECT_EQ(norm.weight.dtype(), kFloat16);
  EXPECT_EQ(norm.running_var.dtype(), kFloat16);
  EXPECT_EQ(norm.num_batches_tracked.dtype(), kInt64);
  nn::Conv2d conv{3, 4, 3};
  conv.to(kChannelsLast);
  EXPECT_TRUE(conv.weight.is_contiguous(kChannelsLast));
  EXPECT_TRUE(conv.bias.is_contiguous());
}

TEST(To, ABufferMayBeAViewOfAnotherTensor) {
  const Tensor table = ones({2, 3});
  struct Net : nn::Module {
    nn::Buffer row;
    CRESSET_MODULE(row)
    Tensor forward(const Tensor& input) override { return input; }
  } net;
  net.row = nn::Buffer(table[1]);
  EXPECT_TRUE(net.row.is_view_of_same_storage(table));
  net.to(kFloat64);
  EXPECT_EQ(net.row.dtype(), kFloat64);
  EXPECT_EQ(table.dtype(), kFloat32);
}

TEST(To, ADeviceThatIsNotThereIsAnErrorAndTheModuleStays) {
  if (cuda::is_available()) GTEST_SKIP() << "there is a device";
  Affine net;
  EXPECT_THROW(net.to("cuda"), DeviceError);
  EXPECT_TRUE(net.scale.device().is_cpu());
}

TEST(TrainEval, ReachesAllChildren) {
  Two net;
  EXPECT_TRUE(net.is_training());
  net.first.eval();
  EXPECT_TRUE(net.is_training());
  EXPECT_FALSE(net.first.is_training());
  net.train(false);
  EXPECT_FALSE(net.second.is_training());
  net.train();
  EXPECT_TRUE(net.first.is_training());
}

TEST(RequiresGrad, FreezesAndFrees) {
  Two net;
  net.requires_grad_(false);
  for (const Tensor& parameter : net.parameters()) EXPECT_FALSE(parameter.requires_grad());
  EXPECT_FALSE(net(zeros({2})).requires_grad());
  net.requires_grad_();
  EXPECT_TRUE(net(zeros({2})).requires_grad());
}

TEST(ZeroGrad, RemovesGradientsOrMakesThemZero) {
  Two net;
  net(ones({2})).sum().backward();
  const Tensor grad = net.first.scale.grad();
  ASSERT_TRUE(grad.defined());
  net.zero_grad(false);
  EXPECT_TRUE(net.first.scale.grad().is_same(grad));
  EXPECT_EQ(first(grad), 0);
  net.zero_grad();
  EXPECT_FALSE(net.first.scale.grad().defined());
}

TEST(Apply, ChildrenBeforeTheirParentByTheirClass) {
  struct Net : nn::Module {
    Two two;
    nn::Sequential rest{Affine()};
    CRESSET_MODULE(two, rest)
    Tensor forward(const Tensor& input) override { return rest(two(input)); }
  } net;
  std::vector<std::string> order;
  net.apply([&](nn::ModuleBase& module) {
    order.push_back(module.class_name());
    if (auto* affine = module.as<Affine>()) nn::init::zeros_(affine->scale);
  });
  EXPECT_THAT(order, ElementsAre("Affine", "Affine", "Two", "Affine", "Sequential", "Net"));
  EXPECT_EQ(first(net.rest.at<Affine>(0).scale), 0);
}

}  // namespace
}  // namespace cresset::test
