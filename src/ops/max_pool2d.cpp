#include <cresset/extension/registry.h>

#include "autograd/record.h"
#include "ops/pool2d.h"
#include "trace/trace.h"

namespace cresset {

using namespace nn::functional;

namespace {

ValuesIndices max_pool(const Tensor& input, Size2 kernel_size, const MaxPool2dOptions& options, bool want_indices) {
  const Pool2dProblem p = pool2d_problem(
      "max_pool2d", input,
      {kernel_size, options.stride.value_or(kernel_size), options.padding, options.dilation, options.ceil_mode});
  const Tensor x = input.contiguous(p.format);
  const Shape shape{p.N, p.C, p.P, p.Q};
  const bool history = needs_history(x);
  ValuesIndices y{new_tensor(shape, p.dtype, x.device(), p.format),
                  history || want_indices ? new_tensor(shape, kInt64, x.device(), p.format) : Tensor()};
  run<MaxPool2dForward>(x.device(), p, static_cast<const void*>(raw(x)), static_cast<void*>(raw(y.values)),
                        y.indices.defined() ? reinterpret_cast<std::int64_t*>(raw(y.indices)) : nullptr);
  if (trace::active()) [[unlikely]]
    trace::op("max_pool2d", {x},
              {{"kernel", std::vector{p.R, p.S}},
               {"stride", std::vector{p.stride_h, p.stride_w}},
               {"padding", std::vector{p.pad_h, p.pad_w}},
               {"dilation", std::vector{p.dilation_h, p.dilation_w}},
               {"ceil_mode", Scalar(options.ceil_mode)}},
              y.indices.defined() ? std::vector{y.values, y.indices} : std::vector{y.values});
  if (history) {
    record(
        y.values, "MaxPool2DWithIndicesBackward0",
        [index = SavedTensor(y.indices), p](const Tensor& grad, Grads& out) {
          const Tensor g = once_differentiable("max_pool2d", grad).contiguous(p.format), i = index.get(out);
          Tensor grad_x = new_tensor({p.N, p.C, p.H, p.W}, p.dtype, g.device(), p.format);
          run<MaxPool2dBackward>(g.device(), p, static_cast<const void*>(raw(g)),
                                 reinterpret_cast<const std::int64_t*>(raw(i)), static_cast<void*>(raw(grad_x)));
          out[0] = grad_x;
        },
        x);
  }
  return y;
}

}  // namespace

Tensor nn::functional::max_pool2d(const Tensor& input, Size2 kernel_size, const MaxPool2dOptions& options) {
  return pool_batched(input, [&](const Tensor& x) { return max_pool(x, kernel_size, options, false).values; });
}
ValuesIndices nn::functional::max_pool2d_with_indices(const Tensor& input, Size2 kernel_size,
                                                      const MaxPool2dOptions& options) {
  if (input.dim() != 3) return max_pool(input, kernel_size, options, true);
  const auto [values, indices] = max_pool(input.unsqueeze(0), kernel_size, options, true);
  return {values.squeeze(0), indices.squeeze(0)};
}

}  // namespace cresset
