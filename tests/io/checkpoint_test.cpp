// Checkpoints: what they keep, and that resuming is exact. That no kill loses them: kill_test.cpp.
#include <cresset/cresset.h>
#include <cresset/io/checkpoint.h>
#include <cresset/nn/activation.h>
#include <cresset/nn/linear.h>
#include <cresset/nn/sequential.h>
#include <cresset/optim/adam.h>
#include <cresset/optim/sgd.h>
#include <gtest/gtest.h>

#include "support/scratch_folder.h"

namespace cresset {
namespace {

nn::Sequential small_net() {
  manual_seed(3);
  return nn::Sequential{nn::Linear{4, 8}, nn::ReLU{}, nn::Linear{8, 2}};
}

// One step on random data of the default generator.
template <class Optimizer>
void step(nn::Sequential& net, Optimizer& opt) {
  const Tensor x = randn({5, 4});
  opt.zero_grad();
  net(x).square().mean().backward();
  opt.step();
}

std::string bytes_of(const StateDict& tensors) {
  const ScratchFolder folder;
  save(tensors, folder / "x");
  return read_text(folder / "x");
}

template <class Optimizer, class... Options>
void expect_exact_resume(const Options&... options) {
  const ScratchFolder folder;
  nn::Sequential net = small_net();
  Optimizer opt(net.parameters(), options...);
  for (int i = 0; i < 5; ++i) step(net, opt);
  Checkpoint{
      .model = net.state_dict(), .optimizer = opt.state_dict(), .generator = default_generator().state(), .step = 5}
      .save(folder / "c");
  for (int i = 0; i < 5; ++i) step(net, opt);

  const Checkpoint c = Checkpoint::load(folder / "c");
  nn::Sequential again = small_net();
  Optimizer opt_again(again.parameters(), options...);
  again.load_state_dict(c.model);
  opt_again.load_state_dict(c.optimizer);
  default_generator().set_state(c.generator);
  for (int i = 0; i < 5; ++i) step(again, opt_again);
  EXPECT_EQ(bytes_of(again.state_dict()), bytes_of(net.state_dict()));
  EXPECT_EQ(bytes_of(opt_again.state_dict()), bytes_of(opt.state_dict()));
}

TEST(Checkpoint, ResumesBitForBitWithSgd) {
  expect_exact_resume<optim::SGD>(optim::SGDOptions{.lr = 0.1, .momentum = 0.9, .nesterov = true});
}
TEST(Checkpoint, ResumesBitForBitWithAdamW) {
  expect_exact_resume<optim::AdamW>(optim::AdamWOptions{.lr = 0.01, .amsgrad = true});
}

TEST(Checkpoint, KeepsEverything) {
  const ScratchFolder folder;
  const Checkpoint before{
      .model = {{"w", ones({2})}},
      .optimizer = {{"state.0.m", zeros({3})}},
      .scheduler = {{"last_epoch", tensor(4)}},
      .generator = {.seed = 0xffffffffffffffffULL, .offset = 12},
      .epoch = 7,
      .step = 70000,
      .data = {.epoch = 7, .batch = 99, .open = true, .seed = 5, .generator = Generator::State{.seed = 1, .offset = 2}},
      .settings = "{\"a\": \"ü\"}"};
  before.save(folder / "c");
  EXPECT_TRUE(Checkpoint::is_checkpoint(load_metadata(folder / "c")));
  const Checkpoint after = Checkpoint::load(folder / "c");
  EXPECT_EQ(after.model.keys(), before.model.keys());
  EXPECT_EQ(after.optimizer.keys(), before.optimizer.keys());
  EXPECT_EQ(after.scheduler.at("last_epoch").item(), 4);
  EXPECT_EQ(after.generator, before.generator);
  EXPECT_EQ(after.epoch, 7);
  EXPECT_EQ(after.step, 70000);
  EXPECT_EQ(after.data, before.data);
  EXPECT_EQ(after.settings, before.settings);
}

TEST(Checkpoint, IsToldFromOtherFiles) {
  const ScratchFolder folder;
  save({{"w", ones({2})}}, folder / "x");
  EXPECT_EQ(message_of<FormatError>([&] { Checkpoint::load(folder / "x"); }),
            "load: " + (folder / "x") + ": is no checkpoint");
  save({}, folder / "y", {.metadata = {{"checkpoint", "{\"version\":9}"}}});
  EXPECT_EQ(message_of<FormatError>([&] { Checkpoint::load(folder / "y"); }),
            "load: " + (folder / "y") + ": the checkpoint was written by another version of cresset");
  save({}, folder / "z", {.metadata = {{"checkpoint", "{\"version\":1}"}}});
  EXPECT_NE(
      message_of<FormatError>([&] { Checkpoint::load(folder / "z"); }).find("the checkpoint's metadata is malformed"),
      std::string::npos);
  EXPECT_EQ(message_of<ValueError>([&] { Checkpoint{.settings = "\xff"}.save(folder / "w"); }),
            "save: " + (folder / "w") + ": the settings of a checkpoint must be UTF-8");
}

}  // namespace
}  // namespace cresset
