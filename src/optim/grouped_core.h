// The part of an optimiser that is the same for each kind of options.
#pragma once

#include <cresset/creation.h>

#include <charconv>
#include <map>

#include "core/capture.h"
#include "optim/optimizer_core.h"
#include "optim/replayed_numbers.h"

namespace cresset::optim::detail {

// Method provides: Options; `for_each_option(options, f)` with f(name, field); `state_names` and
// `state_count(options)`, of which the first ones are in use; `steps_name`, or "" where steps are not kept;
// `validate(options)`; `momentum(options)`; the kernel's Slot and `problem(options, dtype)`.
template <class Method>
class GroupedCore : public OptimizerCore {
 public:
  using Options = typename Method::Options;
  using Group = ParamGroup<Options>;

  explicit GroupedCore(const char* name) : name_(name) {}

  void add_group(std::vector<Tensor> params, const Options& options) {
    Method::validate(name_, options);
    check<ValueError>(!params.empty(), "{}: optimizer got an empty parameter list", name_);
    std::set<const void*> known;
    for (const Group& group : groups)
      for (const Tensor& parameter : group.params()) known.insert(parameter.impl());
    check_params(name_, params, known);
    states_.emplace_back(params.size());
    groups.emplace_back(std::move(params), options);
  }

  const char* name() const override { return name_; }
  std::size_t group_count() const override { return groups.size(); }
  const std::vector<Tensor>& params(std::size_t group) const override { return groups.at(group).params(); }
  double& lr(std::size_t group) override { return groups.at(group).lr; }
  std::optional<double>& initial_lr(std::size_t group) override { return groups.at(group).initial_lr; }
  double& momentum(std::size_t group) override { return Method::momentum(groups.at(group)); }

  void step() override {
    NoGradGuard no_grad;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      Method::validate(name_, groups[g]);
      step_group(g);
    }
  }

  StateDict state_dict() override {
    StateDict dict;
    std::size_t place = 0;
    for (const auto& states : states_)
      for (const ParamState& state : states) {
        const std::string prefix = fmt::format("state.{}.", place++);
        if (!Method::steps_name.empty() && state.steps > 0)
          dict.set(prefix + std::string(Method::steps_name),
                   tensor(static_cast<float>(state.steps), {.dtype = kFloat32}));
        for (std::size_t i = 0; i < Method::state_names.size(); ++i)
          if (state.tensors[i].defined()) dict.set(prefix + Method::state_names[i], state.tensors[i].detach());
        if (state.master.defined()) dict.set(prefix + "master_param", state.master.detach());
      }
    place = 0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const std::string prefix = fmt::format("param_groups.{}.", g);
      Method::for_each_option(groups[g],
                              [&](const char* option, auto& field) { dict.set(prefix + option, to_tensor(field)); });
      // PyTorch has no such option: only where it says something.
      if (groups[g].master_weights) dict.set(prefix + "master_weights", to_tensor(true));
      if (groups[g].initial_lr) dict.set(prefix + "initial_lr", to_tensor(*groups[g].initial_lr));
      const std::size_t count = groups[g].params().size();
      dict.set(prefix + "params", arange(static_cast<std::int64_t>(place), static_cast<std::int64_t>(place + count)));
      place += count;
    }
    return dict;
  }

  void load_state_dict(const StateDict& dict) override {
    // All into copies first: where something does not fit, nothing has changed.
    auto new_groups = groups;
    std::vector<std::vector<ParamState>> new_states(groups.size());
    for (std::size_t g = 0; g < groups.size(); ++g) new_states[g].resize(groups[g].params().size());
    // Where the parameter that the dict calls by a number stands here.
    std::unordered_map<std::int64_t, std::pair<std::size_t, std::size_t>> places;
    check<ValueError>(dict.contains(fmt::format("param_groups.{}.params", groups.size() - 1)) &&
                          !dict.contains(fmt::format("param_groups.{}.params", groups.size())),
                      "{}: loaded state dict has a different number of parameter groups", name_);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const StateDict saved = dict.sub_dict(fmt::format("param_groups.{}.", g));
      const Tensor numbers = saved.at("params").to(kInt64);
      check<ValueError>(numbers.dim() == 1 && static_cast<std::size_t>(numbers.numel()) == groups[g].params().size(),
                        "{}: loaded state dict contains a parameter group that doesn't match the size of optimizer's "
                        "group",
                        name_);
      for (std::size_t i = 0; i < groups[g].params().size(); ++i)
        places[numbers[static_cast<std::int64_t>(i)].item<std::int64_t>()] = {g, i};
      for (const auto& [option, value] : saved) load_option(new_groups[g], option, value);
      Method::validate(name_, new_groups[g]);
    }
    for (const auto& [key, value] : dict.sub_dict("state.")) {
      std::int64_t number = -1;
      const auto parsed = std::from_chars(key.data(), key.data() + key.size(), number);
      const auto place = places.find(number);
      check<ValueError>(parsed.ec == std::errc() && *parsed.ptr == '.' && place != places.end(),
                        "{}: loaded state dict has state of an unknown parameter: state.{}", name_, key);
      const auto [g, i] = place->second;
      load_state(new_states[g][i], groups[g].params()[i], new_groups[g].master_weights,
                 std::string_view(parsed.ptr + 1), value);
    }
    groups = std::move(new_groups);
    states_ = std::move(new_states);
  }

  std::string str() const override {
    std::string text = fmt::format("{} (", name_);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      text += fmt::format("\nParameter Group {}", g);
      auto options = groups[g];
      std::map<std::string, std::string> lines;  // PyTorch's order is the alphabet's
      Method::for_each_option(options, [&](const char* option, const auto& field) { lines[option] = word(field); });
      for (const auto& [option, value] : lines) text += fmt::format("\n    {}: {}", option, value);
      text += '\n';
    }
    return text + ")";
  }

  std::vector<Group> groups;

 private:
  void step_group(std::size_t g) {
    const Group& group = groups[g];
    std::vector<ParamState>& states = states_[g];
    const int state_tensors = Method::state_count(group);
    std::vector<char> done(states.size(), false);
    // Mostly one round: all parameters of a group have one dtype and device.
    for (std::size_t start = 0; start < states.size(); ++start) {
      if (done[start]) continue;
      const DType dtype = group.params()[start].dtype();
      const Device device = group.params()[start].device();
      const DType of_state = state_dtype(dtype, group.master_weights);
      Capture* const capture = capture_of(device);
      std::vector<std::size_t> captured;
      batch_.clear();
      for (std::size_t i = start; i < states.size(); ++i) {
        const Tensor& parameter = group.params()[i];
        if (done[i] || parameter.dtype() != dtype || !(parameter.device() == device)) continue;
        done[i] = true;
        const Tensor grad = parameter.grad();
        if (!grad.defined()) continue;
        ParamState& state = states[i];
        if (capture)
          captured.push_back(i);
        else
          state.steps += 1;
        batch_.add(parameter, grad, state, state_tensors, of_state, capture != nullptr);
      }
      if (batch_.empty()) continue;
      auto problem = Method::problem(group, of_state);
      problem.low_dtype = dtype;
      if (capture) problem.replayed = captured_numbers(*capture, g, dtype, std::move(captured));
      batch_.run<typename Method::Slot>(device, problem);
    }
  }

  // On the device: the numbers of this step, which each replay of the graph counts and computes anew.
  auto captured_numbers(Capture& capture, std::size_t g, DType dtype, std::vector<std::size_t> places) {
    struct Captured {
      std::size_t place;
      std::array<Tensor, 3> state;  // what the graph writes to must stay the optimiser's
      Tensor master;
    };
    std::vector<Captured> tensors;
    for (const std::size_t place : places)
      tensors.push_back({place, states_[g][place].tensors, states_[g][place].master});
    const std::size_t count = replayed_count(Method::problem(groups[g], dtype), tensors.size());
    const auto self = std::static_pointer_cast<GroupedCore>(shared_from_this());
    return replayed_as(
        Method::problem(groups[g], dtype),
        capture.numbers(count, [self, g, dtype, then = Options(groups[g]), tensors = std::move(tensors)](void* out) {
          const Group& group = self->groups.at(g);
          Method::validate(self->name_, group);
          check<ValueError>(same_kernel(then, group),
                            "{}: an option that is no number, or whether there is a momentum, has changed since the "
                            "step was captured: capture it again",
                            self->name_);
          auto& states = self->states_.at(g);
          for (const Captured& t : tensors) {
            bool same = t.master.is_same(states[t.place].master);
            for (std::size_t i = 0; i < t.state.size(); ++i) same &= t.state[i].is_same(states[t.place].tensors[i]);
            check<ValueError>(same, "{}: the state was replaced after the step was captured: capture it again",
                              self->name_);
          }
          std::vector<double> steps;
          for (const Captured& t : tensors) steps.push_back(states[t.place].steps += 1);
          write_replayed(Method::problem(group, dtype), steps, static_cast<double*>(out));
        }));
  }

  // Whether a captured step still is what the options ask for.
  static bool same_kernel(const Options& a, const Options& b) {
    const auto choices = [](const Options& options) {
      std::vector<int> all{Method::state_count(options), options.master_weights};
      Method::for_each_option(options, [&]<class T>(const char*, const T& field) {
        if constexpr (std::is_same_v<T, bool>) all.push_back(field);
      });
      return all;
    };
    return choices(a) == choices(b);
  }

  void load_option(Group& group, const std::string& option, const Tensor& value) {
    bool known = option == "params";
    if (option == "master_weights") {
      from_tensor(group.master_weights, option, value);
      known = true;
    }
    if (option == "initial_lr") {
      double initial = 0;
      from_tensor(initial, option, value);
      group.initial_lr = initial;
      known = true;
    }
    Method::for_each_option(group, [&](const char* own, auto& field) {
      if (option != own) return;
      from_tensor(field, option, value);
      known = true;
    });
    check<ValueError>(known, "{}: loaded state dict has an unknown option: {}", name_, option);
  }

  void load_state(ParamState& state, const Tensor& parameter, bool master_weights, std::string_view key,
                  const Tensor& value) {
    const DType dtype = state_dtype(parameter.dtype(), master_weights);
    const auto load = [&](Tensor& own) {
      check<ValueError>(value.defined() && value.shape() == parameter.shape(),
                        "{}: loaded state dict has {} of shape {} for a parameter of shape {}", name_, key,
                        value.defined() ? value.shape().str() : "undefined", parameter.shape().str());
      own = empty_like(parameter.data(), {.dtype = dtype});
      own.copy_(value);
    };
    if (key == "master_param" && dtype != parameter.dtype()) return load(state.master);
    if (!Method::steps_name.empty() && key == Method::steps_name) {
      double steps = 0;
      from_tensor(steps, key, value);
      state.steps = steps;
      return;
    }
    for (std::size_t i = 0; i < Method::state_names.size(); ++i) {
      if (key == Method::state_names[i]) return load(state.tensors[i]);
    }
    fail<ValueError>("{}: loaded state dict has {}, which this optimizer does not keep", name_, key);
  }

  static Tensor to_tensor(double value) { return tensor(value, {.dtype = kFloat64}); }
  static Tensor to_tensor(bool value) { return tensor(value); }
  static Tensor to_tensor(const std::pair<double, double>& value) {
    return tensor({value.first, value.second}, {.dtype = kFloat64});
  }
  void check_size(std::string_view key, const Tensor& value, std::int64_t size) const {
    check<ValueError>(value.defined() && value.numel() == size, "{}: loaded state dict must have {} number(s) as {}",
                      name_, size, key);
  }
  void from_tensor(double& field, std::string_view key, const Tensor& value) const {
    check_size(key, value, 1);
    field = value.item();
  }
  void from_tensor(bool& field, std::string_view key, const Tensor& value) const {
    check_size(key, value, 1);
    field = value.item() != 0;
  }
  void from_tensor(std::pair<double, double>& field, std::string_view key, const Tensor& value) const {
    check_size(key, value, 2);
    const Tensor flat = value.reshape({2});
    field = {flat[0].item(), flat[1].item()};
  }

  static std::string word(double value) { return fmt::format("{}", value); }
  static std::string word(bool value) { return value ? "True" : "False"; }
  static std::string word(const std::pair<double, double>& value) {
    return fmt::format("({}, {})", value.first, value.second);
  }

  const char* name_;
  std::vector<std::vector<ParamState>> states_;  // by group and parameter
  StepBatch batch_;                              // kept, so that a step allocates nothing
};

}  // namespace cresset::optim::detail
