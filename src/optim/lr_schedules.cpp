// The formulas, in the order of operations in which PyTorch computes them.
#include <cresset/optim/lr_scheduler.h>

#include <cmath>
#include <numbers>

#include "optim/optimizer_core.h"

namespace cresset::optim {

StepLR::StepLR(const Optimizer& optimizer, std::int64_t step_size, const StepLROptions& options)
    : LRScheduler(optimizer, options.last_epoch), step_size_(static_cast<double>(step_size)), gamma_(options.gamma) {
  check<ValueError>(step_size > 0, "StepLR: step_size must be positive, got {}", step_size);
  start();
}
std::vector<double> StepLR::next_lr() {
  const bool drops = last_epoch() != 0 && last_epoch() % static_cast<std::int64_t>(step_size_) == 0;
  std::vector<double> lrs;
  for (std::size_t g = 0; g < optimizer_.group_count(); ++g)
    lrs.push_back(drops ? optimizer_.lr(g) * gamma_ : optimizer_.lr(g));
  return lrs;
}
std::vector<std::pair<std::string, double*>> StepLR::numbers() {
  return {{"step_size", &step_size_}, {"gamma", &gamma_}};
}

CosineAnnealingLR::CosineAnnealingLR(const Optimizer& optimizer, std::int64_t T_max,
                                     const CosineAnnealingLROptions& options)
    : LRScheduler(optimizer, options.last_epoch), T_max_(static_cast<double>(T_max)), eta_min_(options.eta_min) {
  check<ValueError>(T_max > 0, "CosineAnnealingLR: T_max must be positive, got {}", T_max);
  start();
}
std::vector<double> CosineAnnealingLR::next_lr() {
  constexpr double pi = std::numbers::pi;
  const auto epoch = static_cast<double>(last_epoch());
  const auto turn = static_cast<std::int64_t>(T_max_);
  std::vector<double> lrs;
  for (std::size_t g = 0; g < optimizer_.group_count(); ++g) {
    const double lr = optimizer_.lr(g), base = base_lrs_[g];
    if (is_first())
      lrs.push_back(lr);
    else if (is_resumed())
      lrs.push_back(eta_min_ + (base - eta_min_) * (1 + std::cos(epoch * pi / T_max_)) / 2);
    else if ((last_epoch() - 1 - turn) % (2 * turn) == 0)
      lrs.push_back(lr + (base - eta_min_) * (1 - std::cos(pi / T_max_)) / 2);
    else
      lrs.push_back((1 + std::cos(pi * epoch / T_max_)) / (1 + std::cos(pi * (epoch - 1) / T_max_)) * (lr - eta_min_) +
                    eta_min_);
  }
  return lrs;
}
std::vector<std::pair<std::string, double*>> CosineAnnealingLR::numbers() {
  return {{"T_max", &T_max_}, {"eta_min", &eta_min_}};
}

namespace {

double steps_of(const OneCycleLROptions& o) {
  if (o.total_steps) {
    check<ValueError>(*o.total_steps > 0, "OneCycleLR: Expected positive integer total_steps, but got {}",
                      *o.total_steps);
    return static_cast<double>(*o.total_steps);
  }
  check<ValueError>(o.epochs && o.steps_per_epoch,
                    "OneCycleLR: You must define either total_steps OR (epochs AND steps_per_epoch)");
  check<ValueError>(*o.epochs > 0, "OneCycleLR: Expected positive integer epochs, but got {}", *o.epochs);
  check<ValueError>(*o.steps_per_epoch > 0, "OneCycleLR: Expected positive integer steps_per_epoch, but got {}",
                    *o.steps_per_epoch);
  return static_cast<double>(*o.epochs) * static_cast<double>(*o.steps_per_epoch);
}

}  // namespace

OneCycleLR::OneCycleLR(const Optimizer& optimizer, double max_lr, const OneCycleLROptions& options)
    : OneCycleLR(optimizer, std::vector<double>(optimizer.group_count(), max_lr), options) {}
OneCycleLR::OneCycleLR(const Optimizer& optimizer, const std::vector<double>& max_lr, const OneCycleLROptions& o)
    : LRScheduler(optimizer, o.last_epoch),
      max_lrs_(max_lr),
      total_steps_(steps_of(o)),
      pct_start_(o.pct_start),
      base_momentum_(o.base_momentum),
      max_momentum_(o.max_momentum),
      div_factor_(o.div_factor),
      final_div_factor_(o.final_div_factor),
      linear_(o.anneal_strategy == "linear"),
      cycle_momentum_(o.cycle_momentum),
      three_phase_(o.three_phase) {
  check<ValueError>(o.pct_start >= 0 && o.pct_start <= 1,
                    "OneCycleLR: Expected float between 0 and 1 pct_start, but got {}", o.pct_start);
  check<ValueError>(linear_ || o.anneal_strategy == "cos",
                    "OneCycleLR: anneal_strategy must be one of 'cos' or 'linear', instead got {}", o.anneal_strategy);
  check<ValueError>(max_lrs_.size() == optimizer.group_count(), "OneCycleLR: expected {} values for max_lr, got {}",
                    optimizer.group_count(), max_lrs_.size());
  auto& core = optimizer_.core();
  if (o.last_epoch == -1)
    for (std::size_t g = 0; g < core.group_count(); ++g) {
      core.initial_lr(g) = max_lrs_[g] / div_factor_;
      if (cycle_momentum_) core.momentum(g) = max_momentum_;
    }
  start();
}

double OneCycleLR::anneal(double start, double end, double part) const {
  if (linear_) return (end - start) * part + start;
  return end + (start - end) / 2 * (std::cos(std::numbers::pi * part) + 1);
}

struct OneCycleLR::Phase {
  double end_step, start_lr, end_lr, start_momentum, end_momentum;
};

std::vector<double> OneCycleLR::next_lr() {
  const auto step = static_cast<double>(last_epoch());
  check<ValueError>(step <= total_steps_,
                    "OneCycleLR: Tried to step {} times. The specified number of total steps is {}", step,
                    total_steps_);
  auto& core = optimizer_.core();
  std::vector<double> lrs;
  for (std::size_t g = 0; g < core.group_count(); ++g) {
    const double initial = *core.initial_lr(g), top = max_lrs_[g], bottom = initial / final_div_factor_;
    std::vector<Phase> phases = {{pct_start_ * total_steps_ - 1, initial, top, max_momentum_, base_momentum_}};
    if (three_phase_) {
      phases.push_back({2 * pct_start_ * total_steps_ - 2, top, initial, base_momentum_, max_momentum_});
      phases.push_back({total_steps_ - 1, initial, bottom, max_momentum_, max_momentum_});
    } else {
      phases.push_back({total_steps_ - 1, top, bottom, base_momentum_, max_momentum_});
    }
    double start_step = 0;
    std::size_t i = 0;
    while (step > phases[i].end_step && i + 1 < phases.size()) start_step = phases[i++].end_step;
    const Phase& phase = phases[i];
    // A phase of no length is its own end.
    const double length = phase.end_step - start_step;
    const double part = length != 0 ? (step - start_step) / length : 1;
    lrs.push_back(anneal(phase.start_lr, phase.end_lr, part));
    if (cycle_momentum_) core.momentum(g) = anneal(phase.start_momentum, phase.end_momentum, part);
  }
  return lrs;
}

std::vector<std::pair<std::string, double*>> OneCycleLR::numbers() {
  std::vector<std::pair<std::string, double*>> all = {
      {"total_steps", &total_steps_},   {"pct_start", &pct_start_},   {"base_momentum", &base_momentum_},
      {"max_momentum", &max_momentum_}, {"div_factor", &div_factor_}, {"final_div_factor", &final_div_factor_}};
  for (std::size_t g = 0; g < max_lrs_.size(); ++g) all.emplace_back("max_lr." + std::to_string(g), &max_lrs_[g]);
  return all;
}

}  // namespace cresset::optim
