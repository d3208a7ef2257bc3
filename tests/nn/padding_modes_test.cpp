// padding_mode on the numbers 1 to 48, exactly as PyTorch: tests/golden/padding_modes.json, written by
// tools/goldens_padding.py.
#include <cresset/cresset.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "test_paths.h"

namespace cresset::test {
namespace {

using nn::PaddingMode;

Tensor flat(const nlohmann::json& numbers) { return tensor(numbers.get<std::vector<double>>()); }

TEST(PaddingModes, EqualPyTorchBitForBit) {
  const auto cases = nlohmann::json::parse(std::ifstream(CRESSET_TEST_DIR "/golden/padding_modes.json"));
  const std::map<std::string, PaddingMode> modes = {{"zeros", PaddingMode::zeros},
                                                    {"reflect", PaddingMode::reflect},
                                                    {"replicate", PaddingMode::replicate},
                                                    {"circular", PaddingMode::circular}};
  const Tensor x = arange(1., 49.).reshape({1, 3, 4, 4});
  ASSERT_EQ(cases.size(), 16u);
  for (const auto& golden : cases) {
    const std::string mode = golden["mode"], weights = golden["weights"];
    const std::int64_t kernel = golden["kernel"], padding = golden["padding"];
    SCOPED_TRACE(mode + ", " + weights + ", kernel " + std::to_string(kernel));
    nn::Conv2d conv{3, 3, kernel, {.padding = padding, .bias = false, .padding_mode = modes.at(mode)}};
    std::vector<double> fixed(static_cast<std::size_t>(9 * kernel * kernel));
    for (std::size_t i = 0; i < fixed.size(); ++i) fixed[i] = (static_cast<double>(i * 5 % 9) - 4) / 4;
    const Shape shape{3, 3, kernel, kernel};
    conv.weight.set_data(weights == "ones" ? ones(shape) : tensor(fixed).reshape(shape));
    const Tensor out = conv(x);
    EXPECT_EQ(out.shape(), Shape(golden["shape"].get<std::vector<std::int64_t>>()));
    EXPECT_TRUE(out.flatten().equal(flat(golden["out"]))) << out;
    out.backward(ones_like(out));
    EXPECT_TRUE(conv.weight.grad().flatten().equal(flat(golden["grad_weight"]))) << conv.weight.grad();
  }
}

// What zero padding adds shows once the bias is taken off.
TEST(PaddingModes, ZerosAreABorderOfTheBias) {
  nn::Conv2d conv{3, 3, 1, {.padding = 1}};
  conv.bias.data().copy_(tensor({0.5, -2.0, 3.0}));
  const Tensor out = conv(arange(1., 49.).reshape({1, 3, 4, 4}));
  const Tensor re = out - conv.bias.reshape({3, 1, 1});
  EXPECT_EQ(re.grad_fn_name(), "SubBackward0");
  for (int channel = 0; channel < 3; ++channel)
    for (const Tensor& side :
         {re[0][channel][0], re[0][channel][5], re[0][channel].select(1, 0), re[0][channel].select(1, 5)})
      EXPECT_TRUE(side.equal(zeros({6}))) << side;
}

}  // namespace
}  // namespace cresset::test
