#include "ops/pool2d.h"

#include "core/check.h"
#include "core/tensor_impl.h"

namespace cresset {
namespace {

// https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/Pool.h, pooling_output_shape: with ceil_mode the
// last window must start inside the input or its left padding.
std::int64_t output_size(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                         std::int64_t dilation, bool ceil_mode) {
  const std::int64_t span = in + 2 * padding - dilation * (kernel - 1) - 1 + (ceil_mode ? stride - 1 : 0);
  std::int64_t out = (span >= 0 ? span / stride : -((-span + stride - 1) / stride)) + 1;
  if (ceil_mode && (out - 1) * stride >= in + padding) --out;
  return out;
}

constexpr std::int64_t kLargest = std::int64_t{1}
                                  << 30;  // of a window's figures: sums of products of two stay in range

}  // namespace

Pool2dProblem pool2d_problem(const char* op, const Tensor& input, const Window2d& w) {
  check<ShapeError>(input.dim() == 4, "{}: Expected 3D or 4D (batch mode) tensor for input, but got: {}", op, input);
  check<DTypeError>(input.dtype() != kBool, "{}: not supported for bool tensors", op);
  const Shape x = input.shape();
  check<ShapeError>(x[1] > 0 && x[2] > 0 && x[3] > 0,
                    "{}: Expected 3D or 4D tensor with optional 0 dim batch size for input, but got: {}", op, input);
  check<ValueError>(w.kernel.h > 0 && w.kernel.w > 0,
                    "{}: kernel size should be greater than zero, but got kernel height {} and width {}", op,
                    w.kernel.h, w.kernel.w);
  check<ValueError>(w.stride.h > 0 && w.stride.w > 0, "{}: stride should be greater than zero, but got {} and {}", op,
                    w.stride.h, w.stride.w);
  check<ValueError>(w.dilation.h > 0 && w.dilation.w > 0, "{}: dilation should be greater than zero, but got {} and {}",
                    op, w.dilation.h, w.dilation.w);
  check<ValueError>(
      std::max({w.kernel.h, w.kernel.w, w.stride.h, w.stride.w, w.dilation.h, w.dilation.w, x[2], x[3]}) <= kLargest,
      "{}: sizes, strides and dilations must not exceed {}", op, kLargest);
  check<ValueError>(w.padding.h >= 0 && w.padding.w >= 0, "{}: pad must be non-negative, but got pad: {}, {}", op,
                    w.padding.h, w.padding.w);
  const auto reach = [](std::int64_t kernel, std::int64_t dilation) { return (kernel - 1) * dilation + 1; };
  check<ValueError>(
      w.padding.h <= reach(w.kernel.h, w.dilation.h) / 2 && w.padding.w <= reach(w.kernel.w, w.dilation.w) / 2,
      "{}: pad should be at most half of effective kernel size, but got pad={}, {}, kernel_size={}, {} and "
      "dilation={}, {}",
      op, w.padding.h, w.padding.w, w.kernel.h, w.kernel.w, w.dilation.h, w.dilation.w);
  Pool2dProblem p{.dtype = input.dtype(),
                  .format = input.suggest_memory_format(),
                  .N = x[0],
                  .C = x[1],
                  .H = x[2],
                  .W = x[3],
                  .P = output_size(x[2], w.kernel.h, w.stride.h, w.padding.h, w.dilation.h, w.ceil_mode),
                  .Q = output_size(x[3], w.kernel.w, w.stride.w, w.padding.w, w.dilation.w, w.ceil_mode),
                  .R = w.kernel.h,
                  .S = w.kernel.w,
                  .stride_h = w.stride.h,
                  .stride_w = w.stride.w};
  p.pad_h = w.padding.h;
  p.pad_w = w.padding.w;
  p.dilation_h = w.dilation.h;
  p.dilation_w = w.dilation.w;
  check<ShapeError>(p.P > 0 && p.Q > 0,
                    "{}: Given input size: ({}x{}x{}). Calculated output size: ({}x{}x{}). Output size is too small",
                    op, p.C, p.H, p.W, p.C, p.P, p.Q);
  return p;
}

}  // namespace cresset
