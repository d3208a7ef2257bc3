// conv2d and its gradients.
#include <algorithm>

#include "backend/cuda/conv2d_size.h"
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "backend/cuda/workspace.h"
#include "conv2d.cuh"
#include "conv2d_float32.cuh"

namespace cresset::cuda::backend {
namespace {

// Large problems in float32 have kernels of their own.
template <bool kRelu>
void run_forward(const Conv2dProblem& p, const Context& context, const void* x, const void* w, const void* bias,
                 void* y) {
  const cudaStream_t stream = stream_of(context.stream);
  const auto plan = kernels::conv2d_float32_plan(p, false, multiprocessors(context.device), context.workspace_limit);
  if (plan.workspace == 0) return check_cuda(kernels::conv2d_forward(p, kRelu, x, w, bias, y, stream), "conv2d");
  const Workspace workspace(context, plan.workspace);
  check_cuda(kernels::conv2d_float32_forward(p, plan, kRelu, x, w, bias, workspace.data(), y, stream), "conv2d");
}
void run_grad_input(const Conv2dProblem& p, const Context& context, const void* grad_y, const void* w, void* grad_x) {
  const cudaStream_t stream = stream_of(context.stream);
  const auto plan = kernels::conv2d_float32_plan(p, true, multiprocessors(context.device), context.workspace_limit);
  if (plan.workspace == 0)
    return check_cuda(kernels::conv2d_grad_input(p, grad_y, w, grad_x, stream), "conv2d grad_input");
  const Workspace workspace(context, plan.workspace);
  check_cuda(kernels::conv2d_float32_grad_input(p, plan, grad_y, w, workspace.data(), grad_x, stream),
             "conv2d grad_input");
}
void run_grad_weight(const Conv2dProblem& p, const Context& context, const void* grad_y, const void* x, void* grad_w) {
  const bool large = kernels::conv2d_float32_takes_grad_weight(p);
  const auto count_parts = large ? kernels::conv2d_float32_grad_weight_parts : kernels::conv2d_grad_weight_parts;
  const auto run = large ? kernels::conv2d_float32_grad_weight : kernels::conv2d_grad_weight;
  const std::int64_t bytes = p.K * (p.C / p.groups) * p.R * p.S * (p.dtype == kFloat64 ? 8 : 4);
  std::int64_t parts = count_parts(p, multiprocessors(context.device));
  if (bytes > 0) parts = std::clamp<std::int64_t>(context.workspace_limit / bytes, 1, parts);
  const Workspace workspace(context, parts > 1 ? static_cast<std::size_t>(bytes * parts) : 0);
  check_cuda(run(p, grad_y, x, grad_w, parts, workspace.data(), stream_of(context.stream)), "conv2d grad_weight");
}

Refusal refuses(const Conv2dProblem& p, const Context&) {
  if (Refusal refusal = refuse_bool(p.dtype)) return refusal;
  return refuse_large(p);
}
// What has a gradient, or is fused with relu, is floating.
Refusal refuses_not_floating(const Conv2dProblem& p, const Context&) {
  if (Refusal refusal = refuse_not_floating(p.dtype)) return refusal;
  return refuse_large(p);
}

}  // namespace

constinit const Kernel<Conv2dForward> kConv2dForwardNative = {"native", refuses, run_forward<false>};
constinit const Kernel<Conv2dReluForward> kConv2dReluForwardNative = {"native", refuses_not_floating,
                                                                      run_forward<true>};
constinit const Kernel<Conv2dGradInput> kConv2dGradInputNative = {"native", refuses_not_floating, run_grad_input};
constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightNative = {"native", refuses_not_floating, run_grad_weight};

}  // namespace cresset::cuda::backend
