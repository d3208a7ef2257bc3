// Histories of views and of their bases under in-place writes. The scheme is PyTorch's: a write to a view makes the
// base's history "the base as it was, with the written part replaced" (CopySlices), and a view whose version is out of
// date takes its history anew from the base (AsStridedBackward0).
#include <cresset/ops.h>

#include <algorithm>

#include "autograd/inplace.h"
#include "core/check.h"
#include "core/thread_state.h"
#include "trace/trace.h"

namespace cresset {
namespace {

// Where a view lies in its base.
struct Geometry {
  Shape sizes, strides;
  std::int64_t offset;  // from the base's first element
};

Geometry geometry_of(const detail::TensorImpl& view, const detail::TensorImpl& base) {
  return {view.sizes, view.strides, (view.data - base.data) / static_cast<std::int64_t>(element_size(view.dtype))};
}

// A tensor with the base's sizes and strides, so that the geometry of a view fits it. The base is dense enough: it owns
// its storage.
Tensor like_base(const Shape& sizes, const Shape& strides, const Tensor& values) {
  std::int64_t extent = 1;
  for (int i = 0; i < sizes.size(); ++i) extent += (sizes[i] - 1) * strides[i];
  if (sizes.numel() == 0) extent = 0;
  Tensor flat = new_tensor({extent}, values.dtype(), values.device());
  if (extent != sizes.numel()) flat.zero_();
  Tensor whole = flat.as_strided(sizes, strides, 0);
  whole.copy_(values);
  return whole;
}

struct CopySlices final : Node {
  CopySlices(Ref<Node> f, Edge base_edge, const detail::TensorImpl& base, Geometry g)
      : Node("CopySlices", f->inputs, nullptr),
        written(std::move(f)),
        base_sizes(base.sizes),
        base_strides(base.strides),
        geometry(g),
        owned(written->inputs) {
    owned[0] = std::move(base_edge);
    for (std::uint32_t i = 1; i < inputs; ++i) owned[i] = written->edges[i];
    edges = owned.data();
    stamp(*this);
  }

  void apply(Tensor* grads, Grads& out) override {
    if (!grads[0].defined()) return;
    Tensor rest = like_base(base_sizes, base_strides, grads[0]);
    Tensor part = rest.as_strided(geometry.sizes, geometry.strides, rest.storage_offset() + geometry.offset);
    Tensor part_grad = part.clone();
    std::vector<Tensor> slots(inputs);
    Grads inner(*written, slots.data());
    // The written op asks for the gradient of its input 0 where the base wants one, whatever the view itself had.
    const Edge keep = std::exchange(written->edges[0], owned[0]);
    try {
      written->apply(&part_grad, inner);
    } catch (...) {
      written->edges[0] = keep;
      throw;
    }
    written->edges[0] = keep;
    if (out.needs(0)) {
      if (slots[0].defined())
        part.copy_(slots[0]);
      else
        part.zero_();
      out[0] = rest;
    }
    for (std::uint32_t i = 1; i < inputs; ++i) out[i] = std::move(slots[i]);
  }
  void release() noexcept override { written->release(); }
  bool released() const noexcept override { return written->released(); }

  Ref<Node> written;
  Shape base_sizes, base_strides;
  Geometry geometry;
  std::vector<Edge> owned;
};

}  // namespace

void mark_view(const Tensor& y, const Tensor& x) {
  detail::TensorImpl& from = impl_of(x);
  if (from.inference) return;
  AutogradMeta& meta = meta_of(*y.impl());
  meta.base = from.meta && from.meta->base.defined() ? from.meta->base : x;
  meta.grad_fn_version = y.impl()->version().load(std::memory_order_relaxed);
  meta.made_without_grad = !thread_state.grad_enabled;
  if (from.meta) meta.made_with_others = from.meta->made_with_others;
}

void mark_one_of_many(const Tensor& y, const char* op) {
  detail::TensorImpl& impl = *y.impl();
  if (impl.meta && impl.meta->base.defined()) impl.meta->made_with_others = op;
  if (impl.grad_fn) impl.grad_fn->name = op;
}

void refresh_view(detail::TensorImpl& view) {
  AutogradMeta& meta = *view.meta;
  const std::uint32_t now = view.version().load(std::memory_order_relaxed);
  if (meta.grad_fn_version == now) return;
  meta.grad_fn_version = now;
  detail::TensorImpl& base = *meta.base.impl();
  if (!base.grad_fn) return;
  view.grad_fn = function_node(
      "AsStridedBackward0",
      [sizes = base.sizes, strides = base.strides, g = geometry_of(view, base)](const Tensor& grad, Grads& out) {
        Tensor whole = like_base(sizes, strides, zeros(sizes, {.dtype = grad.dtype(), .device = grad.device()}));
        whole.as_strided(g.sizes, g.strides, whole.storage_offset() + g.offset).copy_(grad);
        out[0] = whole;
      },
      meta.base);
  view.output_nr = 0;
}

Edge gradient_edge(const Tensor& tensor) {
  if (!tensor.defined()) return {};
  detail::TensorImpl& impl = *tensor.impl();
  if (impl.meta && impl.meta->base.defined()) refresh_view(impl);
  if (impl.grad_fn) return {impl.grad_fn, Tensor(), impl.output_nr};
  if (impl.requires_grad) return {Ref<Node>(), tensor, 0};
  return {};
}

namespace {

// Whether two different indices may lead to one element. Exact for what views can make: sorted by stride, each
// dimension must step over all smaller ones.
bool overlaps(const detail::TensorImpl& impl) {
  if (impl.contiguous || impl.numel == 0) return false;
  std::vector<std::pair<std::int64_t, std::int64_t>> dims;
  for (int i = 0; i < impl.sizes.size(); ++i)
    if (impl.sizes[i] > 1) dims.emplace_back(impl.strides[i], impl.sizes[i]);
  std::sort(dims.begin(), dims.end());
  std::int64_t reach = 0;
  for (const auto& [stride, size] : dims) {
    if (stride <= reach) return true;
    reach += stride * (size - 1);
  }
  return false;
}

}  // namespace

void check_inplace(const Tensor& self, const char* op, bool recorded) {
  const detail::TensorImpl& impl = impl_of(self);
  check<ValueError>(!overlaps(impl),
                    "{}: unsupported operation: more than one element of the written-to tensor refers to a single "
                    "memory location. Please clone() the tensor before performing the operation.",
                    op);
  check<ValueError>(!impl.inference || thread_state.inference_mode,
                    "{}: Inplace update to inference tensor outside InferenceMode is not allowed. You can make a clone "
                    "to get a normal tensor before doing inplace update.",
                    op);
  if (trace::active()) [[unlikely]]
    trace::before_write(self);
  if (!thread_state.grad_enabled) return;
  check<ValueError>(!impl.requires_grad || impl.grad_fn,
                    "{}: a leaf Variable that requires grad is being used in an in-place operation.", op);
  if (!impl.meta || !impl.meta->base.defined()) return;
  const detail::TensorImpl& base = *impl.meta->base.impl();
  check<ValueError>(!base.requires_grad || base.grad_fn,
                    "{}: a view of a leaf Variable that requires grad is being used in an in-place operation.", op);
  check<ValueError>(!(impl.meta->made_with_others && (recorded || base.grad_fn)),
                    "{}: the output of {} is a view and is being modified inplace. This view is the output of a "
                    "function that returns multiple views. Such functions do not allow the output views to be modified "
                    "inplace. You should replace the inplace operation by an out-of-place one.",
                    op, impl.meta->made_with_others ? impl.meta->made_with_others : "");
  check<ValueError>(!(impl.meta->made_without_grad && (recorded || base.grad_fn)),
                    "{}: A view was created in no_grad mode and is being modified inplace with grad mode enabled. "
                    "Given that this use case is ambiguous and error-prone, it is forbidden.",
                    op);
}

void bump_version(const Tensor& self) {
  detail::TensorImpl& impl = *self.impl();
  if (!impl.inference) impl.version().fetch_add(1, std::memory_order_relaxed);
}

void rebase_history(const Tensor& self, Ref<Node> node) {
  detail::TensorImpl& impl = *self.impl();
  if (!impl.meta || !impl.meta->base.defined()) {
    set_history(self, std::move(node));
    return;
  }
  const Tensor base = impl.meta->base;
  set_history(
      base, new_node<CopySlices>(std::move(node), gradient_edge(base), *base.impl(), geometry_of(impl, *base.impl())));
  impl.meta->grad_fn_version = impl.version().load(std::memory_order_relaxed) - 1;
  refresh_view(impl);
}

}  // namespace cresset
