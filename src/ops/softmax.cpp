#include <cresset/extension/registry.h>
#include <cresset/extension/softmax.h>
#include <cresset/ops.h>

#include "autograd/record.h"
#include "core/check.h"
#include "ops/autocast.h"
#include "ops/pointwise.h"
#include "trace/trace.h"

namespace cresset {
namespace {

Tensor softmax_along(const Tensor& input, std::int64_t dim, bool log) {
  const char* op = log ? "log_softmax" : "softmax";
  const detail::TensorImpl& impl = impl_of(input);
  check<DTypeError>(is_floating_point(impl.dtype), "{}: the input must be of a floating type, got {}", op, input);
  const int d = wrap_dim(dim, impl.sizes.size());
  SoftmaxProblem p{
      .dtype = impl.dtype, .log = log, .outer = 1, .C = impl.sizes.empty() ? 1 : impl.sizes[d], .inner = 1};
  for (int i = 0; i < impl.sizes.size(); ++i) {
    if (i < d) p.outer *= impl.sizes[i];
    if (i > d) p.inner *= impl.sizes[i];
  }
  const Tensor x = input.contiguous();
  Tensor y = new_tensor(impl.sizes, p.dtype, x.device());
  if (impl.numel > 0) run<SoftmaxForward>(x.device(), p, static_cast<const void*>(raw(x)), static_cast<void*>(raw(y)));
  if (trace::active()) [[unlikely]]
    trace::op(op, {x}, {{"dim", Scalar(d)}}, {y});
  if (needs_history(x)) {
    record(
        y, log ? "LogSoftmaxBackward0" : "SoftmaxBackward0",
        [result = SavedTensor::output(y), p, d](const Tensor& grad, Grads& out) {
          const Tensor saved = result.get(out);
          if (needs_history(grad, saved)) {  // recorded: in terms of ops that have gradients themselves
            out[0] = p.log ? grad - exp(saved) * grad.sum(d, {.keepdim = true})
                           : saved * (grad - (grad * saved).sum(d, {.keepdim = true}));
            return;
          }
          const Tensor g = grad.contiguous();
          Tensor grad_x = new_tensor(g.shape(), p.dtype, g.device());
          if (g.numel() > 0)
            run<SoftmaxBackward>(g.device(), p, static_cast<const void*>(raw(g)), static_cast<const void*>(raw(saved)),
                                 static_cast<void*>(raw(grad_x)));
          out[0] = grad_x;
        },
        x);
  }
  return y;
}

}  // namespace

Tensor nn::functional::softmax(const Tensor& input, std::int64_t dim, const SoftmaxOptions& options) {
  if (autocast::active() && !options.dtype) [[unlikely]]
    return autocast::in_float32(
        autocast::On::cuda, [&](const Tensor& x) { return softmax(x, dim); }, input);
  return softmax_along(as_dtype(input, options.dtype.value_or(input.dtype())), dim, false);
}
Tensor nn::functional::log_softmax(const Tensor& input, std::int64_t dim, const SoftmaxOptions& options) {
  if (autocast::active() && !options.dtype) [[unlikely]]
    return autocast::in_float32(
        autocast::On::cuda, [&](const Tensor& x) { return log_softmax(x, dim); }, input);
  return softmax_along(as_dtype(input, options.dtype.value_or(input.dtype())), dim, true);
}
Tensor Tensor::softmax(std::int64_t dim) const { return nn::functional::softmax(*this, dim); }
Tensor Tensor::log_softmax(std::int64_t dim) const { return nn::functional::log_softmax(*this, dim); }

}  // namespace cresset
