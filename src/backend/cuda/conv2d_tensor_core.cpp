// conv2d and its gradients on tensor cores.
#include "conv2d_tensor_core.cuh"

#include "backend/cuda/conv2d_parts.h"
#include "backend/cuda/conv2d_size.h"
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "backend/cuda/tensor_core.h"

namespace cresset::cuda::backend {
namespace {

template <bool kRelu>
void run_forward(const Conv2dProblem& p, const Context& context, const void* x, const void* w, const void* bias,
                 void* y) {
  check_cuda(kernels::conv2d_tensor_core_forward(p, kRelu, multiprocessors(context.device), x, w, bias, y,
                                                 stream_of(context.stream)),
             "conv2d");
}
void run_grad_input(const Conv2dProblem& p, const Context& context, const void* grad_y, const void* w, void* grad_x) {
  check_cuda(kernels::conv2d_tensor_core_grad_input(p, multiprocessors(context.device), grad_y, w, grad_x,
                                                    stream_of(context.stream)),
             "conv2d grad_input");
}
void run_grad_weight(const Conv2dProblem& p, const Context& context, const void* grad_y, const void* x, void* grad_w) {
  run_parts(kernels::conv2d_tensor_core_grad_weight,
            kernels::conv2d_tensor_core_grad_weight_parts(p, multiprocessors(context.device)), p, context, grad_y, x,
            grad_w);
}

Refusal refuses(const Conv2dProblem& p, const Context& context) {
  if (const Refusal refusal = refuse_tensor_core(p.dtype, context)) return refusal;
  return refuse_large(p);
}
Refusal refuses_grad_input(const Conv2dProblem& p, const Context& context) {
  if (const Refusal refusal = refuses(p, context)) return refusal;
  if (!kernels::conv2d_tensor_core_grad_input_fits(p))
    return {"the gradient of the input takes at most 15 x 15 taps and strides up to 16"};
  return {};
}
Refusal refuses_grad_weight(const Conv2dProblem& p, const Context& context) {
  if (const Refusal refusal = refuses(p, context)) return refusal;
  return refuse_part(p, context);
}

}  // namespace

constinit const Kernel<Conv2dForward> kConv2dForwardTensorCore = {"tensor_core", refuses, run_forward<false>};
constinit const Kernel<Conv2dReluForward> kConv2dReluForwardTensorCore = {"tensor_core", refuses, run_forward<true>};
constinit const Kernel<Conv2dGradInput> kConv2dGradInputTensorCore = {"tensor_core", refuses_grad_input,
                                                                      run_grad_input};
constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightTensorCore = {"tensor_core", refuses_grad_weight,
                                                                        run_grad_weight};

}  // namespace cresset::cuda::backend
