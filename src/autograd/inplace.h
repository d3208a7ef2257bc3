// In-place writes and views: base and views share storage, version counter and history.
#pragma once

#include "autograd/record.h"

namespace cresset {

// Marks `y`, a fresh alias of `x`, as a view of x (of x's base, if x is one itself) and records `op`, whose backward is
// f, if x has a history.
void mark_view(const Tensor& y, const Tensor& x);
// Marks `y` as one of several views that `op`, the node's name, gave at once: it may not be written to where that would
// be recorded.
void mark_one_of_many(const Tensor& y, const char* op);
template <class F>
Tensor record_view(Tensor y, const Tensor& x, const char* op, F&& f) {
  const bool history = needs_history(x);
  mark_view(y, x);
  if (history) record(y, op, std::forward<F>(f), x);
  return y;
}

// Throws where `self` must not be written to in place by `op`: a leaf that requires grad, elements that share memory,
// an inference tensor outside inference mode. `recorded`: the write itself would be recorded (self or another operand
// requires grad).
void check_inplace(const Tensor& self, const char* op, bool recorded);

// After a write: counts it, so that whoever saved the tensor before notices.
void bump_version(const Tensor& self);

// After a recorded write: `node` becomes the history of self; its input 0 must be self as it was. Where self is a view,
// the base's history, and through it that of its other views, changes too.
void rebase_history(const Tensor& self, Ref<Node> node);

}  // namespace cresset
