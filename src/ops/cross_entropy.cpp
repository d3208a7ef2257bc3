#include <cresset/extension/registry.h>
#include <cresset/ops.h>

#include "autograd/record.h"
#include "core/check.h"
#include "ops/autocast.h"
#include "ops/pointwise.h"
#include "trace/trace.h"

namespace cresset {

using namespace nn::functional;

namespace {

Tensor reduce_loss(const Tensor& loss, Reduction reduction) {
  return reduction == Reduction::mean ? loss.mean() : reduction == Reduction::sum ? loss.sum() : loss;
}

// Targets are probabilities of the input's shape: -sum_c w_c t_c log_softmax(x)_c, the mean over N and the inner
// positions.
Tensor with_probabilities(const Tensor& input, const Tensor& target, const CrossEntropyOptions& options) {
  check<ShapeError>(target.shape() == input.shape(),
                    "cross_entropy: Expected floating point type for target with class probabilities, of the input's "
                    "shape {}, got {}",
                    input.shape(), target);
  check<ValueError>(options.ignore_index < 0, "cross_entropy: ignore_index is not supported for floating point target");
  const int d = input.dim() == 1 ? 0 : 1;
  const std::int64_t classes = input.size(d);
  Tensor t = target;
  if (options.label_smoothing > 0)
    t = t * (1 - options.label_smoothing) + options.label_smoothing / static_cast<double>(classes);
  Tensor terms = log_softmax(input, d) * t;
  if (options.weight.defined()) {
    Shape line = Shape::filled(input.dim(), 1);
    line[d] = classes;
    terms = terms * options.weight.view(line);
  }
  const Tensor loss = -terms.sum(d);
  if (options.reduction == Reduction::mean)
    return loss.sum() / static_cast<double>(input.numel() / std::max<std::int64_t>(classes, 1));
  return reduce_loss(loss, options.reduction);
}

void check_targets(const Tensor& target, std::int64_t classes, std::int64_t ignore_index) {
  const auto* t = reinterpret_cast<const std::int64_t*>(raw(target));
  for (std::int64_t i = 0; i < target.numel(); ++i)
    check<IndexError>((t[i] >= 0 && t[i] < classes) || t[i] == ignore_index,
                      "cross_entropy: Target {} is out of bounds. ({} classes, element {})", t[i], classes, i);
}

}  // namespace

Tensor nn::functional::cross_entropy(const Tensor& input, const Tensor& target, const CrossEntropyOptions& options) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_float32(
        autocast::On::both,
        [options](const Tensor& x, const Tensor& t, const Tensor& weight) {
          CrossEntropyOptions wide = options;
          wide.weight = weight;
          return cross_entropy(x, t, wide);
        },
        input, target, options.weight);
  check<DTypeError>(input.is_floating_point(), "cross_entropy: the input must be of a floating type, got {}", input);
  check<ShapeError>(input.dim() >= 1, "cross_entropy: the input must be [N, C, ...] or [C], got {}", input);
  check<ValueError>(options.label_smoothing >= 0 && options.label_smoothing <= 1,
                    "cross_entropy: label_smoothing must be between 0.0 and 1.0. Got: {}", options.label_smoothing);
  check_same_device("cross_entropy", input, target);
  const bool single = input.dim() == 1;
  const std::int64_t classes = input.size(single ? 0 : 1);
  if (options.weight.defined()) {
    check<ShapeError>(options.weight.dim() == 1 && options.weight.size(0) == classes,
                      "cross_entropy: weight tensor should be defined either for all {} classes or no classes but got "
                      "weight tensor of shape: {}",
                      classes, options.weight.shape());
    check<DTypeError>(options.weight.dtype() == input.dtype(),
                      "cross_entropy: expected scalar type {} for weight but found {}", name(input.dtype()),
                      name(options.weight.dtype()));
    check_same_device("cross_entropy", input, options.weight);
  }
  if (target.is_floating_point()) return with_probabilities(input, target, options);
  if (trace::active()) [[unlikely]]
    return trace::whole("cross_entropy", {input, target, options.weight},
                        {{"reduction", Scalar(static_cast<int>(options.reduction))},
                         {"ignore_index", Scalar(options.ignore_index)},
                         {"label_smoothing", Scalar(options.label_smoothing)}},
                        [&] { return cross_entropy(input, target, options); });
  check<DTypeError>(target.dtype() == kInt64 || target.dtype() == kUInt8,
                    "cross_entropy: expected class indices of type int64 or uint8, or probabilities, got {}", target);
  const Tensor x4 = (single ? input.unsqueeze(0) : input).contiguous();
  const Tensor t = as_dtype(single ? target.unsqueeze(0) : target, kInt64).contiguous();
  const Shape shape = x4.shape(), given = t.shape();
  Shape expected = shape;
  expected.erase(1);
  check<ShapeError>(given == expected, "cross_entropy: Expected target size {}, got {} (input {})", expected, given,
                    input);
  CrossEntropyProblem p{.dtype = x4.dtype(),
                        .N = shape[0],
                        .C = classes,
                        .inner = 1,
                        .ignore_index = options.ignore_index,
                        .label_smoothing = options.label_smoothing,
                        .reduction = options.reduction,
                        .weight = options.weight.defined()};
  for (int i = 2; i < shape.size(); ++i) p.inner *= shape[i];
  if (t.device().is_cpu()) check_targets(t, classes, options.ignore_index);  // kernels of devices check for themselves
  const Tensor w = options.weight.defined() ? options.weight.detach().contiguous() : Tensor();
  const DType wide = p.dtype == kFloat64 ? kFloat64 : kFloat32;
  Tensor loss = new_tensor(options.reduction == Reduction::none ? expected : Shape{}, p.dtype, x4.device());
  Tensor logsumexp = new_tensor({p.N * p.inner}, wide, x4.device()), total = new_tensor({}, wide, x4.device());
  const auto address = [](const Tensor& tensor) {
    return static_cast<const void*>(tensor.defined() ? raw(tensor) : nullptr);
  };
  run<CrossEntropyForward>(x4.device(), p, address(x4), reinterpret_cast<const std::int64_t*>(raw(t)), address(w),
                           static_cast<void*>(raw(loss)), static_cast<void*>(raw(logsumexp)),
                           static_cast<void*>(raw(total)));
  if (needs_history(x4)) {
    record(
        loss, shape.size() > 2 ? "NllLoss2DBackward0" : "NllLossBackward0",
        [sx = SavedTensor(x4), st = SavedTensor(t), w, logsumexp, total, p, address](const Tensor& grad, Grads& out) {
          const Tensor x = sx.get(out), labels = st.get(out),
                       g = once_differentiable("cross_entropy", grad).contiguous();
          Tensor grad_x = new_tensor(x.shape(), p.dtype, x.device());
          run<CrossEntropyBackward>(x.device(), p, address(g), address(x),
                                    reinterpret_cast<const std::int64_t*>(raw(labels)), address(w), address(logsumexp),
                                    address(total), static_cast<void*>(raw(grad_x)));
          out[0] = grad_x;
        },
        x4);
  }
  return single && options.reduction == Reduction::none ? loss.squeeze(0) : loss;
}

Tensor nn::functional::mse_loss(const Tensor& input, const Tensor& target, const MseLossOptions& options) {
  if (autocast::active()) [[unlikely]]
    return autocast::in_float32(
        autocast::On::both,
        [&](const Tensor& x, const Tensor& t, const Tensor& weight) {
          return mse_loss(x, t, {.reduction = options.reduction, .weight = weight});
        },
        input, target, options.weight);
  const Tensor squares = square(input - target);
  if (!options.weight.defined()) return named(reduce_loss(squares, options.reduction), "MseLossBackward0");
  check<ValueError>(options.weight.shape() == input.shape(),
                    "mse_loss: Weights and input must have the same size, got {} and {}", options.weight.shape(),
                    input.shape());
  const Tensor weighted = squares * options.weight;
  return options.reduction == Reduction::mean ? weighted.sum() / options.weight.sum()
                                              : reduce_loss(weighted, options.reduction);
}

}  // namespace cresset
