// How ops write down what they do, while a thread records (<cresset/extension/trace.h>). An op asks active() first, so
// that it costs one comparison where nobody records:
//
//   if (trace::active()) [[unlikely]] trace::op("relu", {x}, {}, {y});
//
// Ops that are made of others and have a name of their own in exported graphs (linear, pad) run under a Pause and are
// written down whole. Everything else is written down where a kernel is run, so that what is composed of ops comes out
// as their composition.
#pragma once

#include <cresset/extension/trace_graph.h>

#include <string_view>

#include "core/thread_state.h"

namespace cresset::trace {

inline bool active() noexcept { return thread_state.recorder != nullptr; }

using Attributes = std::vector<std::pair<std::string, Attribute>>;

inline std::vector<std::int64_t> list(const Shape& shape) { return shape.vec(); }

// outputs = name(inputs). An output that was there before the op was written in place. Undefined inputs are left out.
void op(const char* name, const std::vector<Tensor>& inputs, Attributes attributes, const std::vector<Tensor>& outputs);
// y shows x's memory: a write to one changes the other.
void view(const char* name, const Tensor& x, Attributes attributes, const Tensor& y);
// self's elements were replaced by those of `value`, converted and broadcast.
void wrote(const Tensor& self, const Tensor& value);
// Before anything is written to self's memory.
void before_write(const Tensor& self);
// UnsupportedError where x depends on the inputs: the host is about to see its elements.
void check_host_may_read(const char* op, const Tensor& x);
// UnsupportedError where the kernel of an op runs that is never written down.
void check_known_slowly(std::string_view slot);
inline void check_known(std::string_view slot) {
  if (active()) check_known_slowly(slot);
}

// Nothing is written down while one lives.
class Pause {
 public:
  Pause() : before_(std::exchange(thread_state.recorder, nullptr)) {}
  ~Pause() { thread_state.recorder = before_; }
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;

 private:
  Recorder* before_;
};

// Runs `compute` and writes it down as one op with one output.
template <class Compute>
Tensor whole(const char* name, const std::vector<Tensor>& inputs, Attributes attributes, Compute compute) {
  Tensor y = [&] {
    const Pause pause;
    return compute();
  }();
  op(name, inputs, std::move(attributes), {y});
  return y;
}

}  // namespace cresset::trace
