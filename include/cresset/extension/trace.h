// What a module's forward does, op by op: for exporters, and for whoever else reads networks.
#pragma once

#include <cresset/extension/trace_graph.h>
#include <cresset/nn/module.h>

#include <array>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cresset::trace {

// Calls a module with tensors; its outputs, in order.
using Forward = std::vector<Tensor> (*)(nn::ModuleBase& module, const std::vector<Tensor>& inputs);

// Runs the forward once, without recording gradients, and writes down what it did. Inputs, parameters and buffers are
// afterwards as they were. Errors: what the forward throws; UnsupportedError, with the path of the module, where it
// reads a value that depends on the inputs (item()), draws random numbers, or runs an op that is not known here.
CRESSET_API Graph record(nn::ModuleBase& module, Forward forward, const std::vector<Tensor>& inputs);

namespace detail {

inline void flatten(std::vector<Tensor>& out, const Tensor& x) { out.push_back(x); }
inline void flatten(std::vector<Tensor>& out, const ValuesIndices& x) { out.insert(out.end(), {x.values, x.indices}); }
inline void flatten(std::vector<Tensor>& out, const std::vector<Tensor>& x) {
  out.insert(out.end(), x.begin(), x.end());
}
template <std::size_t n>
void flatten(std::vector<Tensor>& out, const std::array<Tensor, n>& x) {
  out.insert(out.end(), x.begin(), x.end());
}
template <class... Parts>
void flatten(std::vector<Tensor>& out, const std::tuple<Parts...>& x) {
  std::apply([&](const auto&... part) { (flatten(out, part), ...); }, x);
}
template <class A, class B>
void flatten(std::vector<Tensor>& out, const std::pair<A, B>& x) {
  flatten(out, x.first);
  flatten(out, x.second);
}

[[noreturn]] CRESSET_API void fail_input_count(const nn::ModuleBase& module, std::size_t wanted, std::size_t got);

template <class R, class... Args, std::size_t... i>
std::vector<Tensor> call(nn::ModuleOf<R(Args...)>& module, const std::vector<Tensor>& inputs,
                         std::index_sequence<i...>) {
  if (inputs.size() != sizeof...(Args)) fail_input_count(module, sizeof...(Args), inputs.size());
  std::vector<Tensor> outputs;
  flatten(outputs, module(inputs[i]...));
  return outputs;
}

}  // namespace detail

// How a module is called whose forward takes tensors, or one vector of them, and gives tensors: one, or a vector,
// array, pair or tuple of them.
template <class R, class... Args>
Forward forward_of(const nn::ModuleOf<R(Args...)>&) {
  return [](nn::ModuleBase& base, const std::vector<Tensor>& inputs) {
    auto& module = static_cast<nn::ModuleOf<R(Args...)>&>(base);
    if constexpr (std::is_same_v<std::tuple<std::remove_cvref_t<Args>...>, std::tuple<std::vector<Tensor>>>) {
      std::vector<Tensor> outputs;
      detail::flatten(outputs, module(inputs));
      return outputs;
    } else {
      return detail::call(module, inputs, std::index_sequence_for<Args...>());
    }
  };
}

}  // namespace cresset::trace
