// Weights go to torchvision and come from it, by the Python package safetensors.
#include <cresset/cresset.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "support/scratch_folder.h"
#include "test_paths.h"

namespace cresset::test {
namespace {

std::string python() {
  const char* named = std::getenv("CRESSET_TEST_PYTHON");
  return named ? named : "python3";
}

class Torchvision : public testing::TestWithParam<const char*> {};

TEST_P(Torchvision, ExchangesWeights) {
  const std::string name = GetParam();
  if (std::system((python() + " -c 'import torch, torchvision, safetensors' 2> /dev/null").c_str()) != 0)
    GTEST_SKIP() << python() << " has no torchvision or no safetensors (CRESSET_TEST_PYTHON names another)";
  const ScratchFolder folder;
  manual_seed(0);
  const auto net = models::make(name, {.num_classes = 10});
  net->eval();
  const NoGradGuard no_grad;
  const Tensor images = randn({2, 3, 64, 64});
  StateDict ours = net->state_dict();
  ours.set("images", images);
  ours.set("outputs", (*net)(images));
  save(ours, folder / "ours");

  const std::string command = python() + " " CRESSET_TEST_DIR "/models/exchange_weights.py " + name + " " +
                              (folder / "ours") + " " + (folder / "theirs");
  ASSERT_EQ(std::system(command.c_str()), 0);

  StateDict theirs = load(folder / "theirs");
  const Tensor expected = theirs.at("outputs");
  EXPECT_TRUE(theirs.erase("outputs") && theirs.erase("images"));
  std::ostringstream said;
  said << net->load_state_dict(theirs);
  EXPECT_EQ(said.str(), "<All keys matched successfully>");
  const double largest = expected.abs().max().item();
  EXPECT_GT(largest, 0);
  EXPECT_LE(((*net)(images)-expected).abs().max().item(), 1e-4 * largest);
}

INSTANTIATE_TEST_SUITE_P(Models, Torchvision, testing::Values("resnet18", "alexnet", "vgg11_bn", "vgg16"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace cresset::test
