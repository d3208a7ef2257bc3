// What trace::record writes down of a forward.
#include <cresset/cresset.h>
#include <cresset/extension/trace.h>
#include <cresset/nn/fused_relu.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/calls.h"
#include "support/message.h"

namespace cresset {
namespace {

namespace F = nn::functional;
using testing::ElementsAre;
using testing::HasSubstr;

trace::Graph recorded(Calls::Function function, const std::vector<Tensor>& inputs) {
  Calls module(function);
  return trace::record(module, trace::forward_of(module), inputs);
}

std::vector<std::string> ops_of(const trace::Graph& graph) {
  std::vector<std::string> ops;
  for (const trace::Node& node : graph.nodes) ops.push_back(node.op);
  return ops;
}

struct Block : nn::Module {
  nn::Conv2d conv{1, 2, 3};
  CRESSET_MODULE(conv)
  Tensor forward(const Tensor& x) override { return F::relu(conv(x)); }
};
struct Net : nn::Module {
  Block block;
  nn::Sequential head{nn::Flatten{}, nn::Linear{8, 3}};
  CRESSET_MODULE(block, head)
  Tensor forward(const Tensor& x) override { return head(block(x)); }
};

TEST(Record, OpsWithTheModulesThatCalledThem) {
  Net net;
  const trace::Graph graph = trace::record(net, trace::forward_of(net), {zeros({1, 1, 4, 4})});
  std::vector<std::string> lines;
  for (const trace::Node& node : graph.nodes)
    lines.push_back(node.op + " in " + graph.scopes.at(static_cast<std::size_t>(node.scope)).path);
  EXPECT_THAT(lines, ElementsAre("conv2d in block.conv", "relu in block", "reshape in head.0", "linear in head.1"));
  EXPECT_EQ(graph.scopes.at(0).class_name, "Net");
  const trace::Node& conv = graph.nodes.at(0);
  EXPECT_EQ(graph.values.at(static_cast<std::size_t>(conv.inputs.at(1))).name, "block.conv.weight");
  EXPECT_FALSE(graph.values.at(static_cast<std::size_t>(conv.outputs.at(0))).constant);
  // Afterwards calls are what they were.
  EXPECT_TRUE(net(zeros({2, 1, 4, 4})).requires_grad());
}

TEST(Record, AnOpWithItsReluIsTwoOps) {
  const auto graph = recorded(
      [](const std::vector<Tensor>& x) -> std::vector<Tensor> {
        return {F::linear_relu(F::batch_norm_relu(F::conv2d_relu(x[0], x[1]), x[2], x[3]), x[4])};
      },
      {ones({1, 3, 4, 4}), ones({2, 3, 1, 1}), zeros({2}), ones({2}), ones({5, 4})});
  EXPECT_THAT(ops_of(graph), ElementsAre("conv2d", "relu", "batch_norm", "relu", "linear", "relu"));
}

TEST(Record, RunningStatisticsThatMoveAreNewValues) {
  const auto graph = recorded(
      [](const std::vector<Tensor>& x) -> std::vector<Tensor> {
        const Tensor y = F::batch_norm(x[0], x[1], x[2], {}, {}, {.training = true});
        return {y + x[1]};
      },
      {rand({4, 2}), zeros({2}), ones({2})});
  const trace::Node& norm = graph.nodes.at(0);
  EXPECT_EQ(norm.op, "batch_norm");
  ASSERT_EQ(norm.outputs.size(), 3u);
  EXPECT_EQ(graph.nodes.at(1).inputs, (std::vector<int>{norm.outputs[0], norm.outputs[1]}));
}

TEST(Record, WhatFollowsFromConstantsIsConstant) {
  const auto graph = recorded(
      [](const std::vector<Tensor>& x) -> std::vector<Tensor> {
        const Tensor table = exp(arange(3, {.dtype = kFloat32}));
        return {x[0] + table};
      },
      {zeros({3})});
  const trace::Node& add = graph.nodes.back();
  EXPECT_EQ(add.op, "add");
  const trace::Value& table = graph.values.at(static_cast<std::size_t>(add.inputs.at(1)));
  EXPECT_TRUE(table.constant);
  EXPECT_TRUE(table.tensor.equal(exp(arange(3, {.dtype = kFloat32}))));
}

TEST(Record, AWriteInPlaceGivesANewValue) {
  const auto graph = recorded(
      [](const std::vector<Tensor>& x) -> std::vector<Tensor> {
        const Tensor y = x[0] * 2;
        y.relu_();
        return {y};
      },
      {zeros({3})});
  EXPECT_THAT(ops_of(graph), ElementsAre("mul", "relu"));
  EXPECT_EQ(graph.outputs.at(0), graph.nodes.at(1).outputs.at(0));
}

TEST(Record, AWriteToAViewChangesTheWholeAndOtherViews) {
  const auto graph = recorded(
      [](const std::vector<Tensor>& x) -> std::vector<Tensor> {
        const Tensor y = x[0] * 2, flat = y.view({6});
        y[0].zero_();
        return {y, flat};
      },
      {ones({2, 3})});
  EXPECT_THAT(ops_of(graph), ElementsAre("mul", "reshape", "select", "full", "select_scatter", "reshape"));
  EXPECT_EQ(graph.outputs.at(0), graph.nodes.at(4).outputs.at(0));
  EXPECT_EQ(graph.nodes.at(5).inputs.at(0), graph.outputs.at(0));
  EXPECT_EQ(graph.outputs.at(1), graph.nodes.at(5).outputs.at(0));
}

TEST(Record, AConstantIsWhatItWasBeforeItWasWrittenTo) {
  const auto graph = recorded(
      [](const std::vector<Tensor>& x) -> std::vector<Tensor> {
        const Tensor sum = full({2}, 5.0);
        sum.add_(x[0]);
        return {sum};
      },
      {ones({2})});
  const trace::Node& add = graph.nodes.back();
  EXPECT_EQ(add.op, "add");
  EXPECT_TRUE(graph.values.at(static_cast<std::size_t>(add.inputs.at(0))).tensor.equal(full({2}, 5.0)));
}

struct Counter : nn::Module {
  nn::Parameter weight{ones({2})};
  nn::Buffer calls{zeros({})};
  nn::BatchNorm1d norm{2};
  CRESSET_MODULE(weight, calls, norm)
  Tensor forward(const Tensor& x) override {
    calls.add_(1);
    weight.data().mul_(3);
    return norm(x) * weight;
  }
};

TEST(Record, InputsParametersAndBuffersAreAsTheyWere) {
  Counter counter;
  const Tensor x = arange(6, {.dtype = kFloat32}).view({3, 2});
  trace::record(counter, trace::forward_of(counter), {x});
  EXPECT_EQ(counter.calls.item(), 0);
  EXPECT_TRUE(counter.weight.detach().equal(ones({2})));
  EXPECT_TRUE(counter.norm.running_mean.equal(zeros({2})));
  EXPECT_EQ(counter.norm.num_batches_tracked.item<std::int64_t>(), 0);
}

struct Branches : nn::Module {
  nn::ReLU relu;
  CRESSET_MODULE(relu)
  Tensor forward(const Tensor& x) override { return x.sum().item() > 0 ? relu(x) : x; }
};
struct Holds : nn::Module {
  Branches inner;
  CRESSET_MODULE(inner)
  Tensor forward(const Tensor& x) override { return inner(x); }
};

TEST(Record, TellsOfAForwardThatReadsValues) {
  Holds net;
  const std::string message =
      message_of<UnsupportedError>([&] { trace::record(net, trace::forward_of(net), {zeros({2})}); });
  EXPECT_THAT(message, HasSubstr("item: the forward reads a value that depends on its inputs"));
  EXPECT_THAT(message, HasSubstr("in Holds.inner (Branches), input [2]"));
}

TEST(Record, ValuesOfConstantsMayBeRead) {
  const auto graph = recorded(
      [](const std::vector<Tensor>& x) -> std::vector<Tensor> { return {x[0] * full({}, 3.0).item()}; }, {zeros({2})});
  EXPECT_EQ(std::get<Scalar>(graph.nodes.back().attributes.at(0).second).to_double(), 3);
}

TEST(Record, PrintingIsNoBranch) {
  const auto graph = recorded(
      [](const std::vector<Tensor>& x) -> std::vector<Tensor> {
        return {x[0] + static_cast<double>(x[0].str().size())};
      },
      {zeros({2})});
  EXPECT_THAT(ops_of(graph), ElementsAre("add"));
}

TEST(Record, RandomNumbersCannotBeWrittenDown) {
  EXPECT_THAT(message_of<UnsupportedError>([&] {
                recorded([](const std::vector<Tensor>& x) -> std::vector<Tensor> { return {x[0] + randn({2})}; },
                         {zeros({2})});
              }),
              HasSubstr("random: this op cannot be written down in a graph"));
}

TEST(Record, AnUndefinedInputOrOutputIsAnError) {
  EXPECT_EQ(message_of<ValueError>([&] {
              recorded([](const std::vector<Tensor>&) -> std::vector<Tensor> { return {Tensor()}; }, {zeros({2})});
            }),
            "trace: an output of the forward is undefined");
  EXPECT_EQ(message_of<ValueError>(
                [&] { recorded([](const std::vector<Tensor>& x) -> std::vector<Tensor> { return x; }, {Tensor()}); }),
            "trace: input 0 is undefined");
}

TEST(Record, TheNumberOfInputsMustFit) {
  Net net;
  EXPECT_EQ(message_of<ValueError>([&] { trace::record(net, trace::forward_of(net), {}); }),
            "Net: forward takes 1 tensors, got 0");
}

}  // namespace
}  // namespace cresset
