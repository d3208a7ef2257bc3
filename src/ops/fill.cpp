// Filling is copying one element that is broadcast.
#include <cresset/extension/registry.h>

#include <cstring>

#include "core/tensor_impl.h"
#include "ops/copy.h"
#include "ops/element.h"
#include "ops/loop.h"

namespace cresset {

void fill_elements(const Tensor& to, Scalar value) {
  const detail::TensorImpl& y = *to.impl();
  check_fits(value, y.dtype);
  const Element element(value, y.dtype);
  if (y.contiguous && y.device.is_cpu()) {
    bool zero = true;
    for (std::size_t i = 0; i < element_size(y.dtype); ++i) zero &= element.bytes[i] == 0;
    if (zero) {
      if (y.numel > 0) std::memset(y.data, 0, static_cast<std::size_t>(y.numel) * element_size(y.dtype));
      return;
    }
  }
  CopyProblem problem{.from = y.dtype, .to = y.dtype, .loop = {}, .x_on_host = true};
  const Shape none = Shape::filled(y.sizes.size(), 0);
  fill_loop<2>(problem.loop, y.sizes, {&y.strides, &none});
  run<Copy>(y.device, problem, static_cast<const void*>(element.bytes), static_cast<void*>(y.data));
}

}  // namespace cresset
