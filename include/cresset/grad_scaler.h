// Gradient scaling, for training in float16.
#pragma once

#include <cresset/optim/optimizer.h>

#include <memory>
#include <optional>
#include <vector>

namespace cresset {

struct GradScalerOptions {
  double init_scale = 65536;
  double growth_factor = 2;             // > 1
  double backoff_factor = 0.5;          // < 1
  std::int64_t growth_interval = 2000;  // steps
  bool enabled = true;                  // false: scale() gives what it gets, step() is the optimiser's
};

// Multiplies losses, so that small gradients do not vanish in float16, and divides the gradients again before the step.
// A step whose gradients have an infinity or a NaN is left out, and update() multiplies the scale by backoff_factor
// then; after growth_interval steps without, by growth_factor. What is found stays on the device: step() waits for one
// number of each device that the optimiser's gradients lie on, and nothing else waits.
//
//   scaler.scale(loss).backward();
//   scaler.step(opt);
//   scaler.update();
//
// With several optimisers step() is called for each, and update() once. To see unscaled gradients (to clip them), call
// unscale_() before step(). A step cannot be captured in a cuda::Graph: it asks the device whether to step.
// https://docs.pytorch.org/docs/stable/amp.html#gradient-scaling
class CRESSET_API GradScaler {
 public:
  // For "cuda", as in PyTorch: not enabled where there is no CUDA device. ValueError for factors out of range.
  explicit GradScaler(Device device = DeviceType::cuda, const GradScalerOptions& options = {});
  ~GradScaler();
  GradScaler(GradScaler&&) noexcept;
  GradScaler& operator=(GradScaler&&) noexcept;

  Tensor scale(const Tensor& outputs);
  std::vector<Tensor> scale(const std::vector<Tensor>& outputs);

  // Divides the gradients of the optimiser's parameters by the scale, once between two updates. ValueError for a second
  // time, after step(), before scale(), and for float16 gradients, where dividing would lose what scaling saved.
  void unscale_(const optim::Optimizer& optimizer);
  // unscale_(), where it was not called, and the optimiser's step, if all gradients are finite. Whether it stepped.
  // ValueError where no parameter has a gradient, and for a second time before update().
  bool step(optim::Optimizer& optimizer);
  // To be called once after the steps. ValueError where no optimiser was unscaled.
  void update();
  // Sets the scale instead.
  void update(double new_scale);

  double get_scale() const;  // 1 where not enabled; waits for the device
  double get_growth_factor() const;
  void set_growth_factor(double factor);
  double get_backoff_factor() const;
  void set_backoff_factor(double factor);
  std::int64_t get_growth_interval() const;
  void set_growth_interval(std::int64_t steps);
  bool is_enabled() const;

  // PyTorch's entries as numbers of no dimensions: scale, growth_factor, backoff_factor, growth_interval,
  // _growth_tracker; empty where not enabled.
  StateDict state_dict() const;
  // ValueError for an empty dict, or one that lacks an entry.
  void load_state_dict(const StateDict& state_dict);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cresset
