// Batch normalisation.
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "batch_norm.cuh"

namespace cresset::cuda::backend {
namespace {

void run_forward(const BatchNormProblem& p, const Context& context, const void* x, const void* weight, const void* bias,
                 void* y, void* mean, void* invstd, void* variance) {
  check_cuda(kernels::batch_norm_forward(p, x, weight, bias, y, mean, invstd, variance, stream_of(context.stream)),
             "batch_norm");
}
void run_inference(const BatchNormProblem& p, const Context& context, const void* x, const void* weight,
                   const void* bias, const void* mean, const void* invstd, void* y) {
  check_cuda(kernels::batch_norm_inference(p, x, weight, bias, mean, invstd, y, stream_of(context.stream)),
             "batch_norm");
}
void run_backward(const BatchNormBackward::Problem& p, const Context& context, const void* grad_y, const void* x,
                  const void* weight, const void* mean, const void* invstd, void* grad_x, void* grad_weight,
                  void* grad_bias) {
  check_cuda(kernels::batch_norm_backward(p, grad_y, x, weight, mean, invstd, grad_x, grad_weight, grad_bias,
                                          stream_of(context.stream)),
             "batch_norm backward");
}

Refusal refuses(const BatchNormProblem& p, const Context&) { return refuse_not_floating(p.dtype); }
Refusal refuses_backward(const BatchNormBackward::Problem& p, const Context&) { return refuse_not_floating(p.dtype); }

}  // namespace

constinit const Kernel<BatchNormForward> kBatchNormForwardNative = {"native", refuses, run_forward};
constinit const Kernel<BatchNormInference> kBatchNormInferenceNative = {"native", refuses, run_inference};
constinit const Kernel<BatchNormBackward> kBatchNormBackwardNative = {"native", refuses_backward, run_backward};

}  // namespace cresset::cuda::backend
