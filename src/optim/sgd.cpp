#include <cresset/optim/sgd.h>

#include "optim/grouped_core.h"

namespace cresset::optim {
namespace {

struct SgdMethod {
  using Slot = SgdStep;
  using Options = SGDOptions;
  static constexpr std::array<const char*, 1> state_names = {"momentum_buffer"};
  static constexpr std::string_view steps_name = {};
  static int state_count(const Options& o) { return o.momentum != 0 ? 1 : 0; }
  static double& momentum(Options& o) { return o.momentum; }

  template <class O, class F>
  static void for_each_option(O& o, F f) {
    f("lr", o.lr);
    f("momentum", o.momentum);
    f("dampening", o.dampening);
    f("weight_decay", o.weight_decay);
    f("nesterov", o.nesterov);
    f("maximize", o.maximize);
  }

  static void validate(const char* name, const Options& o) {
    check<ValueError>(o.lr >= 0, "{}: Invalid learning rate: {}", name, o.lr);
    check<ValueError>(o.momentum >= 0, "{}: Invalid momentum value: {}", name, o.momentum);
    check<ValueError>(o.weight_decay >= 0, "{}: Invalid weight_decay value: {}", name, o.weight_decay);
    check<ValueError>(!o.nesterov || (o.momentum > 0 && o.dampening == 0),
                      "{}: Nesterov momentum requires a momentum and zero dampening", name);
  }

  static SgdProblem problem(const Options& o, DType dtype) {
    return {.dtype = dtype,
            .lr = o.lr,
            .momentum = o.momentum,
            .dampening = o.dampening,
            .weight_decay = o.weight_decay,
            .nesterov = o.nesterov,
            .maximize = o.maximize};
  }
};

using SgdCore = detail::GroupedCore<SgdMethod>;

// The defaults of groups that are added later.
struct SgdWithDefaults final : SgdCore {
  explicit SgdWithDefaults(const SGDOptions& options) : SgdCore("SGD"), defaults(options) {
    SgdMethod::validate("SGD", options);
  }
  void add(const SGDGroupOptions& group) {
    add_group(group.params, {.lr = group.lr.value_or(defaults.lr),
                             .momentum = group.momentum.value_or(defaults.momentum),
                             .dampening = group.dampening.value_or(defaults.dampening),
                             .weight_decay = group.weight_decay.value_or(defaults.weight_decay),
                             .nesterov = group.nesterov.value_or(defaults.nesterov),
                             .maximize = group.maximize.value_or(defaults.maximize),
                             .master_weights = group.master_weights.value_or(defaults.master_weights)});
  }
  SGDOptions defaults;
};

}  // namespace

SGD::SGD(std::vector<Tensor> params, const SGDOptions& options)
    : SGD(std::vector<SGDGroupOptions>{{.params = std::move(params)}}, options) {}
SGD::SGD(const std::vector<SGDGroupOptions>& groups, const SGDOptions& options)
    : Optimizer(std::make_shared<SgdWithDefaults>(options)) {
  check<ValueError>(!groups.empty(), "SGD: optimizer got an empty parameter list");
  for (const auto& group : groups) add_param_group(group);
}
void SGD::add_param_group(const SGDGroupOptions& group) { static_cast<SgdWithDefaults&>(core()).add(group); }
std::vector<ParamGroup<SGDOptions>>& SGD::param_groups() { return static_cast<SgdWithDefaults&>(core()).groups; }

}  // namespace cresset::optim
