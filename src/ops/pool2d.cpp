#include "ops/pool2d.h"

#include <cresset/nn/output_size.h>

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

void check_input_size(const char* op, const nn::functional::Size2& size) {
  check<ValueError>(size.h > 0 && size.w > 0, "{}: the input must have rows and columns, got {} and {}", op, size.h,
                    size.w);
}

}  // namespace

using nn::functional::Size2;

Size2 pool2d_output_size(const char* op, Size2 input, const Window2d& w, std::optional<std::int64_t> channels) {
  check<ValueError>(w.kernel.h > 0 && w.kernel.w > 0,
                    "{}: kernel size should be greater than zero, but got kernel height {} and width {}", op,
                    w.kernel.h, w.kernel.w);
  check<ValueError>(w.stride.h > 0 && w.stride.w > 0, "{}: stride should be greater than zero, but got {} and {}", op,
                    w.stride.h, w.stride.w);
  check<ValueError>(w.dilation.h > 0 && w.dilation.w > 0, "{}: dilation should be greater than zero, but got {} and {}",
                    op, w.dilation.h, w.dilation.w);
  check<ValueError>(std::max({w.kernel.h, w.kernel.w, w.stride.h, w.stride.w, w.dilation.h, w.dilation.w, input.h,
                              input.w}) <= kLargest,
                    "{}: sizes, strides and dilations must not exceed {}", op, kLargest);
  check<ValueError>(w.padding.h >= 0 && w.padding.w >= 0, "{}: pad must be non-negative, but got pad: {}, {}", op,
                    w.padding.h, w.padding.w);
  const auto reach = [](std::int64_t kernel, std::int64_t dilation) { return (kernel - 1) * dilation + 1; };
  check<ValueError>(
      w.padding.h <= reach(w.kernel.h, w.dilation.h) / 2 && w.padding.w <= reach(w.kernel.w, w.dilation.w) / 2,
      "{}: pad should be at most half of effective kernel size, but got pad={}, {}, kernel_size={}, {} and "
      "dilation={}, {}",
      op, w.padding.h, w.padding.w, w.kernel.h, w.kernel.w, w.dilation.h, w.dilation.w);
  const Size2 out{output_size(input.h, w.kernel.h, w.stride.h, w.padding.h, w.dilation.h, w.ceil_mode),
                  output_size(input.w, w.kernel.w, w.stride.w, w.padding.w, w.dilation.w, w.ceil_mode)};
  if (out.h > 0 && out.w > 0) [[likely]]
    return out;
  const std::string before = channels ? fmt::format("{}x", *channels) : "";
  fail<ShapeError>("{}: Given input size: ({}{}x{}). Calculated output size: ({}{}x{}). Output size is too small", op,
                   before, input.h, input.w, before, out.h, out.w);
}

Size2 nn::max_pool2d_output_size(Size2 input_size, Size2 kernel_size, const functional::MaxPool2dOptions& options) {
  check_input_size("max_pool2d_output_size", input_size);
  return pool2d_output_size(
      "max_pool2d_output_size", input_size,
      {kernel_size, options.stride.value_or(kernel_size), options.padding, options.dilation, options.ceil_mode}, {});
}
Size2 nn::avg_pool2d_output_size(Size2 input_size, Size2 kernel_size, const functional::AvgPool2dOptions& options) {
  check_input_size("avg_pool2d_output_size", input_size);
  return pool2d_output_size("avg_pool2d_output_size", input_size,
                            {kernel_size, options.stride.value_or(kernel_size), options.padding, 1, options.ceil_mode},
                            {});
}

Pool2dProblem pool2d_problem(const char* op, const Tensor& input, const Window2d& w) {
  check<ShapeError>(input.dim() == 4, "{}: Expected 3D or 4D (batch mode) tensor for input, but got: {}", op, input);
  check<DTypeError>(input.dtype() != kBool, "{}: not supported for bool tensors", op);
  const Shape x = input.shape();
  check<ShapeError>(x[1] > 0 && x[2] > 0 && x[3] > 0,
                    "{}: Expected 3D or 4D tensor with optional 0 dim batch size for input, but got: {}", op, input);
  const Size2 out = pool2d_output_size(op, {x[2], x[3]}, w, x[1]);
  Pool2dProblem p{.dtype = input.dtype(),
                  .format = input.suggest_memory_format(),
                  .N = x[0],
                  .C = x[1],
                  .H = x[2],
                  .W = x[3],
                  .P = out.h,
                  .Q = out.w,
                  .R = w.kernel.h,
                  .S = w.kernel.w,
                  .stride_h = w.stride.h,
                  .stride_w = w.stride.w};
  p.pad_h = w.padding.h;
  p.pad_w = w.padding.w;
  p.dilation_h = w.dilation.h;
  p.dilation_w = w.dilation.w;
  return p;
}

}  // namespace cresset
