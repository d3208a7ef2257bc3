// GradScaler against PyTorch's (tests/golden/grad_scaler.json, which tools/goldens_grad_scaler.py writes), and what it
// refuses.
#include <cresset/cresset.h>
#include <cresset/dispatch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/message.h"
#include "test_paths.h"

namespace cresset::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;

std::vector<const char*> devices() {
  return cuda::is_available() ? std::vector<const char*>{"cpu", "cuda"} : std::vector<const char*>{"cpu"};
}

Tensor numbers(const json& words, Device device) {
  std::vector<double> values;
  for (const std::string word : words) values.push_back(std::stod(word));
  return tensor(values).to(device);
}

Tensor leaf(const std::vector<double>& values, Device device) {
  return tensor(values).to(device).set_requires_grad(true);
}

TEST(GradScaler, StepsAsPyTorchs) {
  const json golden = json::parse(std::ifstream(CRESSET_TEST_DIR "/golden/grad_scaler.json"));
  const auto& o = golden["options"];
  for (const char* device : devices()) {
    const Tensor a = leaf({1, 2}, device), b = leaf({3, -1, 0.5}, device);
    optim::SGD first({a}, {.lr = 0.1, .momentum = 0.9}), second({b}, {.lr = 0.5});
    GradScaler scaler(device, {.init_scale = o["init_scale"],
                               .growth_factor = o["growth_factor"],
                               .backoff_factor = o["backoff_factor"],
                               .growth_interval = o["growth_interval"]});
    for (std::size_t i = 0; i < golden["grads"].size(); ++i) {
      SCOPED_TRACE(std::string(device) + ", step " + std::to_string(i));
      first.zero_grad();
      second.zero_grad();
      const auto& grads = golden["grads"][i];
      const Tensor loss = (a * numbers(grads[0], device)).sum() + (b * numbers(grads[1], device)).sum();
      scaler.scale(loss).backward();
      scaler.unscale_(first);
      EXPECT_EQ(scaler.step(first), std::isfinite((a.grad() - a.grad()).sum().item()));
      scaler.step(second);
      scaler.update();
      const auto& row = golden["rows"][i];
      EXPECT_EQ(scaler.get_scale(), row[0]);
      EXPECT_EQ(scaler.state_dict().at("_growth_tracker").item(), row[1]);
      EXPECT_TRUE(allclose(a.detach().cpu(), tensor(row[2].get<std::vector<double>>()))) << a;
      EXPECT_TRUE(allclose(b.detach().cpu(), tensor(row[3].get<std::vector<double>>()))) << b;
    }
  }
}

// One bad element anywhere, of any gradient and dtype, and in the last place of a block.
TEST(GradScaler, FindsOneBadElement) {
  for (const char* device : devices())
    for (const DType dtype : {kFloat32, kFloat64, kBFloat16})
      for (const std::int64_t at : {0, 1023, 1024, 4999, 20000})
        for (const double bad : {HUGE_VAL, -HUGE_VAL, std::nan("")}) {
          SCOPED_TRACE(std::string(device) + " " + std::string(name(dtype)) + " " + std::to_string(at));
          std::vector<Tensor> params;
          for (int i = 0; i < 3; ++i)
            params.push_back(zeros({i == 1 ? 20001 : 5}, {.dtype = dtype, .device = device, .requires_grad = true}));
          optim::SGD opt(params, {.lr = 1});
          GradScaler scaler(device, {.init_scale = 4});
          scaler.scale(ones({}, {.device = device}));
          for (const Tensor& p : params) p.set_grad(full_like(p, 8).detach());
          params[1].grad()[at].fill_(bad);
          EXPECT_FALSE(scaler.step(opt));
          EXPECT_EQ(params[0].grad()[4].item(), 2);
          EXPECT_EQ(params[1].grad()[(at + 1) % 20001].item(), 2);
          EXPECT_EQ(params[0].detach().abs().sum().item(), 0);
          scaler.update();
          EXPECT_EQ(scaler.get_scale(), 2);
        }
}

TEST(GradScaler, MoreGradientsThanOneLaunchTakes) {
  for (const char* device : devices()) {
    std::vector<Tensor> params;
    for (int i = 0; i < 300; ++i) params.push_back(ones({i % 3}, {.device = device, .requires_grad = true}));
    optim::SGD opt(params, {.lr = 1});
    GradScaler scaler(device, {.init_scale = 2});
    scaler.scale(ones({}, {.device = device}));
    for (const Tensor& p : params) p.set_grad(ones_like(p).detach());
    const auto waits = cuda::synchronization_count();
    EXPECT_TRUE(scaler.step(opt));
    EXPECT_LE(cuda::synchronization_count(), waits + 1);  // one for all
    for (const Tensor& p : params) EXPECT_EQ(p.sum().item(), 0.5 * static_cast<double>(p.numel()));
  }
}

TEST(GradScaler, GradientsWithGaps) {
  const Tensor w = zeros({3}, {.requires_grad = true}), wide = full({3, 2}, 4.0);
  w.set_grad(wide.select(1, 0));
  optim::SGD opt({w}, {.lr = 1});
  GradScaler scaler("cpu", {.init_scale = 4});
  scaler.scale(ones({}));
  EXPECT_TRUE(scaler.step(opt));
  EXPECT_TRUE(wide.equal(tensor({{1., 4.}, {1., 4.}, {1., 4.}}))) << wide;
}

TEST(GradScaler, TrainsInFloat16) {
  manual_seed(3);
  nn::Sequential net{nn::Linear{4, 8}, nn::ReLU{}, nn::Linear{8, 2}};
  optim::SGD opt(net.parameters(), {.lr = 0.1});
  GradScaler scaler("cpu", {.init_scale = 1 << 24});  // too large: the first steps are left out
  const Tensor x = randn({32, 4}), y = (x.select(1, 0) > 0).to(kInt64);
  double first = 0, last = 0;
  int skipped = 0;
  for (int i = 0; i < 60; ++i) {
    opt.zero_grad();
    Tensor loss;
    {
      const Autocast autocast("cpu", {.dtype = kFloat16});
      loss = nn::functional::cross_entropy(net(x), y);
    }
    scaler.scale(loss).backward();
    skipped += !scaler.step(opt);
    scaler.update();
    (i == 0 ? first : last) = loss.item();
  }
  EXPECT_GT(skipped, 0);
  EXPECT_LT(skipped, 20);
  EXPECT_LT(last, 0.5 * first);
}

TEST(GradScaler, DoesNothingWhereNotEnabled) {
  const Tensor w = leaf({1}, "cpu");
  optim::SGD opt({w}, {.lr = 1});
  GradScaler scaler("cpu", {.growth_factor = 0, .enabled = false});
  EXPECT_FALSE(scaler.is_enabled());
  const Tensor loss = w.sum();
  EXPECT_TRUE(scaler.scale(loss).is_same(loss));
  w.set_grad(tensor({HUGE_VAL}));
  scaler.unscale_(opt);
  EXPECT_TRUE(scaler.step(opt));
  scaler.update();
  EXPECT_EQ(scaler.get_scale(), 1);
  EXPECT_TRUE(scaler.state_dict().empty());
  scaler.load_state_dict({});
  EXPECT_EQ(GradScaler().is_enabled(), cuda::is_available());
}

TEST(GradScaler, RefusesTheWrongOrder) {
  const Tensor w = leaf({1}, "cpu");
  optim::SGD opt({w}, {.lr = 1});
  GradScaler scaler("cpu");
  const auto message = [&](auto call) { return message_of<ValueError>(call); };
  EXPECT_EQ(message([&] { scaler.step(opt); }),
            "GradScaler: Attempted step but there is no scale yet. This may indicate your script did not use "
            "scaler.scale(loss or outputs) earlier in the iteration.");
  EXPECT_THROW(scaler.unscale_(opt), ValueError);
  EXPECT_THROW(scaler.update(), ValueError);
  EXPECT_EQ(scaler.get_scale(), 65536);
  scaler.scale(ones({}));
  EXPECT_EQ(message([&] { scaler.update(); }), "GradScaler: No inf checks were recorded prior to update.");
  EXPECT_EQ(message([&] { scaler.step(opt); }), "GradScaler: No inf checks were recorded for this optimizer.");
  scaler.update(65536);
  w.set_grad(ones({1}));
  scaler.unscale_(opt);
  EXPECT_EQ(message([&] { scaler.unscale_(opt); }),
            "GradScaler: unscale_() has already been called on this optimizer since the last update().");
  scaler.step(opt);
  EXPECT_EQ(message([&] { scaler.unscale_(opt); }), "GradScaler: unscale_() is being called after step().");
  EXPECT_EQ(message([&] { scaler.step(opt); }), "GradScaler: step() has already been called since the last update().");
  scaler.update();
  const Tensor half = zeros({1}, {.dtype = kFloat16, .requires_grad = true});
  half.set_grad(ones({1}, {.dtype = kFloat16}));
  optim::SGD of_half({half}, {.lr = 1});
  EXPECT_EQ(message([&] { scaler.step(of_half); }), "GradScaler: Attempting to unscale FP16 gradients.");
  EXPECT_EQ(message([] { GradScaler("cpu", {.growth_factor = 1}); }),
            "GradScaler: The growth factor must be > 1.0, got 1");
  EXPECT_EQ(message([] { GradScaler("cpu", {.backoff_factor = 1}); }),
            "GradScaler: The backoff factor must be < 1.0, got 1");
}

TEST(GradScaler, KeepsItsState) {
  const Tensor w = leaf({1}, "cpu");
  optim::SGD opt({w}, {.lr = 1});
  GradScaler scaler("cpu", {.init_scale = 16, .growth_factor = 3, .backoff_factor = 0.1, .growth_interval = 5});
  scaler.scale(ones({}));
  for (int i = 0; i < 3; ++i) {
    w.set_grad(ones({1}));
    scaler.step(opt);
    scaler.update();
  }
  const StateDict state = scaler.state_dict();
  EXPECT_THAT(state.keys(),
              ElementsAre("scale", "growth_factor", "backoff_factor", "growth_interval", "_growth_tracker"));
  for (const bool begun : {false, true}) {
    GradScaler other("cpu");
    if (begun) other.scale(ones({}));
    other.load_state_dict(state);
    EXPECT_EQ(other.get_growth_factor(), 3);
    EXPECT_EQ(other.get_backoff_factor(), 0.1);
    EXPECT_EQ(other.get_growth_interval(), 5);
    for (int i = 0; i < 2; ++i) {
      other.scale(ones({}));
      EXPECT_EQ(other.get_scale(), 16);
      w.set_grad(ones({1}));
      other.step(opt);
      other.update();
    }
    EXPECT_EQ(other.get_scale(), 48);
  }
  GradScaler other("cpu");
  EXPECT_EQ(message_of<ValueError>([&] { other.load_state_dict({}); }),
            "GradScaler: The source state dict is empty, possibly because it was saved from a disabled instance of "
            "GradScaler.");
  EXPECT_THROW(other.load_state_dict({{"scale", tensor(1.)}}), ValueError);
  EXPECT_EQ(other.get_scale(), 65536);
}

}  // namespace
}  // namespace cresset::test
