// Whether an op and the relu behind it are one kernel on the device of the op's input. Who records a forward sees both.
#pragma once

#include <cresset/extension/fused_relu.h>
#include <cresset/extension/registry.h>
#include <cresset/tensor.h>

#include "trace/trace.h"

namespace cresset {

template <class Slot>
bool fuses(const Tensor& input) {
  return !trace::active() && input.is_floating_point() &&
         !detail::list_of<Slot>(input.device().type).order.load(std::memory_order_acquire)->empty();
}

}  // namespace cresset
