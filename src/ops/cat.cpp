// Joining tensors.
#include <cresset/ops.h>

#include "autograd/record.h"
#include "core/check.h"
#include "ops/autocast.h"
#include "ops/copy.h"
#include "ops/pointwise.h"
#include "trace/trace.h"

namespace cresset {

Tensor cat(const std::vector<Tensor>& tensors, std::int64_t dim) {
  if (autocast::active()) [[unlikely]] {
    const std::vector<Tensor> wide = autocast::in_widest(tensors, autocast::On::cpu);
    const autocast::Pause pause;
    return cat(wide, dim);
  }
  check<ValueError>(!tensors.empty(), "cat: expected a non-empty list of Tensors");
  DType dtype = tensors[0].dtype();
  const Tensor* first = nullptr;  // the first that is no skipped, empty 1-D tensor
  const auto skipped = [](const Tensor& t) { return t.dim() == 1 && t.numel() == 0; };
  bool channels_last = true;
  for (const Tensor& t : tensors) {
    check_same_device("cat", tensors[0], t);
    dtype = promote_types(dtype, t.dtype());
    if (skipped(t)) continue;
    if (!first) first = &t;
    channels_last &= t.suggest_memory_format() == MemoryFormat::channels_last;
  }
  if (!first) first = &tensors[0];
  check<ShapeError>(first->dim() > 0, "cat: zero-dimensional tensor (at position 0) cannot be concatenated");
  const int d = wrap_dim(dim, first->dim());
  Shape shape = first->shape();
  shape[d] = 0;
  std::vector<std::int64_t> parts;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Shape own = tensors[i].shape();
    parts.push_back(skipped(tensors[i]) && first->dim() != 1 ? 0 : own.size() > d ? own[d] : 0);
    if (skipped(tensors[i])) continue;
    check<ShapeError>(own.size() == shape.size(), "cat: Tensors must have same number of dimensions: got {} and {}",
                      shape.size(), own.size());
    for (int k = 0; k < own.size(); ++k)
      check<ShapeError>(k == d || own[k] == shape[k],
                        "cat: Sizes of tensors must match except in dimension {}. Expected size {} but got size {} for "
                        "tensor number {} in the list.",
                        d, shape[k], own[k], i);
    check<ShapeError>(!__builtin_add_overflow(shape[d], parts.back(), &shape[d]),
                      "cat: the sizes along dimension {} overflow when added", d);
  }
  Tensor y = new_tensor(shape, dtype, first->device(),
                        channels_last && first->dim() == 4 ? MemoryFormat::channels_last : MemoryFormat::contiguous);
  {
    const trace::Pause pause;
    NoGradGuard no_grad;
    std::int64_t at = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      if (parts[i] > 0) copy_elements(y.narrow(d, at, parts[i]), tensors[i]);
      at += parts[i];
    }
  }
  if (trace::active()) [[unlikely]] {
    std::vector<Tensor> joined;
    for (const Tensor& t : tensors)
      if (!skipped(t)) joined.push_back(as_dtype(t, dtype));
    trace::op("cat", joined.empty() ? tensors : joined, {{"dim", Scalar(d)}}, {y});
  }
  if (needs_history(tensors)) {
    std::vector<DType> types;
    std::vector<bool> dropped;
    for (const Tensor& t : tensors) {
      types.push_back(t.dtype());
      dropped.push_back(skipped(t) && first->dim() != 1);
    }
    record_list(
        y, "CatBackward0",
        [parts, types, dropped, d](const Tensor& grad, Grads& out) {
          std::int64_t at = 0;
          for (std::size_t i = 0; i < parts.size(); ++i) {
            if (out.needs(i) && !dropped[i]) out[i] = grad.narrow(d, at, parts[i]).to(types[i]);
            if (out.needs(i) && dropped[i]) out[i] = zeros({0}, {.dtype = types[i], .device = grad.device()});
            at += parts[i];
          }
        },
        tensors);
  }
  return y;
}

Tensor stack(const std::vector<Tensor>& tensors, std::int64_t dim) {
  check<ValueError>(!tensors.empty(), "stack: expects a non-empty TensorList");
  const Shape shape = tensors[0].shape();
  const int d = wrap_dim(dim, shape.size() + 1);
  std::vector<Tensor> rows;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    check<ShapeError>(tensors[i].shape() == shape,
                      "stack: expects each tensor to be equal size, but got {} at entry 0 and {} at entry {}", shape,
                      tensors[i].shape(), i);
    rows.push_back(tensors[i].unsqueeze(d));
  }
  return named(cat(rows, d), "StackBackward0");
}

}  // namespace cresset
