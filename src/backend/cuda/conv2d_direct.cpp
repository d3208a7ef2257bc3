// conv2d and its gradients for few channels: by pixels, or by elements where a group has one input channel.
#include "conv2d_direct.cuh"

#include "backend/cuda/conv2d_parts.h"
#include "backend/cuda/conv2d_size.h"
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"

namespace cresset::cuda::backend {
namespace {

// Output channels of a group up to which its single input channel is read anew for each of them.
constexpr std::int64_t kMostMultiplier = 4;
bool is_depthwise(const Conv2dProblem& p) { return p.C == p.groups && p.K / p.groups <= kMostMultiplier; }

template <bool kRelu>
void run_forward(const Conv2dProblem& p, const Context& context, const void* x, const void* w, const void* bias,
                 void* y) {
  const auto run = is_depthwise(p) ? kernels::conv2d_depthwise_forward : kernels::conv2d_direct_forward;
  check_cuda(run(p, kRelu, x, w, bias, y, stream_of(context.stream)), "conv2d");
}
void run_grad_input(const Conv2dProblem& p, const Context& context, const void* grad_y, const void* w, void* grad_x) {
  const auto run = is_depthwise(p) ? kernels::conv2d_depthwise_grad_input : kernels::conv2d_direct_grad_input;
  check_cuda(run(p, grad_y, w, grad_x, stream_of(context.stream)), "conv2d grad_input");
}
void run_grad_weight(const Conv2dProblem& p, const Context& context, const void* grad_y, const void* x, void* grad_w) {
  const bool depthwise = is_depthwise(p);
  const auto count_parts =
      depthwise ? kernels::conv2d_depthwise_grad_weight_parts : kernels::conv2d_direct_grad_weight_parts;
  const auto run = depthwise ? kernels::conv2d_depthwise_grad_weight : kernels::conv2d_direct_grad_weight;
  run_parts(run, count_parts(p, multiprocessors(context.device)), p, context, grad_y, x, grad_w);
}

Refusal refuses(const Conv2dProblem& p, const Context& context) {
  if (p.dtype != kFloat32 && p.dtype != kFloat16 && p.dtype != kBFloat16)
    return {"dtype must be float16, bfloat16 or float32, is {}", static_cast<int>(p.dtype)};
  if (const Refusal refusal = refuse_large(p)) return refusal;
  if (is_depthwise(p)) {
    constexpr std::int64_t kMost = std::int64_t{1} << 31;
    return p.N * p.C * p.H * p.W < kMost && p.N * p.K * p.P * p.Q < kMost
               ? Refusal()
               : Refusal("input and output must have fewer than 2^31 elements");
  }
  const std::int64_t inputs = p.C / p.groups, outputs = p.K / p.groups;
  if (inputs > 16 || outputs > 16)
    return {"a group must have at most 16 input and 16 output channels, has {} and {}", inputs, outputs};
  if (p.dtype != kFloat32 && context.sm >= 80 && p.format == kChannelsLast && inputs % 8 == 0 && outputs % 8 == 0)
    return {"tensor cores are faster at {} and {} channels of 16 bits side by side", inputs, outputs};
  return {};
}
Refusal refuses_grad_weight(const Conv2dProblem& p, const Context& context) {
  if (const Refusal refusal = refuses(p, context)) return refusal;
  return refuse_part(p, context);
}

}  // namespace

constinit const Kernel<Conv2dForward> kConv2dForwardDirect = {"direct", refuses, run_forward<false>};
constinit const Kernel<Conv2dReluForward> kConv2dReluForwardDirect = {"direct", refuses, run_forward<true>};
constinit const Kernel<Conv2dGradInput> kConv2dGradInputDirect = {"direct", refuses, run_grad_input};
constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightDirect = {"direct", refuses_grad_weight, run_grad_weight};

}  // namespace cresset::cuda::backend
