// Groups, handles, errors and state_dict of optimisers.
#include <cresset/cresset.h>
#include <gmock/gmock.h>

#include <sstream>

#include "support/message.h"

namespace cresset::test {
namespace {

using testing::ElementsAre;

Tensor parameter(double value, const TensorOptions& options = {.requires_grad = true}) {
  return full({2}, value, {.dtype = options.dtype.value_or(kFloat32), .requires_grad = options.requires_grad});
}

double first(const Tensor& x) { return x.detach().reshape({-1})[0].item(); }

TEST(Optimizer, GroupsHaveTheirOwnOptionsAndTheDefaults) {
  const Tensor a = parameter(1), b = parameter(1);
  optim::SGD opt{{{.params = {a}}, {.params = {b}, .lr = 0.5}}, {.lr = 0.25}};
  a.set_grad(ones({2}));
  b.set_grad(ones({2}));
  opt.step();
  EXPECT_EQ(first(a), 0.75);
  EXPECT_EQ(first(b), 0.5);
  opt.param_groups()[0].lr = 0;
  opt.step();
  EXPECT_EQ(first(a), 0.75);
  EXPECT_EQ(first(b), 0);
  opt.set_lr(1);
  EXPECT_EQ(opt.lr(0), 1);
  EXPECT_EQ(opt.lr(1), 1);
  EXPECT_EQ(opt.group_count(), 2u);
  EXPECT_THROW(opt.lr(2), IndexError);
}

TEST(Optimizer, AGroupAddedLaterTrains) {
  const Tensor a = parameter(1), b = parameter(1);
  optim::SGD opt{{a}, {.lr = 0.25}};
  opt.add_param_group({.params = {b}, .lr = 0.5});
  a.set_grad(ones({2}));
  b.set_grad(ones({2}));
  opt.step();
  EXPECT_EQ(first(b), 0.5);
}

TEST(Optimizer, IsAHandle) {
  const Tensor a = parameter(1);
  optim::SGD opt{{a}, {.lr = 0.25}};
  optim::Optimizer same = opt;
  same.set_lr(0.5);
  EXPECT_EQ(opt.param_groups()[0].lr, 0.5);
}

TEST(Optimizer, ParametersWithoutGradientStay) {
  const Tensor a = parameter(1), b = parameter(1);
  optim::AdamW opt{{a, b}, {.lr = 0.5, .weight_decay = 0.5}};
  a.set_grad(ones({2}));
  opt.step();
  EXPECT_NE(first(a), 1);
  EXPECT_EQ(first(b), 1);
  EXPECT_FALSE(opt.state_dict().contains("state.1.step"));
}

// Adam with the decay outside of the gradient is AdamW, and not Adam.
TEST(Optimizer, AdamCanDecoupleItsWeightDecay) {
  const auto trained = [](auto make) {
    const Tensor a = parameter(1);
    auto opt = make(std::vector<Tensor>{a});
    for (int i = 0; i < 5; ++i) {
      a.set_grad(full({2}, 0.5 - i));
      opt.step();
    }
    return a.detach();
  };
  const Tensor decoupled = trained([](std::vector<Tensor> p) {
    return optim::Adam(std::move(p), {.lr = 0.1, .weight_decay = 0.5, .decoupled_weight_decay = true});
  });
  const Tensor adamw =
      trained([](std::vector<Tensor> p) { return optim::AdamW(std::move(p), {.lr = 0.1, .weight_decay = 0.5}); });
  const Tensor coupled =
      trained([](std::vector<Tensor> p) { return optim::Adam(std::move(p), {.lr = 0.1, .weight_decay = 0.5}); });
  EXPECT_TRUE(decoupled.equal(adamw));
  EXPECT_FALSE(decoupled.equal(coupled));
}

TEST(Optimizer, AStepCountsAsAChangeOfTheParameter) {
  const Tensor a = parameter(1);
  optim::SGD opt{{a}, {.lr = 1}};
  const Tensor y = (a * a).sum();
  a.set_grad(ones({2}));
  const auto version = a.version();
  opt.step();
  EXPECT_GT(a.version(), version);
  EXPECT_THROW(y.backward(), Error);
}

TEST(Optimizer, MixedDTypesAndLayouts) {
  const Tensor f32 = parameter(1), f64 = parameter(1, {.dtype = kFloat64, .requires_grad = true});
  // Every second column; and a gradient whose elements lie in another order.
  const Tensor gaps = ones({2, 4}).slice(1, {}, {}, 2).requires_grad_();
  const Tensor image = ones({1, 2, 2, 3}).to(kChannelsLast).requires_grad_();
  optim::SGD opt{{f32, f64, gaps, image}, {.lr = 1, .momentum = 0.5}};
  for (const Tensor& p : {f32, f64}) p.set_grad(ones({2}).to(p.dtype()));
  gaps.set_grad(tensor({{1.0, 2.0}, {3.0, 4.0}}));
  image.set_grad(arange(12).to_float().view({1, 2, 2, 3}));
  opt.step();
  EXPECT_EQ(first(f32), 0);
  EXPECT_EQ(first(f64), 0);
  EXPECT_TRUE(gaps.detach().equal(tensor({{0.0, -1.0}, {-2.0, -3.0}})));
  EXPECT_TRUE(image.detach().equal(1 - arange(12).to_float().view({1, 2, 2, 3})));
  EXPECT_TRUE(image.is_contiguous(kChannelsLast));
  opt.step();
  EXPECT_TRUE(gaps.detach().equal(tensor({{-1.5, -4.0}, {-6.5, -9.0}})));
}

TEST(Optimizer, FollowsAParameterToAnotherDType) {
  const Tensor a = parameter(1);
  optim::SGD opt{{a}, {.lr = 1, .momentum = 0.5}};
  a.set_grad(ones({2}));
  opt.step();
  a.set_data(a.data().to(kFloat64));
  a.set_grad(ones({2}, {.dtype = kFloat64}));
  opt.step();
  EXPECT_EQ(first(a), 1 - 1 - 1.5);
  EXPECT_EQ(opt.state_dict().at("state.0.momentum_buffer").dtype(), kFloat64);
}

TEST(Optimizer, AParameterThatChangedItsSizeIsAnError) {
  const auto message = [](auto make) {
    const Tensor w = ones({4}, {.requires_grad = true});
    optim::Optimizer opt = make(w);
    w.set_grad(ones({4}));
    opt.step();
    w.set_data(ones({7}));
    w.set_grad(ones({7}));
    try {
      opt.step();
    } catch (const ShapeError& error) {
      return std::string(error.what());
    }
    return std::string("(no error)");
  };
  const std::string wrong = "step: a parameter of shape [7] has optimizer state of shape [4]; was its data replaced?";
  EXPECT_EQ(message([](const Tensor& w) { return optim::SGD({w}, {.momentum = 0.9}); }), wrong);
  EXPECT_EQ(message([](const Tensor& w) { return optim::Adam({w}); }), wrong);

  const Tensor w = ones({4}, {.requires_grad = true});
  w.set_grad(ones({4}));
  w.grad().set_data(ones({2}));
  optim::SGD opt({w}, {.lr = 1});
  EXPECT_EQ(message_of<ShapeError>([&] { opt.step(); }),
            "step: a parameter of shape [4] has a gradient of shape [2]; was its data replaced?");
}

TEST(Optimizer, ZeroGrad) {
  const Tensor a = parameter(1);
  optim::SGD opt{{a}};
  const Tensor grad = ones({2});
  a.set_grad(grad);
  opt.zero_grad(false);
  EXPECT_EQ(first(a.grad()), 0);
  opt.zero_grad();
  EXPECT_FALSE(a.grad().defined());
}

TEST(Optimizer, AClosureComputesTheLoss) {
  const Tensor a = parameter(1);
  optim::SGD opt{{a}, {.lr = 0.25}};
  NoGradGuard no_grad;
  const Tensor loss = opt.step([&] {
    Tensor l = (a * 2).sum();
    l.backward();
    return l;
  });
  EXPECT_EQ(loss.item(), 4);
  EXPECT_EQ(first(a), 0.5);
}

TEST(Optimizer, StateDictHasPyTorchsStructure) {
  const Tensor a = parameter(1), b = parameter(1);
  optim::SGD sgd{{{.params = {a}}, {.params = {b}, .lr = 0.5}}, {.lr = 0.25, .momentum = 0.5}};
  a.set_grad(ones({2}));
  b.set_grad(ones({2}));
  sgd.step();
  const StateDict dict = sgd.state_dict();
  EXPECT_THAT(
      dict.keys(),
      ElementsAre("state.0.momentum_buffer", "state.1.momentum_buffer", "param_groups.0.lr", "param_groups.0.momentum",
                  "param_groups.0.dampening", "param_groups.0.weight_decay", "param_groups.0.nesterov",
                  "param_groups.0.maximize", "param_groups.0.params", "param_groups.1.lr", "param_groups.1.momentum",
                  "param_groups.1.dampening", "param_groups.1.weight_decay", "param_groups.1.nesterov",
                  "param_groups.1.maximize", "param_groups.1.params"));
  EXPECT_EQ(dict.at("param_groups.1.lr").item(), 0.5);
  EXPECT_EQ(dict.at("param_groups.1.params")[0].item(), 1);

  optim::Adam adam{{a}, {.amsgrad = true}};
  EXPECT_THAT(adam.state_dict().sub_dict("state.").keys(), ElementsAre());
  adam.step();
  EXPECT_THAT(adam.state_dict().sub_dict("state.").keys(),
              ElementsAre("0.step", "0.exp_avg", "0.exp_avg_sq", "0.max_exp_avg_sq"));
  EXPECT_EQ(adam.state_dict().at("state.0.step").item(), 1);
  EXPECT_EQ(adam.state_dict().at("param_groups.0.betas")[1].item(), 0.999);
}

TEST(Optimizer, LoadedStateIsACopyInTheParametersDType) {
  const Tensor a = parameter(1), b = parameter(1, {.dtype = kFloat64, .requires_grad = true});
  optim::SGD from{{a}, {.lr = 1, .momentum = 0.5}}, to{{b}};
  a.set_grad(ones({2}));
  from.step();
  to.load_state_dict(from.state_dict());
  EXPECT_EQ(to.param_groups()[0].momentum, 0.5);
  const Tensor buffer = to.state_dict().at("state.0.momentum_buffer");
  EXPECT_EQ(buffer.dtype(), kFloat64);
  from.state_dict().at("state.0.momentum_buffer").zero_();
  EXPECT_EQ(first(buffer), 1);
}

TEST(Optimizer, StateThatDoesNotFitIsAnErrorAndChangesNothing) {
  const Tensor a = parameter(1), b = parameter(1), wide = zeros({3}, {.requires_grad = true});
  optim::SGD opt{{a}, {.lr = 0.25, .momentum = 0.5}};
  a.set_grad(ones({2}));
  opt.step();
  optim::SGD two_groups{{{.params = {a}}, {.params = {b}}}};
  optim::SGD two_params{{a, b}}, other_shape{{wide}, {.lr = 7}};
  EXPECT_EQ(message_of<ValueError>([&] { two_groups.load_state_dict(opt.state_dict()); }),
            "SGD: loaded state dict has a different number of parameter groups");
  EXPECT_EQ(message_of<ValueError>([&] { opt.load_state_dict(two_groups.state_dict()); }),
            "SGD: loaded state dict has a different number of parameter groups");
  EXPECT_EQ(message_of<ValueError>([&] { opt.load_state_dict({}); }),
            "SGD: loaded state dict has a different number of parameter groups");
  EXPECT_EQ(message_of<ValueError>([&] { two_params.load_state_dict(opt.state_dict()); }),
            "SGD: loaded state dict contains a parameter group that doesn't match the size of optimizer's group");
  EXPECT_EQ(message_of<ValueError>([&] { other_shape.load_state_dict(opt.state_dict()); }),
            "SGD: loaded state dict has momentum_buffer of shape [2] for a parameter of shape [3]");
  EXPECT_EQ(other_shape.lr(), 7);
  optim::Adam adam{{a}};
  EXPECT_EQ(message_of<ValueError>([&] { adam.load_state_dict(opt.state_dict()); }),
            "Adam: loaded state dict has an unknown option: momentum");
  StateDict odd = opt.state_dict();
  odd.set("state.0.exp_avg", zeros({2}));
  EXPECT_EQ(message_of<ValueError>([&] { opt.load_state_dict(odd); }),
            "SGD: loaded state dict has exp_avg, which this optimizer does not keep");
  odd = opt.state_dict();
  odd.set("state.5.momentum_buffer", zeros({2}));
  EXPECT_EQ(message_of<ValueError>([&] { opt.load_state_dict(odd); }),
            "SGD: loaded state dict has state of an unknown parameter: state.5.momentum_buffer");
  odd = opt.state_dict();
  odd.set("param_groups.0.lr", zeros({2}));
  EXPECT_EQ(message_of<ValueError>([&] { opt.load_state_dict(odd); }),
            "SGD: loaded state dict must have 1 number(s) as lr");
  odd.set("param_groups.0.lr", tensor(-1.0));
  EXPECT_EQ(message_of<ValueError>([&] { opt.load_state_dict(odd); }), "SGD: Invalid learning rate: -1");
}

TEST(Optimizer, BadArgumentsInPyTorchsWords) {
  const Tensor a = parameter(1);
  using optim::Adam, optim::SGD;
  EXPECT_EQ(message_of<ValueError>([&] { SGD({a}, {.lr = -1}); }), "SGD: Invalid learning rate: -1");
  EXPECT_EQ(message_of<ValueError>([&] { SGD({a}, {.momentum = -1}); }), "SGD: Invalid momentum value: -1");
  EXPECT_EQ(message_of<ValueError>([&] { SGD({a}, {.weight_decay = -1}); }), "SGD: Invalid weight_decay value: -1");
  const std::string nesterov = "SGD: Nesterov momentum requires a momentum and zero dampening";
  EXPECT_EQ(message_of<ValueError>([&] { SGD({a}, {.nesterov = true}); }), nesterov);
  EXPECT_EQ(message_of<ValueError>([&] { SGD({a}, {.momentum = 0.9, .dampening = 0.1, .nesterov = true}); }), nesterov);
  EXPECT_EQ(message_of<ValueError>([&] { Adam({a}, {.lr = -1}); }), "Adam: Invalid learning rate: -1");
  EXPECT_EQ(message_of<ValueError>([&] { Adam({a}, {.eps = -1}); }), "Adam: Invalid epsilon value: -1");
  EXPECT_EQ(message_of<ValueError>([&] {
              Adam({a}, {.betas = {1, 0}});
            }),
            "Adam: Invalid beta parameter at index 0: 1");
  EXPECT_EQ(message_of<ValueError>([&] {
              Adam({a}, {.betas = {0, 1}});
            }),
            "Adam: Invalid beta parameter at index 1: 1");
  EXPECT_EQ(message_of<ValueError>([&] { optim::AdamW({a}, {.weight_decay = -1}); }),
            "AdamW: Invalid weight_decay value: -1");
  EXPECT_EQ(message_of<ValueError>([&] { SGD(std::vector<Tensor>{}); }), "SGD: optimizer got an empty parameter list");
  EXPECT_EQ(message_of<ValueError>([&] { SGD({a * 2}); }), "SGD: can't optimize a non-leaf Tensor");
  EXPECT_EQ(message_of<ValueError>([&] { SGD({Tensor()}); }), "SGD: a parameter is undefined");
  EXPECT_EQ(message_of<ValueError>([&] { SGD({zeros({1}, {.dtype = kInt64})}); }),
            "SGD: parameters must be floating-point, got int64");
  EXPECT_EQ(message_of<ValueError>([&] {
              SGD({a, a});
            }),
            "SGD: optimizer contains a parameter group with duplicate parameters");
  EXPECT_EQ(message_of<ValueError>([&] {
              SGD({{.params = {a}}, {.params = {a}}});
            }),
            "SGD: some parameters appear in more than one parameter group");
  optim::SGD opt{{a}};
  opt.param_groups()[0].lr = -2;
  EXPECT_EQ(message_of<ValueError>([&] { opt.step(); }), "SGD: Invalid learning rate: -2");
}

TEST(Optimizer, PrintsItsGroups) {
  std::ostringstream out;
  out << optim::SGD({parameter(1)}, {.lr = 0.5, .momentum = 0.9});
  EXPECT_EQ(out.str(),
            "SGD (\nParameter Group 0\n    dampening: 0\n    lr: 0.5\n    maximize: False\n    momentum: 0.9\n"
            "    nesterov: False\n    weight_decay: 0\n)");
}

TEST(Scheduler, BadArgumentsInPyTorchsWords) {
  optim::SGD opt{{parameter(1)}};
  using optim::OneCycleLR;
  EXPECT_EQ(message_of<ValueError>([&] { OneCycleLR(opt, 1, {}); }),
            "OneCycleLR: You must define either total_steps OR (epochs AND steps_per_epoch)");
  EXPECT_EQ(message_of<ValueError>([&] { OneCycleLR(opt, 1, {.total_steps = 0}); }),
            "OneCycleLR: Expected positive integer total_steps, but got 0");
  EXPECT_EQ(message_of<ValueError>([&] { OneCycleLR(opt, 1, {.epochs = 0, .steps_per_epoch = 1}); }),
            "OneCycleLR: Expected positive integer epochs, but got 0");
  EXPECT_EQ(message_of<ValueError>([&] { OneCycleLR(opt, 1, {.epochs = 1, .steps_per_epoch = -1}); }),
            "OneCycleLR: Expected positive integer steps_per_epoch, but got -1");
  EXPECT_EQ(message_of<ValueError>([&] { OneCycleLR(opt, 1, {.total_steps = 5, .pct_start = 1.5}); }),
            "OneCycleLR: Expected float between 0 and 1 pct_start, but got 1.5");
  EXPECT_EQ(message_of<ValueError>([&] { OneCycleLR(opt, 1, {.total_steps = 5, .anneal_strategy = "sin"}); }),
            "OneCycleLR: anneal_strategy must be one of 'cos' or 'linear', instead got sin");
  EXPECT_EQ(message_of<ValueError>([&] {
              OneCycleLR(opt, {1, 2}, {.total_steps = 5});
            }),
            "OneCycleLR: expected 1 values for max_lr, got 2");
  EXPECT_EQ(message_of<ValueError>([&] { optim::StepLR(opt, 0); }), "StepLR: step_size must be positive, got 0");
  EXPECT_EQ(message_of<ValueError>([&] { optim::CosineAnnealingLR(opt, 0); }),
            "CosineAnnealingLR: T_max must be positive, got 0");
  optim::SGD fresh{{parameter(1)}};
  EXPECT_EQ(message_of<ValueError>([&] { optim::StepLR(fresh, 1, {.last_epoch = 3}); }),
            "lr_scheduler: param 'initial_lr' is not specified in param_groups[0] when resuming an optimizer");
}

TEST(Scheduler, NoticesAGroupThatCameLater) {
  optim::SGD opt{{parameter(1)}};
  optim::StepLR scheduler(opt, 1);
  opt.add_param_group({.params = {parameter(2)}});
  EXPECT_EQ(message_of<ValueError>([&] { scheduler.step(); }),
            "lr_scheduler: made for 1 parameter groups, the optimizer now has 2");
  EXPECT_EQ(scheduler.last_epoch(), 0);
}

TEST(Scheduler, PastTheEndOfACycleIsAnErrorAndStays) {
  optim::SGD opt{{parameter(1)}};
  optim::OneCycleLR scheduler(opt, 1, {.total_steps = 2});
  scheduler.step();
  scheduler.step();
  const double lr = opt.lr();
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(message_of<ValueError>([&] { scheduler.step(); }),
              "OneCycleLR: Tried to step 3 times. The specified number of total steps is 2");
  EXPECT_EQ(opt.lr(), lr);
  EXPECT_EQ(scheduler.last_epoch(), 2);
}

TEST(Scheduler, KeepsItsOptimizerAndItsState) {
  std::optional<optim::SGD> opt(std::in_place, std::vector<Tensor>{parameter(1)}, optim::SGDOptions{.lr = 1});
  optim::StepLR scheduler(*opt, 1);
  const optim::SGD moved = std::move(*opt);
  opt.reset();
  scheduler.step();
  EXPECT_EQ(moved.lr(), 0.1);
  EXPECT_THAT(scheduler.state_dict().keys(),
              ElementsAre("last_epoch", "step_count", "base_lrs", "last_lr", "step_size", "gamma"));
  EXPECT_EQ(message_of<ValueError>([&] { scheduler.load_state_dict({}); }),
            "lr_scheduler: loaded state dict must have 1 number(s) as last_epoch");
}

}  // namespace
}  // namespace cresset::test
