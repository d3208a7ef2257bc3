#include <cresset/cresset.h>
#include <gtest/gtest.h>

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
  EXPECT_EQ(models::names(), std::vector<std::string>{"cifar_net"});
  const auto net = models::make("cifar_net");
  EXPECT_EQ(net->class_name(), "CifarNet");
  try {
    models::make("cifarnet");
    ADD_FAILURE();
  } catch (const ValueError& error) {
    EXPECT_STREQ(error.what(), "models: there is no model \"cifarnet\"; the nearest names are cifar_net");
  }
}

}  // namespace
}  // namespace cresset::test
