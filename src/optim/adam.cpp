#include <cresset/optim/adam.h>

#include "optim/grouped_core.h"

namespace cresset::optim {
namespace {

struct AdamMethod {
  using Slot = AdamStep;
  using Options = AdamOptions;
  static constexpr std::array<const char*, 3> state_names = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
  static constexpr std::string_view steps_name = "step";
  static int state_count(const Options& o) { return o.amsgrad ? 3 : 2; }
  static double& momentum(Options& o) { return o.betas.first; }

  template <class O, class F>
  static void for_each_option(O& o, F f) {
    f("lr", o.lr);
    f("betas", o.betas);
    f("eps", o.eps);
    f("weight_decay", o.weight_decay);
    f("amsgrad", o.amsgrad);
    f("maximize", o.maximize);
    f("decoupled_weight_decay", o.decoupled_weight_decay);
  }

  static void validate(const char* name, const Options& o) {
    check<ValueError>(o.lr >= 0, "{}: Invalid learning rate: {}", name, o.lr);
    check<ValueError>(o.eps >= 0, "{}: Invalid epsilon value: {}", name, o.eps);
    check<ValueError>(o.betas.first >= 0 && o.betas.first < 1, "{}: Invalid beta parameter at index 0: {}", name,
                      o.betas.first);
    check<ValueError>(o.betas.second >= 0 && o.betas.second < 1, "{}: Invalid beta parameter at index 1: {}", name,
                      o.betas.second);
    check<ValueError>(o.weight_decay >= 0, "{}: Invalid weight_decay value: {}", name, o.weight_decay);
  }

  static AdamProblem problem(const Options& o, DType dtype) {
    return {.dtype = dtype,
            .lr = o.lr,
            .beta1 = o.betas.first,
            .beta2 = o.betas.second,
            .eps = o.eps,
            .weight_decay = o.weight_decay,
            .amsgrad = o.amsgrad,
            .maximize = o.maximize,
            .decoupled = o.decoupled_weight_decay};
  }
};

using AdamCore = detail::GroupedCore<AdamMethod>;

// The defaults of groups that are added later.
struct AdamWithDefaults final : AdamCore {
  AdamWithDefaults(const char* name, const AdamOptions& options) : AdamCore(name), defaults(options) {
    AdamMethod::validate(name, options);
  }
  void add(const AdamGroupOptions& group) {
    add_group(group.params, {.lr = group.lr.value_or(defaults.lr),
                             .betas = group.betas.value_or(defaults.betas),
                             .eps = group.eps.value_or(defaults.eps),
                             .weight_decay = group.weight_decay.value_or(defaults.weight_decay),
                             .amsgrad = group.amsgrad.value_or(defaults.amsgrad),
                             .maximize = group.maximize.value_or(defaults.maximize),
                             .master_weights = group.master_weights.value_or(defaults.master_weights),
                             .decoupled_weight_decay = defaults.decoupled_weight_decay});
  }
  AdamOptions defaults;
};

AdamOptions decoupled(const AdamWOptions& o) {
  return {.lr = o.lr,
          .betas = o.betas,
          .eps = o.eps,
          .weight_decay = o.weight_decay,
          .amsgrad = o.amsgrad,
          .maximize = o.maximize,
          .master_weights = o.master_weights,
          .decoupled_weight_decay = true};
}

}  // namespace

Adam::Adam(const char* name, const std::vector<AdamGroupOptions>& groups, const AdamOptions& options)
    : Optimizer(std::make_shared<AdamWithDefaults>(name, options)) {
  check<ValueError>(!groups.empty(), "{}: optimizer got an empty parameter list", name);
  for (const auto& group : groups) add_param_group(group);
}
Adam::Adam(std::vector<Tensor> params, const AdamOptions& options)
    : Adam("Adam", {{.params = std::move(params)}}, options) {}
Adam::Adam(const std::vector<AdamGroupOptions>& groups, const AdamOptions& options) : Adam("Adam", groups, options) {}
void Adam::add_param_group(const AdamGroupOptions& group) { static_cast<AdamWithDefaults&>(core()).add(group); }
std::vector<ParamGroup<AdamOptions>>& Adam::param_groups() { return static_cast<AdamWithDefaults&>(core()).groups; }

AdamW::AdamW(std::vector<Tensor> params, const AdamWOptions& options)
    : Adam("AdamW", {{.params = std::move(params)}}, decoupled(options)) {}
AdamW::AdamW(const std::vector<AdamGroupOptions>& groups, const AdamWOptions& options)
    : Adam("AdamW", groups, decoupled(options)) {}

}  // namespace cresset::optim
