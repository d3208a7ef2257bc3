// What Sequential does with a ReLU behind another layer.
#include <cresset/extension/trace.h>
#include <cresset/nn/fused_relu.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cuda/cuda_test.h"
#include "support/message.h"

namespace cresset::test {
namespace {

using namespace nn;

class CudaFusedRelu : public CudaTest {};

Sequential make_net() {
  return Sequential{
      Conv2d{3, 4, 3}, ReLU{},         Conv2d{4, 4, 3, {.padding = 1, .padding_mode = PaddingMode::reflect}},
      ReLU{},          BatchNorm2d{4}, ReLU{},
      Flatten{},       Linear{64, 5},  ReLU{},
      BatchNorm1d{5},  ReLU{}};
}

// A layer of a user's own that only looks like a convolution.
struct Doubled : Conv2d {
  using Conv2d::Conv2d;
  CRESSET_MODULE(weight, bias)
  Tensor forward(const Tensor& input) override { return Conv2d::forward(input) * 2; }
};

TEST_F(CudaFusedRelu, SequentialRunsAReluWithTheLayerBefore) {
  const Tensor x = randn({2, 3, 6, 6}, {.device = kCuda});
  const auto last_op = [&](Sequential net) {
    net.to(kCuda);
    net(x);  // checks the members
    return net(x).grad_fn_name();
  };
  EXPECT_EQ(last_op(Sequential{Conv2d{3, 4, 3}, ReLU{}}), "ConvolutionReluBackward0");
  EXPECT_EQ(last_op(Sequential{Linear{6, 4}, ReLU{}}), "ViewBackward0");
  EXPECT_EQ(last_op(Sequential{BatchNorm2d{3}, ReLU{}}), "NativeBatchNormReluBackward0");
  EXPECT_EQ(last_op(Sequential{Conv2d{3, 4, 3}, Sigmoid{}}), "SigmoidBackward0");
  EXPECT_EQ(last_op(Sequential{Doubled{3, 4, 3}, ReLU{}}), "ReluBackward0");
  Sequential cpu{Conv2d{3, 4, 3}, ReLU{}};
  EXPECT_EQ(cpu(x.cpu()).grad_fn_name(), "ReluBackward0");
}

TEST_F(CudaFusedRelu, HooksSeeWhatTheyWouldSee) {
  Sequential net{Conv2d{3, 4, 3}, ReLU{}};
  net.to(kCuda);
  double least = 0;
  net[0].register_forward_hook([&](Module&, const Tensor&, const Tensor& output) { least = output.min().item(); });
  const Tensor y = net(randn({2, 3, 6, 6}, {.device = kCuda}));
  EXPECT_LT(least, 0);
  EXPECT_EQ(y.min().item(), 0);
}

struct FusedByHand : Module {
  Parameter weight{ones({2, 3})};
  CRESSET_MODULE(weight)
  Tensor forward(const Tensor& input) override { return functional::linear_relu(input, weight); }
};

TEST_F(CudaFusedRelu, WhoRecordsAForwardSeesBothOps) {
  const auto ops_of = [](const trace::Graph& graph) {
    std::vector<std::string> ops;
    for (const trace::Node& node : graph.nodes) ops.push_back(node.op);
    return ops;
  };
  Sequential net = make_net();
  net.to(kCuda);
  net.eval();  // nothing is counted
  const Tensor x = randn({2, 3, 6, 6}, {.device = kCuda});
  net(x);  // checks the members
  EXPECT_THAT(ops_of(trace::record(net, trace::forward_of(net), {x})),
              testing::ElementsAre("conv2d", "relu", "pad", "conv2d", "relu", "batch_norm", "relu", "reshape", "linear",
                                   "relu", "batch_norm", "relu"));
  // Afterwards it is as before.
  net(x);
  EXPECT_EQ(net(x).grad_fn_name(), "NativeBatchNormReluBackward0");
  FusedByHand by_hand;
  by_hand.to(kCuda);
  EXPECT_THAT(ops_of(trace::record(by_hand, trace::forward_of(by_hand), {ones({4, 3}, {.device = kCuda})})),
              testing::ElementsAre("linear", "relu"));
}

TEST_F(CudaFusedRelu, ErrorsNameTheLayer) {
  Sequential net{Conv2d{3, 4, 3}, ReLU{}};
  net.to(kCuda);
  net(zeros({1, 3, 6, 6}, {.device = kCuda}));
  const std::string message = message_of<ShapeError>([&] { net(zeros({1, 5, 6, 6}, {.device = kCuda})); });
  EXPECT_NE(message.find("in Sequential.0 (Conv2d), input [1, 5, 6, 6]"), std::string::npos) << message;
}

// Forward, backward and running statistics.
TEST_F(CudaFusedRelu, TrainingIsThatOfTheLayersOneByOne) {
  manual_seed(3);
  Sequential fused = make_net();
  fused.to(kCuda);
  Sequential single = fused.clone();
  const Tensor x = randn({2, 3, 6, 6}, {.device = kCuda});
  for (int i = 0; i < 2; ++i) {
    Tensor y = x;
    for (Module& layer : single) y = layer(y);
    const Tensor z = fused(x);
    EXPECT_TRUE(z.equal(y));
    y.square().sum().backward();
    z.square().sum().backward();
  }
  const auto own = fused.parameters(), theirs = single.parameters();
  for (std::size_t i = 0; i < own.size(); ++i) EXPECT_TRUE(own[i].grad().equal(theirs[i].grad())) << i;
  const StateDict state = fused.state_dict();
  for (const auto& [name, value] : single.state_dict()) EXPECT_TRUE(state.at(name).equal(value)) << name;
}

}  // namespace
}  // namespace cresset::test
