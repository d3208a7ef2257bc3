#include <cresset/cuda.h>
#include <cresset/extension/grad_unscale.h>
#include <cresset/extension/registry.h>
#include <cresset/grad_scaler.h>
#include <cresset/ops.h>

#include <limits>
#include <map>

#include "autograd/inplace.h"
#include "optim/optimizer_core.h"

namespace cresset {
namespace {

enum class Stage : std::uint8_t { ready, unscaled, stepped };

struct OfOptimizer {
  Stage stage = Stage::ready;
  std::vector<Tensor> found_inf;  // one float32 number for each device that gradients lie on
};

Tensor number(double value) { return tensor(value, {.dtype = kFloat64}); }

double entry(const StateDict& dict, const char* name) {
  const Tensor* value = dict.find(name);
  check<ValueError>(value && value->defined() && value->numel() == 1,
                    "GradScaler: loaded state dict must have one number as {}", name);
  return value->item();
}

// All gradients of one device and dtype in one pass.
void unscale(const std::vector<Tensor>& grads, const Tensor& inv_scale, const Tensor& found_inf) {
  std::vector<ScaledGrad> entries;
  std::vector<std::pair<Tensor, Tensor>> with_gaps;
  for (const Tensor& grad : grads) {
    Tensor dense = grad;
    if (!is_dense(grad)) with_gaps.emplace_back(grad, dense = grad.contiguous());
    entries.push_back({raw(dense), dense.numel()});
  }
  run<GradUnscale>(grads[0].device(), {.dtype = grads[0].dtype()}, static_cast<const ScaledGrad*>(entries.data()),
                   static_cast<std::int64_t>(entries.size()), reinterpret_cast<const float*>(raw(inv_scale)),
                   reinterpret_cast<float*>(raw(found_inf)));
  for (const auto& [grad, dense] : with_gaps) grad.copy_(dense);
  for (const Tensor& grad : grads) bump_version(grad);
}

}  // namespace

struct GradScaler::State {
  bool enabled;
  double init_scale, growth_factor, backoff_factor;
  std::int64_t growth_interval, init_tracker = 0;
  Tensor scale, tracker;  // on the device of the first output that is scaled; undefined before
  std::map<const optim::detail::OptimizerCore*, OfOptimizer> optimizers;  // since the last update

  void check_begun(const char* what) const {
    check<ValueError>(scale.defined(),
                      "GradScaler: Attempted {} but there is no scale yet. This may indicate your script did not use "
                      "scaler.scale(loss or outputs) earlier in the iteration.",
                      what);
  }
};

GradScaler::GradScaler(Device device, const GradScalerOptions& o)
    : state_(std::make_unique<State>(State{.enabled = o.enabled && (device.is_cpu() || cuda::is_available()),
                                           .init_scale = o.init_scale,
                                           .growth_factor = o.growth_factor,
                                           .backoff_factor = o.backoff_factor,
                                           .growth_interval = o.growth_interval,
                                           .scale = {},
                                           .tracker = {},
                                           .optimizers = {}})) {
  check<ValueError>(!o.enabled || o.growth_factor > 1, "GradScaler: The growth factor must be > 1.0, got {}",
                    o.growth_factor);
  check<ValueError>(!o.enabled || o.backoff_factor < 1, "GradScaler: The backoff factor must be < 1.0, got {}",
                    o.backoff_factor);
}
GradScaler::~GradScaler() = default;
GradScaler::GradScaler(GradScaler&&) noexcept = default;
GradScaler& GradScaler::operator=(GradScaler&&) noexcept = default;

Tensor GradScaler::scale(const Tensor& outputs) {
  State& s = *state_;
  if (!s.enabled) return outputs;
  if (!s.scale.defined()) {
    s.scale = full({}, s.init_scale, {.dtype = kFloat32, .device = outputs.device()});
    s.tracker = full({}, s.init_tracker, {.dtype = kInt64, .device = outputs.device()});
  }
  // A copy: update() writes to the scale, which the tape may have saved.
  return outputs * s.scale.to(ToOptions{.device = outputs.device(), .non_blocking = true, .copy = true});
}
std::vector<Tensor> GradScaler::scale(const std::vector<Tensor>& outputs) {
  std::vector<Tensor> scaled;
  for (const Tensor& output : outputs) scaled.push_back(scale(output));
  return scaled;
}

void GradScaler::unscale_(const optim::Optimizer& optimizer) {
  State& s = *state_;
  if (!s.enabled) return;
  s.check_begun("unscale_");
  OfOptimizer& of = s.optimizers[&optimizer.core()];
  check<ValueError>(of.stage != Stage::unscaled,
                    "GradScaler: unscale_() has already been called on this optimizer since the last update().");
  check<ValueError>(of.stage != Stage::stepped, "GradScaler: unscale_() is being called after step().");
  const NoGradGuard no_grad;
  std::map<std::tuple<DeviceType, int, DType>, std::vector<Tensor>> groups;
  for (std::size_t g = 0; g < optimizer.group_count(); ++g)
    for (const Tensor& parameter : optimizer.core().params(g)) {
      const Tensor grad = parameter.grad();
      if (!grad.defined()) continue;
      check<ValueError>(grad.dtype() != kFloat16, "GradScaler: Attempting to unscale FP16 gradients.");
      groups[{grad.device().type, grad.device().index, grad.dtype()}].push_back(grad);
    }
  // In double: the reciprocal of a scale must not be rounded twice.
  const Tensor inv_scale = s.scale.to(kFloat64).reciprocal().to(kFloat32);
  for (const auto& [place, grads] : groups) {
    const Device device = grads[0].device();
    if (of.found_inf.empty() || !(of.found_inf.back().device() == device))
      of.found_inf.push_back(zeros({}, {.dtype = kFloat32, .device = device}));
    unscale(grads, inv_scale.to(ToOptions{.device = device, .non_blocking = true}), of.found_inf.back());
  }
  of.stage = Stage::unscaled;
}

bool GradScaler::step(optim::Optimizer& optimizer) {
  State& s = *state_;
  if (!s.enabled) {
    optimizer.step();
    return true;
  }
  s.check_begun("step");
  check<ValueError>(s.optimizers[&optimizer.core()].stage != Stage::stepped,
                    "GradScaler: step() has already been called since the last update().");
  if (s.optimizers[&optimizer.core()].stage == Stage::ready) unscale_(optimizer);
  OfOptimizer& of = s.optimizers[&optimizer.core()];
  check<ValueError>(!of.found_inf.empty(), "GradScaler: No inf checks were recorded for this optimizer.");
  bool finite = true;
  for (const Tensor& found : of.found_inf) finite &= found.item() == 0;
  if (finite) optimizer.step();
  of.stage = Stage::stepped;
  return finite;
}

void GradScaler::update() {
  State& s = *state_;
  if (!s.enabled) return;
  s.check_begun("update");
  const NoGradGuard no_grad;
  Tensor found;
  for (const auto& [optimizer, of] : s.optimizers)
    for (const Tensor& of_device : of.found_inf) {
      const Tensor here = of_device.to(ToOptions{.device = s.scale.device(), .non_blocking = true});
      found = found.defined() ? found + here : here;
    }
  check<ValueError>(found.defined(), "GradScaler: No inf checks were recorded prior to update.");
  const Tensor bad = found > 0, next = s.tracker + 1, grows = next == s.growth_interval;
  const Tensor grown = s.scale * s.growth_factor;
  const Tensor fits = grown < std::numeric_limits<double>::infinity();
  s.scale.copy_(where(bad, s.scale * s.backoff_factor, where(grows & fits, grown, s.scale)));
  s.tracker.copy_(where(bad | grows, zeros_like(next), next));
  s.optimizers.clear();
}

void GradScaler::update(double new_scale) {
  State& s = *state_;
  if (!s.enabled) return;
  s.check_begun("update");
  s.scale.fill_(new_scale);
  s.optimizers.clear();
}

double GradScaler::get_scale() const {
  if (!state_->enabled) return 1;
  return state_->scale.defined() ? state_->scale.item() : state_->init_scale;
}
double GradScaler::get_growth_factor() const { return state_->growth_factor; }
void GradScaler::set_growth_factor(double factor) { state_->growth_factor = factor; }
double GradScaler::get_backoff_factor() const { return state_->backoff_factor; }
void GradScaler::set_backoff_factor(double factor) { state_->backoff_factor = factor; }
std::int64_t GradScaler::get_growth_interval() const { return state_->growth_interval; }
void GradScaler::set_growth_interval(std::int64_t steps) { state_->growth_interval = steps; }
bool GradScaler::is_enabled() const { return state_->enabled; }

StateDict GradScaler::state_dict() const {
  const State& s = *state_;
  StateDict dict;
  if (!s.enabled) return dict;
  dict.set("scale", number(get_scale()));
  dict.set("growth_factor", number(s.growth_factor));
  dict.set("backoff_factor", number(s.backoff_factor));
  dict.set("growth_interval", tensor(s.growth_interval));
  dict.set("_growth_tracker", tensor(s.tracker.defined() ? s.tracker.item<std::int64_t>() : s.init_tracker));
  return dict;
}

void GradScaler::load_state_dict(const StateDict& dict) {
  State& s = *state_;
  if (!s.enabled) return;
  check<ValueError>(dict.size() > 0,
                    "GradScaler: The source state dict is empty, possibly because it was saved from a disabled "
                    "instance of GradScaler.");
  const double scale = entry(dict, "scale"), growth = entry(dict, "growth_factor"),
               backoff = entry(dict, "backoff_factor");
  const auto interval = static_cast<std::int64_t>(entry(dict, "growth_interval"));
  const auto tracker = static_cast<std::int64_t>(entry(dict, "_growth_tracker"));
  s.init_scale = scale;
  s.growth_factor = growth;
  s.backoff_factor = backoff;
  s.growth_interval = interval;
  s.init_tracker = tracker;
  if (s.scale.defined()) {
    s.scale.fill_(scale);
    s.tracker.fill_(tracker);
  }
}

}  // namespace cresset
