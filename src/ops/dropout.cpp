#include <cresset/ops.h>

#include "core/check.h"
#include "core/tensor_impl.h"

namespace cresset {

Tensor nn::functional::dropout(const Tensor& input, double p, const DropoutOptions& options) {
  check<ValueError>(p >= 0 && p <= 1, "dropout: dropout probability has to be between 0 and 1, but got {}", p);
  check<DTypeError>(input.is_floating_point(), "dropout: the input must be of a floating type, got {}", input);
  if (!options.training || p == 0) return input;
  if (p == 1) return input * zeros_like(input.detach());
  Tensor mask = empty_like(input.detach());
  mask.bernoulli_(1 - p).mul_(1 / (1 - p));
  return input * mask;
}

}  // namespace cresset
