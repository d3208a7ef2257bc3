// Reductions over some or all dimensions.
#include <cresset/extension/registry.h>
#include <cresset/ops.h>

#include <cmath>

#include "autograd/record.h"
#include "core/check.h"
#include "ops/autocast.h"
#include "ops/pointwise.h"
#include "trace/trace.h"

namespace cresset {
namespace {

struct Plan {
  bool reduced[kMaxDims] = {};
  Shape kept;              // the output's shape without the reduced dimensions
  Shape keepdim;           // and with them, as size 1
  std::int64_t count = 1;  // elements that make one
};

// An empty list means all dimensions.
Plan plan_of(const char* op, const Shape& sizes, const Dims& dims) {
  Plan plan;
  for (std::int64_t d : dims) {
    const int i = wrap_dim(d, sizes.size());
    check<ValueError>(!std::exchange(plan.reduced[i], true), "{}: dim {} appears multiple times in the list of dims",
                      op, i);
  }
  if (dims.empty()) std::fill_n(plan.reduced, sizes.size(), true);
  for (int i = 0; i < sizes.size(); ++i) {
    plan.keepdim.push_back(plan.reduced[i] ? 1 : sizes[i]);
    if (plan.reduced[i])
      plan.count *= sizes[i];
    else
      plan.kept.push_back(sizes[i]);
  }
  return plan;
}

ReduceProblem problem_of(ReduceOp op, const detail::TensorImpl& x, const Plan& plan, DType out) {
  ReduceProblem problem{
      .op = op, .dtype = x.dtype, .out_dtype = out, .dims = x.sizes.size(), .sizes = {}, .strides = {}, .reduced = {}};
  std::copy_n(x.sizes.begin(), problem.dims, problem.sizes);
  std::copy_n(x.strides.begin(), problem.dims, problem.strides);
  std::copy_n(plan.reduced, problem.dims, problem.reduced);
  return problem;
}

constexpr const char* kNames[] = {"sum", "mean", "max", "min", "argmax", "argmin", "all", "any"};

// `flat`: an index counts over all dimensions.
void trace_reduction(const char* name, const Tensor& x, const Plan& plan, bool keepdim, bool flat,
                     const std::vector<Tensor>& outputs) {
  std::vector<std::int64_t> dims;
  for (int i = 0; i < x.dim(); ++i)
    if (plan.reduced[i]) dims.push_back(i);
  trace::Attributes attributes{{"dims", dims}, {"keepdim", Scalar(keepdim)}};
  if (flat) attributes.emplace_back("flat", Scalar(true));
  trace::op(name, {x}, std::move(attributes), outputs);
}

// One result for each kept index.
Tensor reduce(ReduceOp op, const Tensor& x, const Plan& plan, DType out, bool keepdim) {
  const detail::TensorImpl& impl = *x.impl();
  Tensor y = new_tensor(keepdim ? plan.keepdim : plan.kept, out, impl.device);
  run<Reduce>(impl.device, problem_of(op, impl, plan, out), static_cast<const void*>(impl.data),
              static_cast<void*>(raw(y)), static_cast<std::int64_t*>(nullptr));
  if (trace::active()) [[unlikely]]
    trace_reduction(kNames[static_cast<int>(op)], x, plan, keepdim, false, {y});
  return y;
}

// What a sum is given: the dtype asked for, or int64 for integers and bool.
Tensor sum_input(const Tensor& x, const ReduceOptions& options) {
  if (options.dtype) return as_dtype(x, *options.dtype);
  return is_floating_point(x.dtype()) ? x : as_dtype(x, kInt64);
}

Tensor sum_planned(const Tensor& x, const Plan& plan, bool keepdim) {
  Tensor y = reduce(ReduceOp::sum, x, plan, x.dtype(), keepdim);
  if (needs_history(x)) {
    record(
        y, "SumBackward1",
        [sizes = x.impl()->sizes, shape = plan.keepdim](const Tensor& grad, Grads& out) {
          out[0] = grad.reshape(shape).expand(sizes);
        },
        x);
  }
  return y;
}

Tensor mean_planned(const Tensor& x, const Plan& plan, bool keepdim) {
  check<DTypeError>(is_floating_point(x.dtype()),
                    "mean: could not infer output dtype. Input dtype must be a floating point dtype. Got: {}",
                    name(x.dtype()));
  Tensor y = reduce(ReduceOp::mean, x, plan, x.dtype(), keepdim);
  if (needs_history(x)) {
    record(
        y, "MeanBackward1",
        [sizes = x.impl()->sizes, shape = plan.keepdim, n = static_cast<double>(plan.count)](const Tensor& grad,
                                                                                             Grads& out) {
          // In float32 where the type has 16 bits: n may be more than float16 holds.
          const DType wide = promote_types(grad.dtype(), kFloat32);
          out[0] = as_dtype(as_dtype(grad, wide) / n, grad.dtype()).reshape(shape).expand(sizes);
        },
        x);
  }
  return y;
}

// max or min of all elements: equal ones share the gradient.
Tensor extremum_of_all(ReduceOp op, const char* op_name, const char* node, const Tensor& x) {
  check<ValueError>(x.numel() > 0,
                    "{}: expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with "
                    "the 'dim' argument.",
                    op_name);
  Tensor y = reduce(op, x, plan_of(op_name, x.shape(), {}), x.dtype(), false);
  if (needs_history(x)) {
    record(
        y, node,
        [in = SavedTensor(x), result = SavedTensor::output(y)](const Tensor& grad, Grads& out) {
          const Tensor chosen = (in.get(out).detach() == result.get(out).detach()).to(grad.dtype());
          out[0] = chosen * (grad / chosen.sum());
        },
        x);
  }
  return y;
}

// Puts `grad` at `index` along dim d of zeros: the gradient of taking elements by index.
Tensor place(const Tensor& grad, const Tensor& index, const Shape& sizes, int d, bool keepdim) {
  const Tensor g = keepdim || sizes.empty() ? grad : grad.unsqueeze(d),
               i = keepdim || sizes.empty() ? index : index.unsqueeze(d);
  if (sizes.empty()) return grad;
  Shape line = Shape::filled(sizes.size(), 1);
  line[d] = sizes[d];
  return where(arange(sizes[d], {.device = grad.device()}).view(line) == i, g, zeros({}, {.dtype = grad.dtype()}));
}

ValuesIndices extremum_along(ReduceOp op, const char* op_name, const char* node, const Tensor& x, std::int64_t dim,
                             bool keepdim) {
  const detail::TensorImpl& impl = impl_of(x);
  const int d = wrap_dim(dim, impl.sizes.size());
  check<IndexError>(impl.sizes.empty() || impl.sizes[d] > 0, "{}: Expected reduction dim {} to have non-zero size.",
                    op_name, d);
  const Plan plan = plan_of(op_name, impl.sizes, impl.sizes.empty() ? Dims() : Dims(d));
  const Shape& shape = keepdim ? plan.keepdim : plan.kept;
  ValuesIndices result{new_tensor(shape, impl.dtype, impl.device), new_tensor(shape, kInt64, impl.device)};
  run<Reduce>(impl.device, problem_of(op, impl, plan, impl.dtype), static_cast<const void*>(impl.data),
              static_cast<void*>(raw(result.values)), reinterpret_cast<std::int64_t*>(raw(result.indices)));
  if (trace::active()) [[unlikely]]
    trace_reduction(kNames[static_cast<int>(op)], x, plan, keepdim, false, {result.values, result.indices});
  if (needs_history(x)) {
    record(
        result.values, node,
        [index = SavedTensor(result.indices), sizes = impl.sizes, d, keepdim](const Tensor& grad, Grads& out) {
          out[0] = place(grad, index.get(out), sizes, d, keepdim);
        },
        x);
  }
  return result;
}

Tensor arg_extremum(ReduceOp op, const char* op_name, const Tensor& x, std::optional<std::int64_t> dim, bool keepdim) {
  const detail::TensorImpl& impl = impl_of(x);
  check<DTypeError>(impl.dtype != kBool, "{}: not supported for bool tensors", op_name);
  check<IndexError>(dim || impl.numel > 0, "{}: Expected reduction dim to be specified for input.numel() == 0.",
                    op_name);
  const Plan plan =
      plan_of(op_name, impl.sizes, dim && !impl.sizes.empty() ? Dims(wrap_dim(*dim, impl.sizes.size())) : Dims());
  if (dim) wrap_dim(*dim, impl.sizes.size());
  check<IndexError>(plan.count > 0, "{}: Expected reduction dim {} to have non-zero size.", op_name, dim.value_or(0));
  Tensor indices = new_tensor(keepdim ? plan.keepdim : plan.kept, kInt64, impl.device);
  run<Reduce>(impl.device, problem_of(op, impl, plan, kInt64), static_cast<const void*>(impl.data),
              static_cast<void*>(nullptr), reinterpret_cast<std::int64_t*>(raw(indices)));
  if (trace::active()) [[unlikely]]
    trace_reduction(kNames[static_cast<int>(op)], x, plan, keepdim, !dim, {indices});
  return indices;
}

Tensor logic(ReduceOp op, const char* op_name, const Tensor& x, const Dims& dims, bool keepdim) {
  const Tensor truth = as_dtype(x.detach(), kBool);
  const Tensor y = reduce(op, truth, plan_of(op_name, truth.shape(), dims), kBool, keepdim);
  return x.dtype() == kUInt8 ? y.to(kUInt8) : y;  // as PyTorch, whose first masks were uint8
}

}  // namespace

Tensor sum(const Tensor& x) { return named(sum(x, {}), "SumBackward0"); }
Tensor sum(const Tensor& x, const Dims& dims, const ReduceOptions& options) {
  if (autocast::active() && !options.dtype) [[unlikely]]
    return autocast::in_float32(
        autocast::On::cuda, [&](const Tensor& wide) { return sum(wide, dims, options); }, x);
  return sum_planned(sum_input(x, options), plan_of("sum", impl_of(x).sizes, dims), options.keepdim);
}
Tensor mean(const Tensor& x) { return named(mean(x, {}), "MeanBackward0"); }
Tensor mean(const Tensor& x, const Dims& dims, const ReduceOptions& options) {
  return mean_planned(options.dtype ? as_dtype(x, *options.dtype) : x, plan_of("mean", impl_of(x).sizes, dims),
                      options.keepdim);
}
Tensor max(const Tensor& x) { return extremum_of_all(ReduceOp::max, "max", "MaxBackward1", x); }
Tensor min(const Tensor& x) { return extremum_of_all(ReduceOp::min, "min", "MinBackward1", x); }
ValuesIndices max(const Tensor& x, std::int64_t dim, bool keepdim) {
  return extremum_along(ReduceOp::max, "max", "MaxBackward0", x, dim, keepdim);
}
ValuesIndices min(const Tensor& x, std::int64_t dim, bool keepdim) {
  return extremum_along(ReduceOp::min, "min", "MinBackward0", x, dim, keepdim);
}
Tensor argmax(const Tensor& x, std::optional<std::int64_t> dim, bool keepdim) {
  return arg_extremum(ReduceOp::argmax, "argmax", x, dim, keepdim);
}
Tensor argmin(const Tensor& x, std::optional<std::int64_t> dim, bool keepdim) {
  return arg_extremum(ReduceOp::argmin, "argmin", x, dim, keepdim);
}

Tensor Tensor::sum() const { return cresset::sum(*this); }
Tensor Tensor::sum(const Dims& dims, const ReduceOptions& options) const { return cresset::sum(*this, dims, options); }
Tensor Tensor::mean() const { return cresset::mean(*this); }
Tensor Tensor::mean(const Dims& dims, const ReduceOptions& options) const {
  return cresset::mean(*this, dims, options);
}
Tensor Tensor::max() const { return cresset::max(*this); }
Tensor Tensor::min() const { return cresset::min(*this); }
ValuesIndices Tensor::max(std::int64_t dim, bool keepdim) const { return cresset::max(*this, dim, keepdim); }
ValuesIndices Tensor::min(std::int64_t dim, bool keepdim) const { return cresset::min(*this, dim, keepdim); }
Tensor Tensor::argmax(std::optional<std::int64_t> dim, bool keepdim) const {
  return cresset::argmax(*this, dim, keepdim);
}
Tensor Tensor::argmin(std::optional<std::int64_t> dim, bool keepdim) const {
  return cresset::argmin(*this, dim, keepdim);
}
Tensor Tensor::all() const { return logic(ReduceOp::all, "all", *this, {}, false); }
Tensor Tensor::any() const { return logic(ReduceOp::any, "any", *this, {}, false); }
Tensor Tensor::all(const Dims& dims, const ReduceOptions& options) const {
  return logic(ReduceOp::all, "all", *this, dims, options.keepdim);
}
Tensor Tensor::any(const Dims& dims, const ReduceOptions& options) const {
  return logic(ReduceOp::any, "any", *this, dims, options.keepdim);
}

// Two passes: the mean first, so that nothing cancels.
Tensor Tensor::var(const Dims& dims, std::int64_t correction, bool keepdim) const {
  check<DTypeError>(is_floating_point(), "var: only floating types are supported, got {}", *this);
  const Plan plan = plan_of("var", shape(), dims);
  const autocast::Pause pause;
  const double freedom = std::max(0.0, static_cast<double>(plan.count - correction));
  return named((*this - mean(dims, {.keepdim = true})).square().sum(dims, {.keepdim = keepdim}) / freedom,
               "VarBackward0");
}
Tensor Tensor::std(const Dims& dims, std::int64_t correction, bool keepdim) const {
  return named(var(dims, correction, keepdim).sqrt(), "StdBackward0");
}

}  // namespace cresset
