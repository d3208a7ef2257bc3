// Trajectories and schedules are PyTorch's, from tests/golden/optim.json (tools/goldens_optim.py).
#include <cresset/cresset.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "test_paths.h"

namespace cresset::test {
namespace {

using nlohmann::json;

const json& golden() {
  static const json data = json::parse(std::ifstream(CRESSET_TEST_DIR "/golden/optim.json"));
  return data;
}

template <class Field>
void read(const json& options, const char* name, Field& field) {
  if (options.contains(name)) field = options[name].get<Field>();
}
template <class Field>
void read(const json& options, const char* name, std::optional<Field>& field) {
  if (options.contains(name)) field = options[name].get<Field>();
}

optim::SGDOptions sgd_options(const json& o) {
  optim::SGDOptions options;
  read(o, "lr", options.lr);
  read(o, "momentum", options.momentum);
  read(o, "dampening", options.dampening);
  read(o, "weight_decay", options.weight_decay);
  read(o, "nesterov", options.nesterov);
  read(o, "maximize", options.maximize);
  return options;
}
template <class Options>
Options adam_options(const json& o) {
  Options options;
  read(o, "lr", options.lr);
  read(o, "betas", options.betas);
  read(o, "eps", options.eps);
  read(o, "weight_decay", options.weight_decay);
  read(o, "amsgrad", options.amsgrad);
  read(o, "maximize", options.maximize);
  return options;
}

optim::Optimizer make_optimizer(const json& c, const std::vector<Tensor>& params) {
  if (c["kind"] == "SGD") return optim::SGD(params, sgd_options(c["options"]));
  if (c["kind"] == "Adam") return optim::Adam(params, adam_options<optim::AdamOptions>(c["options"]));
  return optim::AdamW(params, adam_options<optim::AdamWOptions>(c["options"]));
}

std::vector<Tensor> start_parameters(DType dtype) {
  std::vector<Tensor> params;
  for (const auto& values : golden()["start"])
    params.push_back(tensor(values.get<std::vector<double>>(), {.dtype = dtype, .requires_grad = true}));
  return params;
}

void set_grads(const std::vector<Tensor>& params, std::size_t step) {
  for (std::size_t i = 0; i < params.size(); ++i) {
    const json& grad = golden()["grads"][step][i];
    params[i].set_grad(grad.is_null() ? Tensor()
                                      : tensor(grad.get<std::vector<double>>(), {.dtype = params[i].dtype()}));
  }
}

// A few roundings of the dtype apart, relative to the larger of the value and 1.
void expect_values(const std::vector<Tensor>& params, const json& expected, DType dtype, const std::string& where) {
  const double tolerance = 8 * (dtype == kFloat64 ? 0x1p-52 : 0x1p-23);
  std::size_t k = 0;
  for (const Tensor& parameter : params)
    for (const Tensor& element : parameter.detach()) {
      const double value = expected[k++].get<double>();
      ASSERT_NEAR(element.item(), value, tolerance * std::max(1.0, std::abs(value))) << where << " element " << k;
    }
}

TEST(OptimizerGolden, TrajectoriesAreEqual) {
  ASSERT_EQ(golden()["optimizers"].size(), 38u);
  for (const json& c : golden()["optimizers"]) {
    const DType dtype = c["dtype"] == "float64" ? kFloat64 : kFloat32;
    const auto params = start_parameters(dtype);
    auto opt = make_optimizer(c, params);
    for (std::size_t step = 0; step < c["values"].size(); ++step) {
      set_grads(params, step);
      opt.step();
      expect_values(
          params, c["values"][step], dtype,
          c["name"].get<std::string>() + " " + c["dtype"].get<std::string>() + " step " + std::to_string(step));
    }
  }
}

TEST(OptimizerGolden, AStateDictContinuesTheTrajectory) {
  for (const json& c : golden()["optimizers"]) {
    const DType dtype = c["dtype"] == "float64" ? kFloat64 : kFloat32;
    const auto params = start_parameters(dtype);
    auto opt = make_optimizer(c, params);
    for (std::size_t step = 0; step < c["values"].size(); ++step) {
      if (step == 3) {
        // Another optimiser, with other options, takes over.
        json other = c;
        other["options"] = json::object();
        auto next = make_optimizer(other, params);
        next.load_state_dict(opt.state_dict());
        opt = next;
      }
      set_grads(params, step);
      opt.step();
    }
    expect_values(params, c["values"].back(), dtype, c["name"]);
  }
}

std::unique_ptr<optim::LRScheduler> make_scheduler(const json& c, const optim::Optimizer& opt) {
  const json& o = c["options"];
  if (c["kind"] == "StepLR") {
    optim::StepLROptions options;
    read(o, "gamma", options.gamma);
    read(o, "last_epoch", options.last_epoch);
    return std::make_unique<optim::StepLR>(opt, o["step_size"].get<int>(), options);
  }
  if (c["kind"] == "CosineAnnealingLR") {
    optim::CosineAnnealingLROptions options;
    read(o, "eta_min", options.eta_min);
    read(o, "last_epoch", options.last_epoch);
    return std::make_unique<optim::CosineAnnealingLR>(opt, o["T_max"].get<int>(), options);
  }
  optim::OneCycleLROptions options;
  read(o, "total_steps", options.total_steps);
  read(o, "epochs", options.epochs);
  read(o, "steps_per_epoch", options.steps_per_epoch);
  read(o, "pct_start", options.pct_start);
  const std::string strategy = o.value("anneal_strategy", "cos");
  options.anneal_strategy = strategy;
  read(o, "cycle_momentum", options.cycle_momentum);
  read(o, "base_momentum", options.base_momentum);
  read(o, "max_momentum", options.max_momentum);
  read(o, "div_factor", options.div_factor);
  read(o, "final_div_factor", options.final_div_factor);
  read(o, "three_phase", options.three_phase);
  const json& max_lr = o["max_lr"];
  if (max_lr.is_array()) return std::make_unique<optim::OneCycleLR>(opt, max_lr.get<std::vector<double>>(), options);
  return std::make_unique<optim::OneCycleLR>(opt, max_lr.get<double>(), options);
}

// The optimiser of a schedule's case: one parameter in each group.
struct Scheduled {
  explicit Scheduled(const json& c) {
    const bool resumed = c["options"].contains("last_epoch");
    if (c["optimizer"] == "SGD") {
      std::vector<optim::SGDGroupOptions> groups;
      for (double lr : c["groups"]) groups.push_back({.params = {zeros({1}, {.requires_grad = true})}, .lr = lr});
      sgd.emplace(groups, optim::SGDOptions{.momentum = 0.9});
      if (resumed)
        for (auto& group : sgd->param_groups()) group.initial_lr = group.lr;
    } else {
      std::vector<optim::AdamGroupOptions> groups;
      for (double lr : c["groups"]) groups.push_back({.params = {zeros({1}, {.requires_grad = true})}, .lr = lr});
      adam.emplace(groups);
    }
  }
  const optim::Optimizer& optimizer() const {
    return sgd ? static_cast<const optim::Optimizer&>(*sgd) : static_cast<const optim::Optimizer&>(*adam);
  }
  double momentum(std::size_t group) {
    return sgd ? sgd->param_groups()[group].momentum : adam->param_groups()[group].betas.first;
  }
  std::optional<optim::SGD> sgd;
  std::optional<optim::Adam> adam;
};

void expect_row(Scheduled& scheduled, const optim::LRScheduler& scheduler, const json& c, std::size_t row) {
  const std::string where = c["kind"].get<std::string>() + c["options"].dump() + " step " + std::to_string(row);
  const json& expected = c["rows"][row];
  for (std::size_t g = 0; g < c["groups"].size(); ++g) {
    const double lr = expected["lr"][g], momentum = expected["momentum"][g];
    ASSERT_NEAR(scheduler.get_last_lr()[g], lr, 4e-16 * std::max(lr, 1e-3)) << where;
    ASSERT_EQ(scheduled.optimizer().lr(g), scheduler.get_last_lr()[g]) << where;
    ASSERT_NEAR(scheduled.momentum(g), momentum, 4e-16) << where;
  }
}

TEST(SchedulerGolden, EveryStepIsEqual) {
  ASSERT_EQ(golden()["schedules"].size(), 12u);
  for (const json& c : golden()["schedules"]) {
    Scheduled scheduled(c);
    const auto scheduler = make_scheduler(c, scheduled.optimizer());
    for (std::size_t row = 0; row < c["rows"].size(); ++row) {
      if (row > 0) scheduler->step();
      expect_row(scheduled, *scheduler, c, row);
    }
  }
}

TEST(SchedulerGolden, StateDictsContinueTheSchedule) {
  for (const json& c : golden()["schedules"]) {
    Scheduled first(c);
    const auto before = make_scheduler(c, first.optimizer());
    for (int i = 0; i < 4; ++i) before->step();
    Scheduled second(c);
    const auto after = make_scheduler(c, second.optimizer());
    optim::Optimizer(second.optimizer()).load_state_dict(first.optimizer().state_dict());
    after->load_state_dict(before->state_dict());
    expect_row(second, *after, c, 4);
    for (std::size_t row = 5; row < c["rows"].size(); ++row) {
      after->step();
      expect_row(second, *after, c, row);
    }
  }
}

}  // namespace
}  // namespace cresset::test
