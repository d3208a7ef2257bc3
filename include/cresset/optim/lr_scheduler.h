// Learning rates that change from step to step. Each scheduler sets the first rate when it is made; call step() after
// the optimiser's, once an epoch or a batch, as the schedule counts. torch.optim.lr_scheduler.
#pragma once

#include <cresset/optim/optimizer.h>

#include <string>
#include <vector>

namespace cresset::optim {

class CRESSET_API LRScheduler {
 public:
  virtual ~LRScheduler();
  LRScheduler(const LRScheduler&) = delete;
  LRScheduler& operator=(const LRScheduler&) = delete;

  void step();
  // The rate of each parameter group, as the last step() set it.
  std::vector<double> get_last_lr() const { return last_lr_; }
  std::int64_t last_epoch() const { return last_epoch_; }

  // Numbers as tensors: last_epoch, step_count, base_lrs, last_lr and what the schedule is made of.
  StateDict state_dict() const;
  // Throws ValueError where a name is missing or the number of groups differs. The optimiser has its own state_dict;
  // load both.
  void load_state_dict(const StateDict& state_dict);

 protected:
  LRScheduler(const Optimizer& optimizer, std::int64_t last_epoch);
  // To be called at the end of the constructor: takes the first step.
  void start();

  // The rates for last_epoch(). A recursive schedule reads those of the optimiser.
  virtual std::vector<double> next_lr() = 0;
  // Further numbers that state_dict() keeps.
  virtual std::vector<std::pair<std::string, double*>> numbers() = 0;
  bool is_first() const { return first_; }
  // Made at an epoch that is not the first, and not stepped since.
  bool is_resumed() const { return step_count_ == 1 && last_epoch_ > 0; }

  Optimizer optimizer_;
  std::vector<double> base_lrs_;

 private:
  std::vector<double> last_lr_;
  std::int64_t last_epoch_;
  std::int64_t step_count_ = 0;
  bool first_ = true;
};

// gamma times less every step_size steps.
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
struct StepLROptions {
  double gamma = 0.1;
  std::int64_t last_epoch = -1;
};
class CRESSET_API StepLR : public LRScheduler {
 public:
  StepLR(const Optimizer& optimizer, std::int64_t step_size, const StepLROptions& options = {});

 private:
  std::vector<double> next_lr() override;
  std::vector<std::pair<std::string, double*>> numbers() override;

  double step_size_, gamma_;
};

// From the first rate to eta_min along half a cosine of T_max steps, and back, as PyTorch's recursive form.
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
struct CosineAnnealingLROptions {
  double eta_min = 0;
  std::int64_t last_epoch = -1;
};
class CRESSET_API CosineAnnealingLR : public LRScheduler {
 public:
  CosineAnnealingLR(const Optimizer& optimizer, std::int64_t T_max, const CosineAnnealingLROptions& options = {});

 private:
  std::vector<double> next_lr() override;
  std::vector<std::pair<std::string, double*>> numbers() override;

  double T_max_, eta_min_;
};

// Smith and Topin's 1cycle policy: up to max_lr, then down to far below the start, while SGD's momentum or Adam's first
// beta goes the other way.
// https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
struct OneCycleLROptions {
  std::optional<std::int64_t> total_steps = {};  // or epochs and steps_per_epoch
  std::optional<std::int64_t> epochs = {};
  std::optional<std::int64_t> steps_per_epoch = {};
  double pct_start = 0.3;                    // the part that goes up
  std::string_view anneal_strategy = "cos";  // or "linear"
  bool cycle_momentum = true;
  double base_momentum = 0.85;
  double max_momentum = 0.95;
  double div_factor = 25;         // first rate: max_lr / div_factor
  double final_div_factor = 1e4;  // last rate: first rate / final_div_factor
  bool three_phase = false;
  std::int64_t last_epoch = -1;
};
class CRESSET_API OneCycleLR : public LRScheduler {
 public:
  OneCycleLR(const Optimizer& optimizer, double max_lr, const OneCycleLROptions& options = {});
  // One max_lr for each parameter group.
  OneCycleLR(const Optimizer& optimizer, const std::vector<double>& max_lr, const OneCycleLROptions& options = {});

 private:
  struct Phase;
  std::vector<double> next_lr() override;
  std::vector<std::pair<std::string, double*>> numbers() override;
  double anneal(double start, double end, double part) const;

  std::vector<double> max_lrs_;
  double total_steps_, pct_start_, base_momentum_, max_momentum_, div_factor_, final_div_factor_;
  bool linear_, cycle_momentum_, three_phase_;
};

}  // namespace cresset::optim
