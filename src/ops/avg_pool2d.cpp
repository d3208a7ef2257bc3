// avg_pool2d and adaptive_avg_pool2d: linear, so that the backward of the backward is the forward.
#include <cresset/extension/registry.h>

#include "autograd/record.h"
#include "core/check.h"
#include "ops/pool2d.h"
#include "trace/trace.h"

namespace cresset {

using namespace nn::functional;

namespace {

Tensor pool_backward(const Tensor& grad, const Pool2dProblem& p, const char* node);

Tensor pool_forward(const Tensor& input, const Pool2dProblem& p, const char* node) {
  const Tensor x = input.contiguous(p.format);
  Tensor y = new_tensor({p.N, p.C, p.P, p.Q}, p.dtype, x.device(), p.format);
  run<AvgPool2dForward>(x.device(), p, static_cast<const void*>(raw(x)), static_cast<void*>(raw(y)));
  if (needs_history(x))
    record(
        y, node, [p, node](const Tensor& grad, Grads& out) { out[0] = pool_backward(grad, p, node); }, x);
  return y;
}

Tensor pool_backward(const Tensor& grad, const Pool2dProblem& p, const char* node) {
  const Tensor g = grad.contiguous(p.format);
  Tensor z = new_tensor({p.N, p.C, p.H, p.W}, p.dtype, g.device(), p.format);
  run<AvgPool2dBackward>(g.device(), p, static_cast<const void*>(raw(g)), static_cast<void*>(raw(z)));
  if (needs_history(g))
    record(
        z, node, [p, node](const Tensor& u, Grads& out) { out[0] = pool_forward(u, p, node); }, g);
  return z;
}

}  // namespace

Tensor nn::functional::avg_pool2d(const Tensor& input, Size2 kernel_size, const AvgPool2dOptions& options) {
  return pool_batched(input, [&](const Tensor& x) {
    check<DTypeError>(x.is_floating_point() || x.dtype() == kInt64,
                      "avg_pool2d: the input must be of a floating type or int64, got {}", x);
    check<ValueError>(!options.divisor_override || *options.divisor_override != 0,
                      "avg_pool2d: divisor must be not zero");
    Pool2dProblem p = pool2d_problem(
        "avg_pool2d", x, {kernel_size, options.stride.value_or(kernel_size), options.padding, 1, options.ceil_mode});
    p.count_include_pad = options.count_include_pad;
    p.divisor_override = options.divisor_override.value_or(0);
    Tensor y = pool_forward(x, p, "AvgPool2DBackward0");
    if (trace::active()) [[unlikely]]
      trace::op("avg_pool2d", {x},
                {{"kernel", std::vector{p.R, p.S}},
                 {"stride", std::vector{p.stride_h, p.stride_w}},
                 {"padding", std::vector{p.pad_h, p.pad_w}},
                 {"ceil_mode", Scalar(options.ceil_mode)},
                 {"count_include_pad", Scalar(options.count_include_pad)},
                 {"divisor", Scalar(p.divisor_override)}},
                {y});
    return y;
  });
}

Tensor nn::functional::adaptive_avg_pool2d(const Tensor& input, AdaptiveSize2 output_size) {
  return pool_batched(input, [&](const Tensor& x) {
    check<ShapeError>(x.dim() == 4, "adaptive_avg_pool2d: Expected 3D or 4D tensor, but got {}", x);
    check<DTypeError>(x.is_floating_point(), "adaptive_avg_pool2d: the input must be of a floating type, got {}", x);
    const Shape s = x.shape();
    check<ShapeError>(
        s[1] > 0 && s[2] > 0 && s[3] > 0,
        "adaptive_avg_pool2d: Expected input to have non-zero size for non-batch dimensions, but input has sizes {}",
        s);
    const std::int64_t height = output_size.h.size.value_or(s[2]), width = output_size.w.size.value_or(s[3]);
    check<ValueError>(height >= 0 && width >= 0,
                      "adaptive_avg_pool2d: elements of output_size must be greater than or equal to 0 but received "
                      "{}, {}",
                      height, width);
    const Pool2dProblem p{.dtype = x.dtype(),
                          .format = x.suggest_memory_format(),
                          .N = s[0],
                          .C = s[1],
                          .H = s[2],
                          .W = s[3],
                          .P = height,
                          .Q = width,
                          .R = 1,
                          .S = 1,
                          .stride_h = 1,
                          .stride_w = 1,
                          .adaptive = true};
    Tensor y = pool_forward(x, p, "AdaptiveAvgPool2DBackward0");
    if (trace::active()) [[unlikely]]
      trace::op("adaptive_avg_pool2d", {x}, {{"output_size", std::vector{height, width}}}, {y});
    return y;
  });
}

}  // namespace cresset
