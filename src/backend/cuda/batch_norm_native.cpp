// Batch normalisation.
#include <algorithm>
#include <optional>

#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "backend/cuda/workspace.h"
#include "batch_norm.cuh"

namespace cresset::cuda::backend {
namespace {

// What the parts leave for each other, as many as the limit allows.
struct Parts {
  Parts(const BatchNormProblem& p, const Context& context)
      : count(kernels::batch_norm_parts(p, multiprocessors(context.device))) {
    const auto bytes = kernels::batch_norm_part_bytes(p);
    const auto most = bytes > 0 ? context.workspace_limit / static_cast<std::int64_t>(bytes) : 1;
    count = static_cast<int>(std::clamp<std::int64_t>(most, 1, count));
    if (count > 1) workspace.emplace(context, bytes * static_cast<std::size_t>(count));
  }
  void* memory() const { return workspace ? workspace->data() : nullptr; }
  int count;
  std::optional<Workspace> workspace;
};

template <bool kRelu>
void run_forward(const BatchNormProblem& p, const Context& context, const void* x, const void* weight, const void* bias,
                 void* y, void* mean, void* invstd, void* variance) {
  const Parts parts(p, context);
  check_cuda(kernels::batch_norm_forward(p, kRelu, parts.count, parts.memory(), x, weight, bias, y, mean, invstd,
                                         variance, stream_of(context.stream)),
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
  check_cuda(kernels::batch_norm_backward(p, parts.count, parts.memory(), grad_y, y, x, weight, mean, invstd, grad_x,
                                          grad_weight, grad_bias, stream_of(context.stream)),
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
