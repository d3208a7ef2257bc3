#include <cresset/cresset.h>
#include <gtest/gtest.h>

#include "support/message.h"

namespace cresset::test {
namespace {

TEST(Models, CifarNetHasItsNamesAndSizes) {
  models::CifarNet net;
  std::int64_t count = 0;
  for (const Tensor& parameter : net.parameters()) count += parameter.numel();
  EXPECT_EQ(count, 62006);
  EXPECT_EQ(net.state_dict().keys(),
            (std::vector<std::string>{"conv_1.weight", "conv_1.bias", "conv_2.weight", "conv_2.bias", "fc_1.weight",
                                      "fc_1.bias", "fc_2.weight", "fc_2.bias", "fc_3.weight", "fc_3.bias"}));
  EXPECT_EQ(net(zeros({2, 3, 32, 32})).shape(), Shape({2, 10}));
  models::CifarNet copy = net.clone();
  EXPECT_EQ(copy.str(), net.str());
}

TEST(Models, CifarNetTrains) {
  manual_seed(0);
  models::CifarNet net;
  optim::SGD opt{net.parameters(), {.lr = 0.05, .momentum = 0.9}};
  nn::CrossEntropyLoss cross_entropy;
  const Tensor images = randn({8, 3, 32, 32});
  const Tensor labels = arange(8);
  double loss = 0;
  for (int step = 0; step < 40; ++step) {
    opt.zero_grad();
    const Tensor l = cross_entropy(net(images), labels);
    loss = l.item();
    if (step == 0) {
      EXPECT_NEAR(loss, 2.3, 0.2);
    }
    l.backward();
    opt.step();
  }
  EXPECT_LT(loss, 0.5);
}

TEST(Models, ByName) {
  const auto net = models::make("cifar_net");
  EXPECT_EQ(net->class_name(), "CifarNet");
  EXPECT_EQ(message_of<ValueError>([] { models::make("cifarnet"); }),
            "models: there is no model \"cifarnet\"; the nearest names are cifar_net, conv_net, mnist_net");
  EXPECT_EQ(models::info("lenet").input, Shape({1, 28, 28}));
  EXPECT_THROW(models::info("lenet5"), ValueError);
  EXPECT_EQ(message_of<ValueError>([] { models::make("lenet", {.num_classes = 0}); }),
            "models: num_classes must be positive, got 0");
}

TEST(Models, HaveTheNumberOfClassesAskedFor) {
  for (const char* name : {"cifar_net", "mnist_cnn", "mnist_net", "lenet", "nin_cifar", "alexnet_cifar",
                           "vgg11_bn_cifar", "resnet18_cifar"}) {
    const auto net = models::make(name, {.num_classes = 7});
    Shape shape = models::info(name).input;
    shape.insert(0, 2);
    net->eval();
    EXPECT_EQ((*net)(zeros(shape)).shape(), Shape({2, 7})) << name;
  }
}

TEST(Models, LayersAreSeenWhileDataFlows) {
  nn::Sequential net = models::nin_block(1, 4, 3, {.padding = 1});
  Tensor x = zeros({1, 1, 6, 6});
  std::string seen;
  for (auto& layer : net) {
    x = layer(x);
    seen += layer.class_name() + ' ' + x.shape().str() + '\n';
  }
  EXPECT_EQ(seen,
            "Conv2d [1, 4, 6, 6]\nReLU [1, 4, 6, 6]\nConv2d [1, 4, 6, 6]\nReLU [1, 4, 6, 6]\nConv2d [1, 4, 6, 6]\n"
            "ReLU [1, 4, 6, 6]\n");
}

TEST(Models, AreHandlesAndClones) {
  models::NiN net({.num_classes = 3, .input = models::InputSize::cifar});
  models::NiN alias = net, copy = net.clone();
  alias.eval();
  EXPECT_FALSE(net.is_training());
  EXPECT_TRUE(copy.is_training());
  EXPECT_EQ(copy.str(), net.str());
  net.parameters()[0].data().zero_();
  EXPECT_EQ(alias.parameters()[0].abs().sum().item(), 0);
  EXPECT_GT(copy.parameters()[0].abs().sum().item(), 0);
  const models::ResNet resnet = models::resnet18({.num_classes = 2, .input = models::InputSize::cifar});
  EXPECT_EQ(resnet.clone().str(), resnet.str());
  EXPECT_FALSE(resnet.maxpool.has_value());
}

double mean_square(const Tensor& t) { return t.square().mean().item(); }

TEST(Models, StartAsTorchvisions) {
  manual_seed(0);
  models::ResNet resnet = models::resnet18({.num_classes = 10, .zero_init_residual = true});
  // He et al., fan out: the variance is 2 / (64 * 3 * 3). The mean of 36,864 squares is within 3 percent.
  const double expected = 2.0 / (64 * 9);
  EXPECT_NEAR(mean_square(resnet.layer1.at<models::BasicBlock>(0).conv1.weight), expected, 0.03 * expected);
  EXPECT_EQ(resnet.layer2.at<models::BasicBlock>(1).bn2.weight.abs().sum().item(), 0);
  EXPECT_EQ(models::BasicBlock(2, 2).bn2.weight.sum().item(), 2);

  models::VGG vgg = models::vgg11_bn({.num_classes = 10, .input = models::InputSize::cifar});
  auto& conv = vgg.features.at<nn::Conv2d>(4);
  EXPECT_NEAR(mean_square(conv.weight), 2.0 / (128 * 9), 0.03 * 2.0 / (128 * 9));
  EXPECT_EQ(conv.bias.abs().sum().item(), 0);
  auto& linear = vgg.classifier.at<nn::Linear>(0);
  EXPECT_NEAR(mean_square(linear.weight), 1e-4, 3e-6);
  EXPECT_EQ(linear.bias.abs().sum().item(), 0);
}

}  // namespace
}  // namespace cresset::test
