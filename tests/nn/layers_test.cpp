// Layers pass their options on, keep their state, and refuse what PyTorch refuses. The functions have tests of their
// own.
#include <cresset/cresset.h>
#include <gtest/gtest.h>

#include "nn/nets.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;

TEST(Layers, Conv2dIsTheFunction) {
  const Tensor x = randn({2, 4, 9, 8});
  nn::Conv2d conv{4, 6, {3, 2}, {.stride = 2, .padding = {1, 0}, .dilation = {1, 2}, .groups = 2}};
  EXPECT_EQ(conv.weight.shape(), Shape({6, 2, 3, 2}));
  EXPECT_TRUE(conv(x).equal(
      F::conv2d(x, conv.weight, conv.bias, {.stride = 2, .padding = {1, 0}, .dilation = {1, 2}, .groups = 2})));
  nn::Conv2d plain{4, 6, 3, {.bias = false, .dtype = kFloat64}};
  EXPECT_FALSE(plain.bias.defined());
  EXPECT_EQ(plain.weight.dtype(), kFloat64);
  EXPECT_EQ(plain.parameters().size(), 1u);
}

TEST(Layers, Conv2dPadsInEachMode) {
  const Tensor x = randn({1, 1, 5, 6});
  for (const auto mode : {nn::PaddingMode::reflect, nn::PaddingMode::replicate, nn::PaddingMode::circular}) {
    nn::Conv2d conv{1, 1, 3, {.padding = {2, 1}, .padding_mode = mode}};
    EXPECT_TRUE(conv(x).equal(F::conv2d(F::pad(x, {1, 1, 2, 2}, {.mode = mode}), conv.weight, conv.bias)));
    nn::Conv2d same{1, 1, {4, 3}, {.padding = "same", .padding_mode = mode}};
    EXPECT_EQ(same(x).shape(), x.shape());
    EXPECT_TRUE(same(x).equal(F::conv2d(F::pad(x, {1, 1, 1, 2}, {.mode = mode}), same.weight, same.bias)));
  }
}

TEST(Layers, Conv2dRefusesWhatPyTorchRefuses) {
  using nn::Conv2d;
  EXPECT_EQ(message_of<ValueError>([] { Conv2d(4, 4, 3, {.groups = 0}); }),
            "Conv2d: groups must be a positive integer, got 0");
  EXPECT_EQ(message_of<ValueError>([] { Conv2d(3, 4, 3, {.groups = 2}); }),
            "Conv2d: in_channels must be divisible by groups, got 3 and 2");
  EXPECT_EQ(message_of<ValueError>([] { Conv2d(4, 3, 3, {.groups = 2}); }),
            "Conv2d: out_channels must be divisible by groups, got 3 and 2");
  EXPECT_EQ(message_of<ValueError>([] { Conv2d(4, 3, 3, {.stride = 2, .padding = "same"}); }),
            "Conv2d: padding='same' is not supported for strided convolutions");
  EXPECT_EQ(message_of<ValueError>([] { Conv2d(0, 3, 3); }), "Conv2d: channels must be positive, got 0 and 3");
  EXPECT_EQ(message_of<ValueError>([] { Conv2d(3, 3, 0); }), "Conv2d: kernel_size must be positive, got (0, 0)");
  EXPECT_EQ(message_of<ValueError>([] { Conv2d(3, 3, 1, {.stride = 0}); }),
            "Conv2d: stride must be positive, got (0, 0)");
  EXPECT_EQ(message_of<ValueError>([] {
              Conv2d(3, 3, 1, {.dilation = {1, -1}});
            }),
            "Conv2d: dilation must be positive, got (1, -1)");
  EXPECT_EQ(message_of<ValueError>([] { Conv2d(3, 3, 1, {.padding = -1}); }),
            "Conv2d: padding must not be negative, got (-1, -1)");
  EXPECT_EQ(message_of<ValueError>([] { nn::Linear(-1, 3); }), "Linear: features must not be negative, got -1 and 3");
  EXPECT_EQ(message_of<ValueError>([] { nn::Dropout(1.5); }),
            "Dropout: dropout probability has to be between 0 and 1, but got 1.5");
  EXPECT_EQ(message_of<ValueError>([] { nn::BatchNorm2d(-1); }),
            "BatchNorm: num_features must not be negative, got -1");
}

TEST(Layers, PoolingIsTheFunction) {
  const Tensor x = randn({1, 2, 7, 8});
  nn::MaxPool2d max{2, 1};
  EXPECT_TRUE(max(x).equal(F::max_pool2d(x, 2, {.stride = 1})));
  EXPECT_TRUE(nn::MaxPool2d{2}(x).equal(F::max_pool2d(x, 2)));
  EXPECT_TRUE(max.forward_with_indices(x).indices.equal(F::max_pool2d_with_indices(x, 2, {.stride = 1}).indices));
  nn::AvgPool2d avg{{3, 2}, {.padding = 1, .count_include_pad = false}};
  EXPECT_TRUE(avg(x).equal(F::avg_pool2d(x, {3, 2}, {.padding = 1, .count_include_pad = false})));
  EXPECT_TRUE(nn::AvgPool2d(2, 1)(x).equal(F::avg_pool2d(x, 2, {.stride = 1})));
  EXPECT_TRUE((nn::AdaptiveAvgPool2d{{3, 2}}(x).equal(F::adaptive_avg_pool2d(x, {3, 2}))));
  EXPECT_TRUE((nn::AdaptiveAvgPool2d{{None, 2}}(x).equal(F::adaptive_avg_pool2d(x, {x.size(2), 2}))));
  EXPECT_TRUE((nn::AdaptiveAvgPool2d{{3, None}}(x).equal(F::adaptive_avg_pool2d(x, {3, x.size(3)}))));
}

TEST(Layers, ActivationsAreTheFunctions) {
  const Tensor x = randn({3, 4});
  EXPECT_TRUE(nn::ReLU()(x).equal(F::relu(x)));
  EXPECT_TRUE(nn::Sigmoid()(x).equal(F::sigmoid(x)));
  EXPECT_TRUE(nn::Tanh()(x).equal(F::tanh(x)));
  EXPECT_TRUE(nn::GELU()(x).equal(F::gelu(x)));
  EXPECT_TRUE(nn::GELU{{.approximate = nn::GeluApproximate::tanh}}(x).equal(F::gelu(x, nn::GeluApproximate::tanh)));
  EXPECT_TRUE(nn::Softmax{0}(x).equal(F::softmax(x, 0)));
  EXPECT_TRUE(nn::LogSoftmax{1}(x).equal(F::log_softmax(x, 1)));
  EXPECT_EQ(nn::Flatten()(randn({2, 3, 4})).shape(), Shape({2, 12}));
  EXPECT_EQ(nn::Flatten(0, 1)(randn({2, 3, 4})).shape(), Shape({6, 4}));
  EXPECT_TRUE(nn::Identity()(x).is_same(x));
  const Tensor y = x.clone();
  EXPECT_TRUE(nn::ReLU{{.inplace = true}}(y).is_same(y));
  EXPECT_TRUE(y.equal(F::relu(x)));
  const Tensor z = x.clone();
  EXPECT_TRUE(F::relu(z, {.inplace = true}).is_same(z));
  EXPECT_TRUE(z.equal(F::relu(x)));
}

TEST(Layers, DropoutOnlyInTraining) {
  nn::Dropout dropout{0.5};
  const Tensor x = ones({1000});
  const Tensor y = dropout(x);
  EXPECT_TRUE(((y == 0) | (y == 2)).all().item<bool>());
  EXPECT_NEAR(y.mean().item(), 1, 0.2);
  dropout.eval();
  EXPECT_TRUE(dropout(x).equal(x));
  const Tensor z = ones({1000});
  EXPECT_TRUE((nn::Dropout{1, {.inplace = true}}(z).is_same(z)));
  EXPECT_EQ(z.sum().item(), 0);
}

TEST(Layers, BatchNormTracksStatistics) {
  nn::BatchNorm2d norm{2};
  const Tensor x = randn({4, 2, 3, 3}) * 3 + 5;
  norm(x);
  EXPECT_EQ(norm.num_batches_tracked.item(), 1);
  EXPECT_TRUE(norm.running_mean.allclose(0.1 * x.mean({0, 2, 3})));
  norm.eval();
  const Tensor y = norm(x);
  EXPECT_EQ(norm.num_batches_tracked.item(), 1);
  EXPECT_TRUE(y.allclose(F::batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias)));
}

TEST(Layers, BatchNormWithoutMomentumIsThePlainAverage) {
  nn::BatchNorm1d norm{3, {.momentum = std::nullopt}};
  const Tensor a = randn({8, 3}), b = randn({8, 3});
  norm(a);
  norm(b);
  EXPECT_TRUE(norm.running_mean.allclose((a.mean(0) + b.mean(0)) / 2, 1e-5, 1e-6));
}

TEST(Layers, BatchNormWithoutTrackingUsesTheBatchAlways) {
  nn::BatchNorm1d norm{3, {.affine = false, .track_running_stats = false}};
  EXPECT_EQ(norm.state_dict().size(), 0u);
  const Tensor x = randn({8, 3});
  const Tensor trained = norm(x);
  norm.eval();
  EXPECT_TRUE(norm(x).equal(trained));
  EXPECT_EQ((nn::BatchNorm1d{3, {.bias = false}}.parameters().size()), 1u);
}

TEST(Layers, BatchNormOfAnEmptyBatchHasGradientsOfZero) {
  for (const DType dtype : {kFloat32, kBFloat16}) {
    const Tensor x = zeros({0, 3, 2, 2}, {.dtype = dtype, .requires_grad = true});
    const Tensor weight = ones({3}, {.requires_grad = true}), bias = zeros({3}, {.requires_grad = true});
    nn::functional::batch_norm(x, {}, {}, weight, bias, {.training = true}).sum().backward();
    EXPECT_TRUE(weight.grad().equal(zeros({3}))) << weight.grad();
    EXPECT_TRUE(bias.grad().equal(zeros({3}))) << bias.grad();
  }
}

TEST(Layers, BatchNormChecksDimensions) {
  EXPECT_TRUE(message_of<ShapeError>([] {
                nn::BatchNorm2d(3)(zeros({2, 3}));
              }).starts_with("BatchNorm2d: expected 4D input (got 2D input)"));
  EXPECT_TRUE(message_of<ShapeError>([] {
                nn::BatchNorm1d(3)(zeros({2, 3, 1, 1}));
              }).starts_with("BatchNorm1d: expected 2D or 3D input (got 4D input)"));
}

TEST(Layers, LossesAreTheFunctions) {
  const Tensor logits = randn({4, 3});
  const Tensor labels = tensor({0, 2, 1, 2}), weight = tensor({1.0, 2.0, 3.0});
  EXPECT_TRUE(nn::CrossEntropyLoss()(logits, labels).equal(F::cross_entropy(logits, labels)));
  nn::CrossEntropyLoss loss{{.weight = weight, .ignore_index = 2, .reduction = Reduction::sum, .label_smoothing = 0.1}};
  EXPECT_TRUE(loss(logits, labels)
                  .equal(F::cross_entropy(
                      logits, labels,
                      {.weight = weight, .ignore_index = 2, .reduction = Reduction::sum, .label_smoothing = 0.1})));
  EXPECT_EQ(loss.state_dict().keys(), std::vector<std::string>{"weight"});
  EXPECT_TRUE(nn::CrossEntropyLoss().state_dict().empty());
  const Tensor other = randn({4, 3});
  EXPECT_TRUE(nn::MSELoss{{.reduction = Reduction::none}}(logits, other)
                  .equal(F::mse_loss(logits, other, {.reduction = Reduction::none})));
}

}  // namespace
}  // namespace cresset::test
