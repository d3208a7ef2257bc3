#include "trace/trace.h"

#include <cresset/autograd.h>

#include <algorithm>
#include <iterator>

#include "core/check.h"
#include "dispatch/state.h"
#include "ops/copy.h"
#include "trace/recorder.h"

namespace cresset {
namespace trace {

void op(const char* name, const std::vector<Tensor>& inputs, Attributes attributes,
        const std::vector<Tensor>& outputs) {
  Recorder& recorder = *thread_state.recorder;
  const Pause pause;
  recorder.op(name, inputs, std::move(attributes), outputs);
}
void view(const char* name, const Tensor& x, Attributes attributes, const Tensor& y) {
  Recorder& recorder = *thread_state.recorder;
  const Pause pause;
  recorder.view(name, x, std::move(attributes), y);
}
void wrote(const Tensor& self, const Tensor& value) {
  Recorder& recorder = *thread_state.recorder;
  const Pause pause;
  recorder.wrote(self, value);
}
void before_write(const Tensor& self) {
  Recorder& recorder = *thread_state.recorder;
  const Pause pause;
  recorder.before_write(self);
}
void check_host_may_read(const char* op, const Tensor& x) {
  Recorder& recorder = *thread_state.recorder;
  const Pause pause;
  recorder.check_host_may_read(op, x);
}

// What runs these kernels writes down what it did.
void check_known_slowly(std::string_view slot) {
  static constexpr std::string_view kKnown[] = {
      "avg_pool2d.forward", "binary", "conv2d.forward", "copy", "matmul", "max_pool2d.forward", "reduce", "unary",
      "softmax.forward",    "where"};
  check<UnsupportedError>(std::find(std::begin(kKnown), std::end(kKnown), slot) != std::end(kKnown),
                          "{}: this op cannot be written down in a graph", slot);
}

void detail::fail_input_count(const nn::ModuleBase& module, std::size_t wanted, std::size_t got) {
  fail<ValueError>("{}: forward takes {} tensors, got {}", module.class_name(), wanted, got);
}

namespace {

// Puts the elements of buffers back at the end: a forward may write to them unseen, inside an op, as batch norm does.
class Unchanged {
 public:
  explicit Unchanged(nn::ModuleBase& module) {
    for (const Tensor& t : module.buffers()) before_.emplace_back(alias(t), t.detach().clone());
  }
  ~Unchanged() {
    for (const auto& [tensor, copy] : before_) copy_elements(tensor, copy);
  }
  Unchanged(const Unchanged&) = delete;
  Unchanged& operator=(const Unchanged&) = delete;

 private:
  std::vector<std::pair<Tensor, Tensor>> before_;
};

// Kernels are chosen the slow way meanwhile, by check_known(): who has a DispatchState of its own goes there.
class Recording {
 public:
  explicit Recording(Recorder& recorder) : dispatch_(thread_state.dispatch) {
    if (!dispatch_) thread_state.dispatch = &own_;
    thread_state.recorder = &recorder;
  }
  ~Recording() {
    thread_state.recorder = nullptr;
    thread_state.dispatch = dispatch_;
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  DispatchState own_;
  const DispatchState* dispatch_;
};

}  // namespace

Graph record(nn::ModuleBase& module, Forward forward, const std::vector<Tensor>& inputs) {
  module.check_members();
  check<ValueError>(!active(), "trace: this thread records already");
  const NoGradGuard no_grad;
  const Unchanged unchanged(module);
  std::vector<Tensor> own;
  for (const Tensor& input : inputs) {
    check<ValueError>(input.defined(), "trace: input {} is undefined", own.size());
    own.push_back(input.detach().clone());
  }
  Recorder recorder(module, own);
  std::vector<Tensor> outputs;
  {
    const Recording recording(recorder);
    outputs = forward(module, own);
  }
  return recorder.finish(outputs);
}

}  // namespace trace

nn::detail::TracedCall::TracedCall(ModuleBase& module) : active_(trace::active()) {
  if (active_) thread_state.recorder->enter(module);
}
nn::detail::TracedCall::~TracedCall() {
  if (active_ && trace::active()) thread_state.recorder->leave();
}

}  // namespace cresset
