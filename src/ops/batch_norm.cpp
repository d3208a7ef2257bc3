#include <cresset/extension/batch_norm.h>
#include <cresset/extension/registry.h>
#include <cresset/nn/fused_relu.h>

#include "autograd/record.h"
#include "core/check.h"
#include "ops/activation_backward.h"
#include "ops/copy.h"
#include "ops/fuses.h"
#include "ops/pointwise.h"
#include "trace/trace.h"

namespace cresset {

using namespace nn::functional;

namespace {

// Of the statistics' type, or of a 16-bit input's.
void check_channels(const char* what, const Tensor& t, std::int64_t channels, DType dtype, const Tensor& input) {
  if (!t.defined()) return;
  check_same_device("batch_norm", input, t);
  check<ShapeError>(t.dim() == 1 && t.size(0) == channels, "batch_norm: {} should contain {} elements not {}", what,
                    channels, t.numel());
  check<DTypeError>(t.dtype() == dtype || t.dtype() == input.dtype(), "batch_norm: {} must be of type {}, got {}", what,
                    name(dtype), name(t.dtype()));
}

const void* address(const Tensor& t) { return t.defined() ? raw(t) : nullptr; }
void* writable(const Tensor& t) { return t.defined() ? raw(t) : nullptr; }

// The backward as ops that have gradients themselves, for create_graph. xhat = (x - mean) * invstd, with mean and
// invstd functions of x when training.
std::vector<Tensor> backward_by_ops(const Tensor& grad, const Tensor& x, const Tensor& weight, const Tensor& mean,
                                    const Tensor& invstd, double eps, bool training) {
  Dims over;
  Shape line = Shape::filled(x.dim(), 1);
  line[1] = x.size(1);
  for (int i = 0; i < x.dim(); ++i)
    if (i != 1) over.push_back(i);
  const double n = static_cast<double>(x.numel()) / static_cast<double>(std::max<std::int64_t>(x.size(1), 1));
  const Tensor m = training ? x.mean(over, {.keepdim = true}) : mean.to(x.dtype()).view(line);
  const Tensor centred = x - m;
  const Tensor s =
      training ? rsqrt(square(centred).mean(over, {.keepdim = true}) + eps) : invstd.to(x.dtype()).view(line);
  const Tensor xhat = centred * s;
  const Tensor g = weight.defined() ? grad * weight.to(x.dtype()).view(line) : grad;
  Tensor grad_x = g * s;
  if (training)
    grad_x = s * (g - g.sum(over, {.keepdim = true}) / n - xhat * (g * xhat).sum(over, {.keepdim = true}) / n);
  return {grad_x, (grad * xhat).sum(over), grad.sum(over)};
}

// Statistics of 16 bits are rounded once.
void move_towards(const Tensor& running, const Tensor& value, double momentum) {
  if (running.dtype() == value.dtype())
    running.mul_(1 - momentum).add_(value, momentum);
  else
    running.copy_(running.to(value.dtype()).mul_(1 - momentum).add_(value, momentum));
}

// `relu`: with the relu behind it, on a device that fuses them.
Tensor batch_norm_with(const Tensor& input, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight,
                       const Tensor& bias, const BatchNormOptions& options, bool relu) {
  check<DTypeError>(input.is_floating_point(), "batch_norm: the input must be of a floating type, got {}", input);
  check<ShapeError>(input.dim() >= 2, "batch_norm: the input must be [N, C, ...], got {}", input);
  const Shape shape = input.shape();
  const DType stat = input.dtype() == kFloat64 ? kFloat64 : kFloat32;
  BatchNormProblem p{.dtype = input.dtype(),
                     .format = input.suggest_memory_format(),
                     .N = shape[0],
                     .C = shape[1],
                     .L = 1,
                     .affine = weight.defined() || bias.defined(),
                     .eps = options.eps};
  for (int i = 2; i < shape.size(); ++i) p.L *= shape[i];
  check_channels("running_mean", running_mean, p.C, stat, input);
  check_channels("running_var", running_var, p.C, stat, input);
  check_channels("weight", weight, p.C, stat, input);
  check_channels("bias", bias, p.C, stat, input);
  check<ValueError>(options.training || (running_mean.defined() && running_var.defined()),
                    "batch_norm: Expected running_mean and running_var to be defined when training=False");
  const std::int64_t count = p.N * p.L;
  check<ValueError>(!options.training || count > 1 || p.N == 0,
                    "batch_norm: Expected more than 1 value per channel when training, got input size {}", shape);
  // Recorded, so that a gradient comes back in the parameter's own type.
  const auto parameter = [stat](const Tensor& t) { return t.defined() ? as_dtype(t, stat).contiguous() : t; };
  const Tensor x = input.contiguous(p.format), w = parameter(weight), b = parameter(bias);
  Tensor y = new_tensor(shape, p.dtype, x.device(), p.format), mean, invstd;
  if (options.training) {
    mean = new_tensor({p.C}, stat, x.device());
    invstd = new_tensor({p.C}, stat, x.device());
    const Tensor variance = new_tensor({p.C}, stat, x.device());
    const auto run_by = [&]<class Slot>() {
      run<Slot>(x.device(), p, address(x), address(w), address(b), writable(y), writable(mean), writable(invstd),
                writable(variance));
    };
    relu ? run_by.template operator()<BatchNormReluForward>() : run_by.template operator()<BatchNormForward>();
    NoGradGuard no_grad;
    // A momentum of m moves the running value m of the way; the variance that is kept is the unbiased one.
    if (running_mean.defined() && count > 0) move_towards(running_mean, mean, options.momentum);
    if (running_var.defined() && count > 0)
      move_towards(running_var, variance * (static_cast<double>(count) / static_cast<double>(count - 1)),
                   options.momentum);
  } else {
    NoGradGuard no_grad;
    mean = running_mean.detach().to(ToOptions{.dtype = stat, .copy = true}).contiguous();
    invstd = rsqrt(as_dtype(running_var.detach(), stat) + options.eps).contiguous();
    const auto run_by = [&]<class Slot>() {
      run<Slot>(x.device(), p, address(x), address(w), address(b), address(mean), address(invstd), writable(y));
    };
    relu ? run_by.template operator()<BatchNormReluInference>() : run_by.template operator()<BatchNormInference>();
  }
  if (needs_history(x, w, b)) {
    record(
        y, relu ? "NativeBatchNormReluBackward0" : "NativeBatchNormBackward0",
        [sx = SavedTensor(x), sw = SavedTensor(w), sy = relu ? SavedTensor::output(y) : SavedTensor(), mean, invstd, p,
         training = options.training](const Tensor& grad, Grads& out) {
          const Tensor in = sx.get(out), scale = sw.get(out), above = sy.get(out);
          if (needs_history(grad, in, scale)) {
            const Tensor of_norm = above.defined() ? relu_backward(grad, above) : grad;
            auto gradients = backward_by_ops(of_norm, in, scale, mean, invstd, p.eps, training);
            for (std::size_t i = 0; i < 3; ++i)
              if (out.needs(i)) out[i] = i == 0 ? gradients[i] : gradients[i].to(mean.dtype());
            return;
          }
          const Tensor g = grad.contiguous(p.format);
          Tensor grad_x = new_tensor(in.shape(), p.dtype, in.device(), p.format), grad_w, grad_b;
          if (out.needs(1)) grad_w = new_tensor({p.C}, mean.dtype(), in.device());
          if (out.needs(2)) grad_b = new_tensor({p.C}, mean.dtype(), in.device());
          const BatchNormBackward::Problem problem{{p}, training};
          if (above.defined())
            run<BatchNormReluBackward>(in.device(), problem, address(g), address(above), address(in), address(scale),
                                       address(mean), address(invstd), writable(grad_x), writable(grad_w),
                                       writable(grad_b));
          else
            run<BatchNormBackward>(in.device(), problem, address(g), address(in), address(scale), address(mean),
                                   address(invstd), writable(grad_x), writable(grad_w), writable(grad_b));
          if (out.needs(0)) out[0] = grad_x;
          out[1] = grad_w;
          out[2] = grad_b;
        },
        x, w, b);
  }
  return y;
}

// The running statistics that move are outputs too.
template <class Compute>
Tensor traced_batch_norm(const std::vector<Tensor>& inputs, const BatchNormOptions& options, Compute compute) {
  std::vector<Tensor> outputs(1);
  for (std::size_t i = 1; options.training && i <= 2; ++i)
    if (inputs[i].defined()) {
      trace::before_write(inputs[i]);
      outputs.push_back(inputs[i]);
    }
  {
    const trace::Pause pause;
    outputs[0] = compute();
  }
  trace::op(
      "batch_norm", inputs,
      {{"training", Scalar(options.training)}, {"momentum", Scalar(options.momentum)}, {"eps", Scalar(options.eps)}},
      outputs);
  return outputs[0];
}

}  // namespace

Tensor nn::functional::batch_norm(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                                  const Tensor& weight, const Tensor& bias, const BatchNormOptions& options) {
  const auto compute = [&] { return batch_norm_with(input, running_mean, running_var, weight, bias, options, false); };
  if (trace::active()) [[unlikely]]
    return traced_batch_norm({input, running_mean, running_var, weight, bias}, options, compute);
  return compute();
}

Tensor nn::functional::batch_norm_relu(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                                       const Tensor& weight, const Tensor& bias, const BatchNormOptions& options) {
  if (!fuses<BatchNormReluForward>(input))
    return cresset::relu(batch_norm(input, running_mean, running_var, weight, bias, options));
  return batch_norm_with(input, running_mean, running_var, weight, bias, options, true);
}

}  // namespace cresset
