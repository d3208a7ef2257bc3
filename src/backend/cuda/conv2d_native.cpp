// conv2d and its gradients.
#include <algorithm>

#include "backend/cuda/conv2d_size.h"
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "backend/cuda/workspace.h"
#include "conv2d.cuh"

namespace cresset::cuda::backend {
namespace {

template <bool kRelu>
void run_forward(const Conv2dProblem& p, const Context& context, const void* x, const void* w, const void* bias,
                 void* y) {
  check_cuda(kernels::conv2d_forward(p, kRelu, x, w, bias, y, stream_of(context.stream)), "conv2d");
}
void run_grad_input(const Conv2dProblem& p, const Context& context, const void* grad_y, const void* w, void* grad_x) {
  check_cuda(kernels::conv2d_grad_input(p, grad_y, w, grad_x, stream_of(context.stream)), "conv2d grad_input");
}
void run_grad_weight(const Conv2dProblem& p, const Context& context, const void* grad_y, const void* x, void* grad_w) {
  const std::int64_t bytes = p.K * (p.C / p.groups) * p.R * p.S * (p.dtype == kFloat64 ? 8 : 4);
  std::int64_t parts = kernels::conv2d_grad_weight_parts(p, multiprocessors(context.device));
  if (bytes > 0) parts = std::clamp<std::int64_t>(context.workspace_limit / bytes, 1, parts);
  const Workspace workspace(context, parts > 1 ? static_cast<std::size_t>(bytes * parts) : 0);
  check_cuda(kernels::conv2d_grad_weight(p, grad_y, x, grad_w, parts, workspace.data(), stream_of(context.stream)),
             "conv2d grad_weight");
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
