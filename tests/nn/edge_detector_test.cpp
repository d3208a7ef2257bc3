// A kernel learned by hand-written gradient descent, as the tutorial lenet.md does it, beside PyTorch's from the same
// weights (tests/golden/edge_detector.json).
#include <cresset/cresset.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "test_paths.h"

namespace cresset {
namespace {

using Json = nlohmann::json;

Tensor corr2d(const Tensor& x, const Tensor& k) {
  const std::int64_t h = k.size(0), w = k.size(1);
  const Tensor y = zeros({x.size(0) - h + 1, x.size(1) - w + 1});
  for (std::int64_t i = 0; i < y.size(0); ++i)
    for (std::int64_t j = 0; j < y.size(1); ++j)
      y.index({i, j}) = (x.index({Slice(i, i + h), Slice(j, j + w)}) * k).sum();
  return y;
}

// Four significant digits, or 0.001 where that is more.
double allowed(double value) { return std::max(1e-3, 5e-5 * std::abs(value)); }

TEST(EdgeDetector, LearnsAsPyTorchDoes) {
  const Json golden = Json::parse(std::ifstream(CRESSET_TEST_DIR "/golden/edge_detector.json"));
  const Tensor x = ones({6, 8});
  x.index({Slice(), Slice(2, 6)}) = 0;
  const Tensor y = corr2d(x, tensor({{1000, -0.1}}));
  const nn::Parameter weight(tensor(golden["start"]["weight"].get<std::vector<std::vector<double>>>()));
  const nn::Parameter bias(tensor(golden["start"]["bias"].get<std::vector<double>>()));

  std::size_t row = 0;
  for (int step = 1; step <= 100; ++step) {
    const Tensor loss = (corr2d(x, weight) + bias - y).pow(2).sum();
    loss.backward();
    weight.data() -= 0.01 * weight.grad();
    bias.data() -= 0.01 * bias.grad();
    weight.grad().fill_(0);
    bias.grad().fill_(0);
    if (step % 5 != 0) continue;
    const Json& wanted = golden["table"][row++];
    ASSERT_EQ(wanted["step"], step);
    EXPECT_NEAR(loss.item(), wanted["loss"], allowed(wanted["loss"])) << "step " << step;
  }
  EXPECT_EQ(row, 20U);
  for (int i = 0; i < 2; ++i) EXPECT_NEAR(weight[0][i].item(), golden["weight"][0][i], allowed(golden["weight"][0][i]));
  EXPECT_NEAR(bias.item(), golden["bias"][0], 1e-3);
}

}  // namespace
}  // namespace cresset
