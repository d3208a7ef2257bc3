// How ops take part in autocasting. An op with a rule asks active() first, so that it costs one comparison outside of
// regions, and calls itself again with what the rule makes of its arguments:
//
//   if (autocast::active()) [[unlikely]]
//     return autocast::in_lower_precision([](const Tensor& x, const Tensor& z) { return matmul(x, z); }, a, b);
//
// An op that is made of others under no rule of its own runs under a Pause, where PyTorch's is no composition.
#pragma once

#include <cresset/tensor.h>

#include <tuple>
#include <vector>

#include "core/thread_state.h"

namespace cresset::autocast {

inline bool active() noexcept { return thread_state.autocast != nullptr; }

// Regions have no effect while one lives.
class Pause {
 public:
  Pause() : before_(std::exchange(thread_state.autocast, nullptr)) {}
  ~Pause() { thread_state.autocast = before_; }
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;

 private:
  AutocastState* before_;
};

// The types of devices on which an op has its rule.
enum class On : std::uint8_t { cpu, cuda, both };

// What an argument becomes; itself where it is undefined, no floating tensor, float64, or on a device without region.
Tensor lowered(const Tensor& t);
Tensor widened(const Tensor& t, On where);
// All in the widest type among them. DTypeError for a 16-bit type that is not the region's, as in PyTorch.
std::vector<Tensor> in_widest(const std::vector<Tensor>& tensors, On where);

template <class F, class... Tensors>
Tensor in_lower_precision(F f, const Tensors&... tensors) {
  const std::tuple arguments{lowered(tensors)...};
  const Pause pause;
  return std::apply(f, arguments);
}

template <class F, class... Tensors>
Tensor in_float32(On where, F f, const Tensors&... tensors) {
  const std::tuple arguments{widened(tensors, where)...};
  const Pause pause;
  return std::apply(f, arguments);
}

}  // namespace cresset::autocast
