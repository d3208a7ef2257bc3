// Training on a device: the CPU's numbers, and no step that waits.
#include <gtest/gtest.h>

#include "cuda/cuda_test.h"

namespace cresset::test {
namespace {

namespace F = nn::functional;

class CudaTraining : public CudaTest {};

struct DropoutNet : nn::Module {
  nn::Conv2d conv{3, 8, 3, {.padding = 1}};
  nn::BatchNorm2d norm{8};
  nn::MaxPool2d pool{2, 2};
  nn::Dropout dropout{0.4};
  nn::Linear fc{8 * 4 * 4, 10};
  CRESSET_MODULE(conv, norm, pool, dropout, fc)
  Tensor forward(const Tensor& input) override { return fc(dropout(pool(F::relu(norm(conv(input)))).flatten(1))); }
};

double largest_difference(const Tensor& a, const Tensor& b) { return (a.cpu() - b.cpu()).abs().max().item(); }

// The same steps on both devices: losses and parameters agree to what float32 sums in another order differ by, times
// what the steps make of it.
template <class Net, class Optimizer, class Options>
void compare(const Options& options, std::int64_t size, int steps) {
  struct Run {
    std::vector<double> losses;
    StateDict state;
    Generator::State generator;
  };
  const auto train = [&](const Device& device) {
    manual_seed(5);
    Net net;
    net.to(device);
    Optimizer opt(net.parameters(), options);
    std::vector<Tensor> losses;
    std::int64_t waits = 0;
    for (int step = 0; step < steps; ++step) {
      const Tensor inputs = randn({4, 3, size, size}), labels = randint(10, {4});
      const auto before = cuda::synchronization_count();
      opt.zero_grad();
      const Tensor loss = F::cross_entropy(net(inputs.to(device)), labels.to(device));
      loss.backward();
      opt.step();
      losses.push_back(loss.detach());
      waits += cuda::synchronization_count() - before;
    }
    EXPECT_EQ(waits, 0);
    Run run{{}, net.state_dict(), default_generator().state()};
    for (const Tensor& loss : losses) run.losses.push_back(loss.item());
    return run;
  };
  const Run here = train("cpu"), there = train(kCuda);
  EXPECT_EQ(there.generator, here.generator);
  for (int step = 0; step < steps; ++step)
    EXPECT_NEAR(there.losses[static_cast<std::size_t>(step)], here.losses[static_cast<std::size_t>(step)], 2e-5)
        << step;
  for (const auto& [name, value] : here.state) EXPECT_LT(largest_difference(there.state.at(name), value), 5e-5) << name;
}

TEST_F(CudaTraining, SgdOfTheFirstNetworkFollowsTheCpu) {
  compare<models::CifarNet, optim::SGD>(optim::SGDOptions{.lr = 0.01, .momentum = 0.9}, 32, 3);
}
TEST_F(CudaTraining, AdamOfTheFirstNetworkFollowsTheCpu) {
  // Adam divides by the gradient's size, so that a large eps keeps rounding from being magnified.
  compare<models::CifarNet, optim::Adam>(optim::AdamOptions{.lr = 1e-3, .eps = 1e-2}, 32, 3);
}
TEST_F(CudaTraining, DropoutAndBatchNormFollowTheCpu) {
  compare<DropoutNet, optim::SGD>(optim::SGDOptions{.lr = 0.01, .momentum = 0.9, .nesterov = true}, 8, 4);
}

TEST_F(CudaTraining, DrawsAreTheCpusBitForBit) {
  const auto draws = [](const Device& device) {
    manual_seed(9);
    std::vector<Tensor> all;
    const nn::Conv2d conv(3, 8, 3, {.device = device});
    const nn::Linear linear(30, 20, {.device = device});
    for (const Tensor& p : {conv.weight, conv.bias, linear.weight, linear.bias}) all.push_back(p.detach().cpu());
    all.push_back(F::dropout(ones({333}, {.device = device}), 0.3).cpu());
    all.push_back(randperm(1000, {.device = device}).cpu());
    const Tensor w = empty({40, 30}, {.device = device});
    nn::init::kaiming_normal_(w);
    all.push_back(w.cpu());
    return all;
  };
  const auto here = draws("cpu"), there = draws(kCuda);
  for (std::size_t i = 0; i < here.size(); ++i) EXPECT_TRUE(there[i].equal(here[i])) << i;
}

}  // namespace
}  // namespace cresset::test
