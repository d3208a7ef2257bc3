// Batch normalisation.
#include <algorithm>

#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "backend/cuda/workspace.h"
#include "batch_norm.cuh"

namespace cresset::cuda::backend {
namespace {

// As many parts as the limit allows, and what they leave for each other.
int parts_of(const BatchNormProblem& p, const Context& context) {
  const auto bytes = static_cast<std::int64_t>(kernels::batch_norm_part_bytes(p));
  const int wanted = kernels::batch_norm_parts(p, multiprocessors(context.device));
  return bytes > 0 ? static_cast<int>(std::clamp<std::int64_t>(context.workspace_limit / bytes, 1, wanted)) : 1;
}
struct Parts {
  Parts(const BatchNormProblem& p, const Context& context)
      : count(parts_of(p, context)),
        workspace(context, count > 1 ? kernels::batch_norm_part_bytes(p) * static_cast<std::size_t>(count) : 0) {}
  int count;
  Workspace workspace;
};

template <bool kRelu>
void run_forward(const BatchNormProblem& p, const Context& context, const void* x, const void* weight, const void* bias,
                 void* y, void* mean, void* invstd, void* variance) {
  const Parts parts(p, context);
  check_cuda(kernels::batch_norm_forward(p, kRelu, parts.count, parts.workspace.data(), x, weight, bias, y, mean,
                                         invstd, variance, stream_of(context.stream)),
             "batch_norm");
}
template <bool kRelu>
void run_inference(const BatchNormProblem& p, const Context& context, const void* x, const void* weight,
                   const void* bias, const void* mean, const void* invstd, void* y) {
  check_cuda(kernels::batch_norm_inference(p, kRelu, x, weight, bias, mean, invstd, y, stream_of(context.stream)),
             "batch_norm");
}
void run_relu_backward(const BatchNormBackward::Problem& p, const Context& context, const void* grad_y, const void* y,
                       const void* x, const void* weight, const void* mean, const void* invstd, void* grad_x,
                       void* grad_weight, void* grad_bias) {
  const Parts parts(p, context);
  check_cuda(kernels::batch_norm_backward(p, parts.count, parts.workspace.data(), grad_y, y, x, weight, mean, invstd,
                                          grad_x, grad_weight, grad_bias, stream_of(context.stream)),
             "batch_norm backward");
}
void run_backward(const BatchNormBackward::Problem& p, const Context& context, const void* grad_y, const void* x,
                  const void* weight, const void* mean, const void* invstd, void* grad_x, void* grad_weight,
                  void* grad_bias) {
  run_relu_backward(p, context, grad_y, nullptr, x, weight, mean, invstd, grad_x, grad_weight, grad_bias);
}

Refusal refuses(const BatchNormProblem& p, const Context&) { return refuse_not_floating(p.dtype); }
Refusal refuses_backward(const BatchNormBackward::Problem& p, const Context&) { return refuse_not_floating(p.dtype); }

}  // namespace

constinit const Kernel<BatchNormForward> kBatchNormForwardNative = {"native", refuses, run_forward<false>};
constinit const Kernel<BatchNormInference> kBatchNormInferenceNative = {"native", refuses, run_inference<false>};
constinit const Kernel<BatchNormBackward> kBatchNormBackwardNative = {"native", refuses_backward, run_backward};
constinit const Kernel<BatchNormReluForward> kBatchNormReluForwardNative = {"native", refuses, run_forward<true>};
constinit const Kernel<BatchNormReluInference> kBatchNormReluInferenceNative = {"native", refuses, run_inference<true>};
constinit const Kernel<BatchNormReluBackward> kBatchNormReluBackwardNative = {"native", refuses_backward,
                                                                              run_relu_backward};

}  // namespace cresset::cuda::backend
