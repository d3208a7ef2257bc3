#include <cresset/ops.h>

#include "core/check.h"
#include "core/tensor_impl.h"
#include "trace/trace.h"

namespace cresset {

Tensor nn::functional::dropout(const Tensor& input, double p, const DropoutOptions& options) {
  check<ValueError>(p >= 0 && p <= 1, "dropout: dropout probability has to be between 0 and 1, but got {}", p);
  check<DTypeError>(input.is_floating_point(), "dropout: the input must be of a floating type, got {}", input);
  if (!options.training || p == 0) return input;
  if (trace::active()) [[unlikely]] {
    DropoutOptions out_of_place = options;
    out_of_place.inplace = false;
    const Tensor y =
        trace::whole("dropout", {input}, {{"p", Scalar(p)}}, [&] { return dropout(input, p, out_of_place); });
    return options.inplace ? input.copy_(y) : y;
  }
  Tensor mask = empty_like(input.detach());
  if (p == 1)
    mask.zero_();
  else
    mask.bernoulli_(1 - p).mul_(1 / (1 - p));
  return options.inplace ? input.mul_(mask) : input * mask;
}

}  // namespace cresset
