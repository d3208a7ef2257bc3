// Every model of the registry against PyTorch and torchvision: tests/golden/models.json, which
// tools/goldens_models.py writes.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/formula.h"
#include "support/sanitizer.h"
#include "test_paths.h"

namespace cresset::test {
namespace {

using Json = nlohmann::json;

const Json& goldens() {
  static const Json read = Json::parse(std::ifstream(CRESSET_TEST_DIR "/golden/models.json"));
  return read;
}

std::string state_text(const nn::Module& net) {
  std::string text;
  for (const auto& [name, tensor] : net.state_dict())
    text += (text.empty() ? "" : "\n") + name + ' ' + tensor.shape().str();
  return text;
}

Shape shape_of(const Json& sizes) { return Shape(sizes.get<std::vector<std::int64_t>>()); }

double sum_of_abs(const Tensor& t) { return t.detach().to(kFloat64).abs().sum().item(); }

// float32 against PyTorch's float64; `scale` is of the numbers that were added up.
void expect_near(double ours, const Json& golden, double scale, const char* what) {
  EXPECT_NEAR(ours, golden.get<double>(), 2e-5 * scale) << what;
}

class ModelGolden : public testing::TestWithParam<std::string> {};

void check_eval(nn::Module& net, const Json& golden) {
  net.eval();
  const NoGradGuard no_grad;
  const Tensor out = net(picture_by_formula(shape_of(golden["input"]))).to(kFloat64).flatten();
  const double largest = out.abs().max().item(), all = golden["abs"];
  for (int i = 0; i < 4; ++i)
    expect_near(out[i].item(), golden["first"][static_cast<std::size_t>(i)], largest, "first");
  expect_near(out.sum().item(), golden["sum"], all, "sum");
  expect_near(out.abs().sum().item(), golden["abs"], all, "abs");
}

void check_training(nn::Module& net, const Shape& shape, const Json& golden) {
  net.train();
  for (nn::ModuleBase* module : net.modules())
    if (module->as<nn::Dropout>()) module->eval();
  constexpr std::int64_t kBatch = 4;
  const Tensor images = picture_by_formula({kBatch, shape[1], shape[2], shape[3]});
  optim::SGD optimizer{net.parameters(), {.lr = 0.01}};
  const nn::functional::CrossEntropyOptions options;
  const auto loss_of = [&] { return nn::functional::cross_entropy(net(images), arange(kBatch), options); };
  const Tensor loss = loss_of();
  // Softmax's backward and what batch normalisation divides by enlarge rounding.
  constexpr double kEnlarged = 20;
  expect_near(loss.item(), golden["losses"][0], kEnlarged * loss.item(), "loss");
  loss.backward();
  const auto parameters = net.parameters();
  const double first = golden["grads"][0], last = golden["grads"][1];
  expect_near(sum_of_abs(parameters.front().grad()), first, kEnlarged * first, "first gradient");
  expect_near(sum_of_abs(parameters.back().grad()), last, kEnlarged * last, "last gradient");
  optimizer.step();
  double buffers = 0;
  for (const Tensor& buffer : net.buffers()) buffers += sum_of_abs(buffer);
  expect_near(buffers, golden["buffers"], buffers, "buffers");
  const double after = loss_of().item();
  expect_near(after, golden["losses"][1], kEnlarged * (1 + after), "loss after a step");
}

TEST_P(ModelGolden, IsPyTorchs) {
  const std::string& name = GetParam();
  const Json& golden = goldens().at(name);
  if (kThreadSanitizer && golden["parameters"] > 100'000'000)
    GTEST_SKIP() << "too large for ThreadSanitizer, which takes several times the memory";
  const auto net = models::make(name);
  EXPECT_EQ(net->str(), golden["repr"]);
  EXPECT_EQ(state_text(*net), golden["state"]);
  std::int64_t count = 0;
  for (const Tensor& parameter : net->parameters()) count += parameter.numel();
  EXPECT_EQ(count, golden["parameters"]);
  Shape input = shape_of(golden["input"]);
  EXPECT_EQ(models::info(name).input, input);
  input.insert(0, 1);
  std::int64_t flops = 0;
  for (const nn::LayerSummary& layer : nn::summarize(*net, input)) flops += layer.flops;
  EXPECT_EQ(flops, golden["flops"]);

  fill_by_formula(*net);
  check_eval(*net, golden["eval"]);
  if (golden.contains("train")) check_training(*net, shape_of(golden["eval"]["input"]), golden["train"]);
}

INSTANTIATE_TEST_SUITE_P(Registry, ModelGolden, testing::ValuesIn(models::names()),
                         [](const auto& test) { return test.param; });

TEST(ModelGoldens, AreOfTheRegistry) {
  std::vector<std::string> names;
  for (const auto& item : goldens().items()) names.push_back(item.key());
  auto ours = models::names();
  std::sort(ours.begin(), ours.end());
  EXPECT_EQ(names, ours);  // a JSON object is in order
}

}  // namespace
}  // namespace cresset::test
