#include "ops/conv2d.h"

#include <cresset/extension/registry.h>
#include <cresset/nn/fused_relu.h>
#include <cresset/nn/output_size.h>

#include <algorithm>
#include <cstring>

#include "autograd/record.h"
#include "core/check.h"
#include "ops/activation_backward.h"
#include "ops/autocast.h"
#include "ops/fuses.h"
#include "ops/pointwise.h"
#include "trace/trace.h"

namespace cresset {

using namespace nn::functional;

Padding2::Padding2(const char* text) : mode(Mode::valid) {
  if (std::strcmp(text, "same") == 0)
    mode = Mode::same;
  else
    check<ValueError>(std::strcmp(text, "valid") == 0,
                      "padding: invalid padding string '{}', should be one of valid, same", text);
}

namespace {

struct Line {
  std::int64_t out, pad_before, stride;
};

// Of strides, paddings and what a filter spans: sums and products of two with a size stay in range.
constexpr std::int64_t kLargest = std::int64_t{1} << 30;

// Output size and padding in front along one dimension. `same` pads one more behind than in front where the sum is odd,
// as PyTorch does.
Line line_of(const char* dim, std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
             const Padding2& padding, std::int64_t number) {
  check<ValueError>(stride > 0, "conv2d: non-positive stride is not supported, got {} ({})", stride, dim);
  check<ValueError>(dilation > 0, "conv2d: dilation should be greater than zero, got {} ({})", dilation, dim);
  std::int64_t reach;
  check<ShapeError>(!__builtin_mul_overflow(dilation, kernel - 1, &reach) && reach <= kLargest,
                    "conv2d: kernel size {} with dilation {} spans more than {}", kernel, dilation, kLargest);
  if (padding.mode == Padding2::Mode::same) {
    check<ValueError>(stride == 1, "conv2d: padding='same' is not supported for strided convolutions, got stride {}",
                      stride);
    return {in, reach / 2, 1};
  }
  const std::int64_t before = padding.mode == Padding2::Mode::valid ? 0 : number;
  check<ValueError>(before >= 0, "conv2d: negative padding is not supported, got {} ({})", before, dim);
  check<ShapeError>(before <= kLargest, "conv2d: padding {} is more than {} ({})", before, kLargest, dim);
  const std::int64_t padded = in + 2 * before;
  check<ShapeError>(padded >= reach + 1,
                    "conv2d: Calculated padded input size per channel: {}. Kernel size: {}. Kernel size can't be "
                    "greater than actual input size ({})",
                    padded, reach + 1, dim);
  const std::int64_t out = (padded - reach - 1) / stride + 1;
  if (out == 1 && stride > kLargest) return {out, before, 1};  // a step that is never taken
  check<ShapeError>(stride <= kLargest, "conv2d: stride {} is more than {} ({})", stride, kLargest, dim);
  return {out, before, stride};
}

const void* address(const Tensor& t) { return t.defined() ? raw(t) : nullptr; }

}  // namespace

Size2 nn::conv2d_output_size(Size2 input_size, Size2 kernel_size, const functional::Conv2dOptions& options) {
  check<ValueError>(std::min(input_size.h, input_size.w) >= 0 && std::max(input_size.h, input_size.w) <= kLargest,
                    "conv2d_output_size: the input's size must be from 0 to {}, got {} and {}", kLargest, input_size.h,
                    input_size.w);
  check<ValueError>(kernel_size.h > 0 && kernel_size.w > 0,
                    "conv2d_output_size: kernel size should be greater than zero, got {} and {}", kernel_size.h,
                    kernel_size.w);
  return {line_of("height", input_size.h, kernel_size.h, options.stride.h, options.dilation.h, options.padding,
                  options.padding.size.h)
              .out,
          line_of("width", input_size.w, kernel_size.w, options.stride.w, options.dilation.w, options.padding,
                  options.padding.size.w)
              .out};
}

Conv2dProblem conv2d_problem(const Tensor& input, const Tensor& weight, const Tensor& bias,
                             const Conv2dOptions& options) {
  check<ShapeError>(input.dim() == 4,
                    "conv2d: Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: {}",
                    input);
  check<ShapeError>(weight.dim() == 4,
                    "conv2d: weight must be [out_channels, in_channels/groups, kernel height, kernel width], got {}",
                    weight);
  check_same_device("conv2d", input, weight);
  check<DTypeError>(input.dtype() == weight.dtype(), "conv2d: Input type ({}) and weight type ({}) should be the same",
                    input, weight);
  check<DTypeError>(input.dtype() != kBool, "conv2d: not supported for bool tensors");
  const Shape x = input.shape(), w = weight.shape();
  const std::int64_t groups = options.groups;
  check<ValueError>(groups > 0, "conv2d: groups must be positive, got {}", groups);
  check<ShapeError>(w[0] > 0 && w[1] > 0 && w[2] > 0 && w[3] > 0,
                    "conv2d: weight should have at least one element along every dimension, got {}", weight);
  check<ShapeError>(
      w[0] % groups == 0,
      "conv2d: Given groups={}, expected weight to be divisible by {} at dimension 0, but got weight of size {}",
      groups, groups, w);
  check<ShapeError>(
      w[1] <= INT64_MAX / groups && x[1] == w[1] * groups,
      "conv2d: Given groups={}, weight of size {}, expected input{} to have {} channels, but got {} channels instead",
      groups, w, x, w[1] * groups, x[1]);
  if (bias.defined()) {
    check<ShapeError>(
        bias.dim() == 1 && bias.size(0) == w[0],
        "conv2d: Given weight of size {}, expected bias to be 1-dimensional with {} elements, but got bias of size {}",
        w, w[0], bias.shape());
    check<DTypeError>(bias.dtype() == input.dtype(), "conv2d: Input type ({}) and bias type ({}) should be the same",
                      input, bias);
    check_same_device("conv2d", input, bias);
  }
  const Line h =
      line_of("height", x[2], w[2], options.stride.h, options.dilation.h, options.padding, options.padding.size.h);
  const Line v =
      line_of("width", x[3], w[3], options.stride.w, options.dilation.w, options.padding, options.padding.size.w);
  const bool channels_last = input.suggest_memory_format() == MemoryFormat::channels_last ||
                             weight.suggest_memory_format() == MemoryFormat::channels_last;
  Conv2dProblem p{.dtype = input.dtype(),
                  .format = channels_last ? MemoryFormat::channels_last : MemoryFormat::contiguous,
                  .bias = bias.defined(),
                  .N = x[0],
                  .C = x[1],
                  .H = x[2],
                  .W = x[3],
                  .K = w[0],
                  .R = w[2],
                  .S = w[3],
                  .P = h.out,
                  .Q = v.out};
  p.stride_h = h.stride;
  p.stride_w = v.stride;
  p.pad_top = h.pad_before;
  p.pad_left = v.pad_before;
  p.dilation_h = options.dilation.h;
  p.dilation_w = options.dilation.w;
  p.groups = groups;
  return p;
}

namespace {

void trace_conv2d(const Tensor& x, const Tensor& w, const Tensor& b, const Conv2dProblem& p, const Tensor& y) {
  // Padding behind is that in front but for `same`, whose stride is 1.
  const std::int64_t bottom = p.stride_h == 1 ? p.P - 1 + p.dilation_h * (p.R - 1) + 1 - p.H - p.pad_top : p.pad_top;
  const std::int64_t right = p.stride_w == 1 ? p.Q - 1 + p.dilation_w * (p.S - 1) + 1 - p.W - p.pad_left : p.pad_left;
  trace::op("conv2d", {x, w, b},
            {{"stride", std::vector{p.stride_h, p.stride_w}},
             {"pads", std::vector{p.pad_top, p.pad_left, bottom, right}},
             {"dilation", std::vector{p.dilation_h, p.dilation_w}},
             {"groups", Scalar(p.groups)}},
            {y});
}

}  // namespace

Tensor conv2d_forward(const Tensor& input, const Tensor& weight, const Tensor& bias, const Conv2dProblem& problem,
                      bool relu) {
  const Tensor x = input.contiguous(problem.format), w = weight.contiguous(problem.format),
               b = bias.defined() ? bias.contiguous() : bias;
  Tensor y = new_tensor({problem.N, problem.K, problem.P, problem.Q}, problem.dtype, x.device(), problem.format);
  const auto run_by = [&]<class Slot>() {
    run<Slot>(x.device(), problem, address(x), address(w), address(b), static_cast<void*>(raw(y)));
  };
  relu ? run_by.template operator()<Conv2dReluForward>() : run_by.template operator()<Conv2dForward>();
  if (trace::active()) [[unlikely]]
    trace_conv2d(x, w, b, problem, y);
  if (needs_history(x, w, b)) {
    record(
        y, relu ? "ConvolutionReluBackward0" : "ConvolutionBackward0",
        [sx = SavedTensor(wants_grad(w) ? x : Tensor()), sw = SavedTensor(wants_grad(x) ? w : Tensor()),
         sy = relu ? SavedTensor::output(y) : SavedTensor(), p = problem](const Tensor& grad_y, Grads& out) {
          const Tensor grad = sy.defined() ? relu_backward(grad_y, sy.get(out)) : grad_y;
          if (out.needs(0)) out[0] = conv2d_grad_input(grad, sw.get(out), p);
          if (out.needs(1)) out[1] = conv2d_grad_weight(grad, sx.get(out), p);
          if (out.needs(2)) out[2] = grad.sum({0, 2, 3});
        },
        x, w, b);
  }
  return y;
}

// With z = grad_input(g, w): z is linear in both, dz/dg takes u to forward(u, w) and dz/dw takes u to grad_weight(g,
// u).
Tensor conv2d_grad_input(const Tensor& grad, const Tensor& weight, const Conv2dProblem& problem) {
  const Tensor g = grad.contiguous(problem.format), w = weight.contiguous(problem.format);
  Tensor z = new_tensor({problem.N, problem.C, problem.H, problem.W}, problem.dtype, g.device(), problem.format);
  run<Conv2dGradInput>(g.device(), problem, address(g), address(w), static_cast<void*>(raw(z)));
  if (needs_history(g, w)) {
    record(
        z, "ConvolutionBackwardBackward0",
        [sg = SavedTensor(g), sw = SavedTensor(w), p = problem](const Tensor& u, Grads& out) {
          Conv2dProblem plain = p;
          plain.bias = false;
          if (out.needs(0)) out[0] = conv2d_forward(u, sw.get(out), {}, plain);
          if (out.needs(1)) out[1] = conv2d_grad_weight(sg.get(out), u, p);
        },
        g, w);
  }
  return z;
}

// With z = grad_weight(g, x): dz/dg takes u to forward(x, u) and dz/dx takes u to grad_input(g, u).
Tensor conv2d_grad_weight(const Tensor& grad, const Tensor& input, const Conv2dProblem& problem) {
  const Tensor g = grad.contiguous(problem.format), x = input.contiguous(problem.format);
  Tensor z = new_tensor({problem.K, problem.C / problem.groups, problem.R, problem.S}, problem.dtype, g.device(),
                        problem.format);
  run<Conv2dGradWeight>(g.device(), problem, address(g), address(x), static_cast<void*>(raw(z)));
  if (needs_history(g, x)) {
    record(
        z, "ConvolutionBackwardBackward0",
        [sg = SavedTensor(g), sx = SavedTensor(x), p = problem](const Tensor& u, Grads& out) {
          Conv2dProblem plain = p;
          plain.bias = false;
          if (out.needs(0)) out[0] = conv2d_forward(sx.get(out), u, {}, plain);
          if (out.needs(1)) out[1] = conv2d_grad_input(sg.get(out), u, p);
        },
        g, x);
  }
  return z;
}

Tensor nn::functional::conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias,
                              const Conv2dOptions& options) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_lower_precision(
        [&](const Tensor& x, const Tensor& w, const Tensor& b) { return conv2d(x, w, b, options); }, input, weight,
        bias);
  if (input.dim() == 3) return conv2d(input.unsqueeze(0), weight, bias, options).squeeze(0);
  return conv2d_forward(input, weight, bias, conv2d_problem(input, weight, bias, options));
}

Tensor nn::functional::conv2d_relu(const Tensor& input, const Tensor& weight, const Tensor& bias,
                                   const Conv2dOptions& options) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_lower_precision(
        [&](const Tensor& x, const Tensor& w, const Tensor& b) { return conv2d_relu(x, w, b, options); }, input, weight,
        bias);
  if (!fuses<Conv2dReluForward>(input)) return cresset::relu(conv2d(input, weight, bias, options));
  if (input.dim() == 3) return conv2d_relu(input.unsqueeze(0), weight, bias, options).squeeze(0);
  return conv2d_forward(input, weight, bias, conv2d_problem(input, weight, bias, options), true);
}

}  // namespace cresset
