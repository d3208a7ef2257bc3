// conv2d and its gradients on tensor cores.
#include "conv2d_tensor_core.cuh"

#include <algorithm>

#include "backend/cuda/conv2d_size.h"
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "backend/cuda/tensor_core.h"
#include "backend/cuda/workspace.h"

namespace cresset::cuda::backend {
namespace {

void run_forward(const Conv2dProblem& p, const Context& context, const void* x, const void* w, const void* bias,
                 void* y) {
  check_cuda(
      kernels::conv2d_tensor_core_forward(p, multiprocessors(context.device), x, w, bias, y, stream_of(context.stream)),
      "conv2d");
}
void run_grad_input(const Conv2dProblem& p, const Context& context, const void* grad_y, const void* w, void* grad_x) {
  check_cuda(kernels::conv2d_tensor_core_grad_input(p, multiprocessors(context.device), grad_y, w, grad_x,
                                                    stream_of(context.stream)),
             "conv2d grad_input");
}
void run_grad_weight(const Conv2dProblem& p, const Context& context, const void* grad_y, const void* x, void* grad_w) {
  const std::int64_t bytes = p.K * (p.C / p.groups) * p.R * p.S * 4;
  std::int64_t parts = kernels::conv2d_tensor_core_grad_weight_parts(p, multiprocessors(context.device));
  parts = std::clamp<std::int64_t>(context.workspace_limit / bytes, 1, parts);
  const bool direct = parts == 1 && p.dtype == kFloat32;
  const Workspace workspace(context, direct ? 0 : static_cast<std::size_t>(bytes * parts));
  check_cuda(
      kernels::conv2d_tensor_core_grad_weight(p, grad_y, x, grad_w, parts, workspace.data(), stream_of(context.stream)),
      "conv2d grad_weight");
}

Refusal refuses(const Conv2dProblem& p, const Context& context) {
  if (const Refusal refusal = refuse_tensor_core(p.dtype, context)) return refusal;
  return refuse_large(p);
}
// 16-bit sums of parts are not rounded in between: they are workspace, even where they are one.
Refusal refuses_grad_weight(const Conv2dProblem& p, const Context& context) {
  if (const Refusal refusal = refuses(p, context)) return refusal;
  const std::int64_t bytes = p.K * (p.C / p.groups) * p.R * p.S * 4;
  if (p.dtype != kFloat32 && context.workspace_limit < bytes)
    return {"needs {} bytes of workspace, {} are allowed", bytes, context.workspace_limit};
  return {};
}

}  // namespace

constinit const Kernel<Conv2dForward> kConv2dForwardTensorCore = {"tensor_core", refuses, run_forward};
constinit const Kernel<Conv2dGradInput> kConv2dGradInputTensorCore = {"tensor_core", refuses, run_grad_input};
constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightTensorCore = {"tensor_core", refuses_grad_weight,
                                                                        run_grad_weight};

}  // namespace cresset::cuda::backend
