#include "ops/check_range.h"

#include <cresset/autograd.h>
#include <cresset/extension/registry.h>
#include <cresset/ops.h>

#include "core/check.h"
#include "core/tensor_impl.h"
#include "trace/trace.h"

namespace cresset {

void check_range(RangeCheck check_for, const Tensor& x) {
  const trace::Pause pause;  // it checks; a graph has no errors to raise
  NoGradGuard no_grad;
  if (!x.device().is_cpu()) {
    const Tensor dense = x.contiguous();
    const detail::TensorImpl& impl = *dense.impl();
    return run<CheckRange>(impl.device, {.check = check_for, .dtype = impl.dtype, .n = impl.numel},
                           static_cast<const void*>(impl.data));
  }
  switch (check_for) {
    case RangeCheck::probability:
      return check<ValueError>(((x >= 0) & (x <= 1)).all().item<bool>(),
                               "bernoulli: expects each probability to be in [0, 1]");
    case RangeCheck::exponent:
      return check<ValueError>(!(x < 0).any().item<bool>(),
                               "pow: Integers to negative integer powers are not allowed.");
  }
}

}  // namespace cresset
