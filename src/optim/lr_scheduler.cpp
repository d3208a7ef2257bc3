#include <cresset/creation.h>
#include <cresset/optim/lr_scheduler.h>

#include "optim/optimizer_core.h"

namespace cresset::optim {

LRScheduler::~LRScheduler() = default;

LRScheduler::LRScheduler(const Optimizer& optimizer, std::int64_t last_epoch)
    : optimizer_(optimizer), last_epoch_(last_epoch) {}

void LRScheduler::start() {
  auto& core = optimizer_.core();
  for (std::size_t g = 0; g < core.group_count(); ++g) {
    auto& initial = core.initial_lr(g);
    if (last_epoch_ == -1) {
      if (!initial) initial = core.lr(g);
    } else {
      check<ValueError>(initial.has_value(),
                        "lr_scheduler: param 'initial_lr' is not specified in param_groups[{}] when resuming an "
                        "optimizer",
                        g);
    }
    base_lrs_.push_back(*initial);
  }
  step();
  first_ = false;
}

void LRScheduler::step() {
  auto& core = optimizer_.core();
  check<ValueError>(base_lrs_.size() == core.group_count(),
                    "lr_scheduler: made for {} parameter groups, the optimizer now has {}", base_lrs_.size(),
                    core.group_count());
  ++step_count_;
  ++last_epoch_;
  try {
    last_lr_ = next_lr();
  } catch (...) {
    --step_count_;
    --last_epoch_;
    throw;
  }
  for (std::size_t g = 0; g < last_lr_.size(); ++g) core.lr(g) = last_lr_[g];
}

namespace {
Tensor numbers_tensor(const std::vector<double>& values) { return tensor(values, {.dtype = kFloat64}); }
Tensor number_tensor(double value) { return tensor(value, {.dtype = kFloat64}); }

std::vector<double> read_numbers(const StateDict& dict, const std::string& key, std::size_t count) {
  const Tensor* value = dict.find(key);
  check<ValueError>(value && value->defined() && static_cast<std::size_t>(value->numel()) == count,
                    "lr_scheduler: loaded state dict must have {} number(s) as {}", count, key);
  const Tensor flat = value->reshape({-1});
  std::vector<double> values;
  for (std::int64_t i = 0; i < flat.numel(); ++i) values.push_back(flat[i].item());
  return values;
}
}  // namespace

StateDict LRScheduler::state_dict() const {
  StateDict dict;
  dict.set("last_epoch", tensor(last_epoch_));
  dict.set("step_count", tensor(step_count_));
  dict.set("base_lrs", numbers_tensor(base_lrs_));
  dict.set("last_lr", numbers_tensor(last_lr_));
  for (const auto& [name, number] : const_cast<LRScheduler*>(this)->numbers()) dict.set(name, number_tensor(*number));
  return dict;
}

void LRScheduler::load_state_dict(const StateDict& dict) {
  const auto epoch = static_cast<std::int64_t>(read_numbers(dict, "last_epoch", 1)[0]);
  const auto count = static_cast<std::int64_t>(read_numbers(dict, "step_count", 1)[0]);
  auto base_lrs = read_numbers(dict, "base_lrs", base_lrs_.size());
  auto last_lr = read_numbers(dict, "last_lr", base_lrs_.size());
  std::vector<std::pair<double*, double>> changes;
  for (const auto& [name, number] : numbers()) changes.emplace_back(number, read_numbers(dict, name, 1)[0]);
  last_epoch_ = epoch;
  step_count_ = count;
  base_lrs_ = std::move(base_lrs);
  last_lr_ = std::move(last_lr);
  for (const auto& [number, value] : changes) *number = value;
}

}  // namespace cresset::optim
