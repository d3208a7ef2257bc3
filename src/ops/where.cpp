#include <cresset/extension/registry.h>
#include <cresset/ops.h>

#include "autograd/record.h"
#include "core/check.h"
#include "ops/loop.h"
#include "ops/pointwise.h"
#include "ops/view_strides.h"
#include "trace/trace.h"

namespace cresset {

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  check<DTypeError>(condition.dtype() == kBool, "where: expected condition to be a boolean tensor, but got {}",
                    condition);
  const Device device = !a.device().is_cpu() ? a.device() : !b.device().is_cpu() ? b.device() : condition.device();
  // A condition of one element decides for all: there is nothing to gain by passing it as a number.
  if (is_number_for(condition, device)) return where(condition.to(device), a, b);
  const bool a_on_host = is_number_for(a, device), b_on_host = is_number_for(b, device);
  if (!a_on_host) check_same_device("where", condition, a);
  if (!b_on_host) check_same_device("where", condition, b);
  const DType dtype = promote_tensors(a, b);
  const Tensor x = as_dtype(a, dtype), z = as_dtype(b, dtype);
  const detail::TensorImpl &c = impl_of(condition), &xi = impl_of(x), &zi = impl_of(z);
  const Shape shape = broadcast_shape("where", broadcast_shape("where", c.sizes, xi.sizes), zi.sizes);
  const Shape sc = broadcast_strides(c, shape), sx = broadcast_strides(xi, shape), sz = broadcast_strides(zi, shape);
  const Shape* inputs[] = {&sc, &sx, &sz};
  Tensor y = new_tensor_strided(shape, output_strides(shape, inputs, 3), dtype, device);
  WhereProblem problem{.dtype = dtype, .loop = {}, .a_on_host = a_on_host, .b_on_host = b_on_host};
  fill_loop<4>(problem.loop, shape, {&y.impl()->strides, &sc, &sx, &sz});
  run<Where>(device, problem, reinterpret_cast<const bool*>(c.data), static_cast<const void*>(xi.data),
             static_cast<const void*>(zi.data), static_cast<void*>(raw(y)));
  if (trace::active()) [[unlikely]]
    trace::op("where", {condition, x, z}, {}, {y});
  if (needs_history(x, z)) {
    record(
        y, "WhereBackward0",
        [mask = SavedTensor(condition), shape_a = xi.sizes, shape_b = zi.sizes](const Tensor& grad, Grads& out) {
          const Tensor taken = mask.get(out), none = zeros({}, {.dtype = grad.dtype()});
          if (out.needs(0)) out[0] = sum_to_shape(where(taken, grad, none), shape_a);
          if (out.needs(1)) out[1] = sum_to_shape(where(taken, none, grad), shape_b);
        },
        x, z);
  }
  return y;
}

}  // namespace cresset
