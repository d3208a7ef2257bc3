// conv2d and its gradients by cuDNN, where it is mostly faster than our own kernels: on an H100 that is in bfloat16 on
// tensor cores, and in float32 where it does with fewer products (docs/benchmarks.md, with the exceptions).
#include <type_traits>

#include "backend/cuda/conv2d_size.h"
#include "backend/cuda/cudnn/conv2d_choice.h"
#include "backend/cuda/cudnn/conv2d_graph.h"
#include "backend/cuda/cudnn/kernels.h"
#include "backend/cuda/cudnn/request.h"
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "conv2d_float32.cuh"

namespace cresset::cuda::backend {
namespace {

using namespace cudnn;

template <class Slot>
struct Graphs;
template <>
struct Graphs<Conv2dForward> {
  static constexpr auto kBuild = build_conv2d_forward;
  static constexpr const auto& kTensorCore = kConv2dForwardTensorCore;
};
template <>
struct Graphs<Conv2dReluForward> {
  static constexpr auto kBuild = build_conv2d_relu_forward;
  static constexpr const auto& kTensorCore = kConv2dReluForwardTensorCore;
};
template <>
struct Graphs<Conv2dGradInput> {
  static constexpr auto kBuild = build_conv2d_grad_input;
  static constexpr const auto& kTensorCore = kConv2dGradInputTensorCore;
};
template <>
struct Graphs<Conv2dGradWeight> {
  static constexpr auto kBuild = build_conv2d_grad_weight;
  static constexpr const auto& kTensorCore = kConv2dGradWeightTensorCore;
};

// Whether one of our own that is made for large problems in float32 takes it; of another dtype they take none.
template <class Slot>
bool takes_float32(const Conv2dProblem& p, const Context& context) {
  if constexpr (std::is_same_v<Slot, Conv2dGradWeight>) {
    return kernels::conv2d_float32_takes_grad_weight(p);
  } else {
    constexpr bool kGradInput = std::is_same_v<Slot, Conv2dGradInput>;
    return kernels::conv2d_float32_plan(p, kGradInput, multiprocessors(context.device), context.workspace_limit)
               .workspace != 0;
  }
}

template <class Slot>
Refusal leaves(const void* problem, const Plan& plan, const Context& context) {
  const auto& p = *static_cast<const Conv2dProblem*>(problem);
  if (refuse_large(p)) return {};
  return leaves_conv2d_plan(
      p, plan,
      {.tensor_core = !Graphs<Slot>::kTensorCore.refuses(p, context), .float32 = takes_float32<Slot>(p, context)});
}

template <class Slot>
Request request_of(const Conv2dProblem& p, const Context& context) {
  PlanKey key(Slot::name, context, searching());
  for (const std::int64_t word : {static_cast<std::int64_t>(p.dtype), static_cast<std::int64_t>(p.format),
                                  std::int64_t{p.bias}, p.N, p.C, p.H, p.W, p.K, p.R, p.S, p.P, p.Q, p.stride_h,
                                  p.stride_w, p.pad_top, p.pad_left, p.dilation_h, p.dilation_w, p.groups})
    key.add(word);
  return {key, Graphs<Slot>::kBuild, &p, p.dtype == kFloat32, true, leaves<Slot>};
}

template <class Slot>
Refusal refuses(const Conv2dProblem& p, const Context& context) {
  if (const Refusal refusal = refuse(p.dtype)) return refusal;
  if (p.N == 0) return {"cuDNN takes no tensor without elements: there are no images"};
  return refuse(request_of<Slot>(p, context), context);
}

// Inputs are read only.
void* input(const void* pointer) { return const_cast<void*>(pointer); }

template <class Slot>
void run_forward(const Conv2dProblem& p, const Context& context, const void* x, const void* w, const void* bias,
                 void* y) {
  const Conv2dBytes bytes(p);
  std::vector<Operand> all{{kConvX, input(x), bytes.x}, {kConvW, input(w), bytes.w}, {kConvY, y, bytes.y, true}};
  if (p.bias) all.push_back({kConvBias, input(bias), bytes.bias});
  run(request_of<Slot>(p, context), context, all);
}
void run_grad_input(const Conv2dProblem& p, const Context& context, const void* grad_y, const void* w, void* grad_x) {
  const Conv2dBytes bytes(p);
  run(request_of<Conv2dGradInput>(p, context), context,
      {{kConvY, input(grad_y), bytes.y}, {kConvW, input(w), bytes.w}, {kConvX, grad_x, bytes.x, true}});
}
void run_grad_weight(const Conv2dProblem& p, const Context& context, const void* grad_y, const void* x, void* grad_w) {
  const Conv2dBytes bytes(p);
  run(request_of<Conv2dGradWeight>(p, context), context,
      {{kConvY, input(grad_y), bytes.y}, {kConvX, input(x), bytes.x}, {kConvW, grad_w, bytes.w, true}});
}

}  // namespace

constinit const Kernel<Conv2dForward> kConv2dForwardCudnn = {"cudnn", refuses<Conv2dForward>,
                                                             run_forward<Conv2dForward>};
constinit const Kernel<Conv2dReluForward> kConv2dReluForwardCudnn = {"cudnn", refuses<Conv2dReluForward>,
                                                                     run_forward<Conv2dReluForward>};
constinit const Kernel<Conv2dGradInput> kConv2dGradInputCudnn = {"cudnn", refuses<Conv2dGradInput>, run_grad_input};
constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightCudnn = {"cudnn", refuses<Conv2dGradWeight>, run_grad_weight};

}  // namespace cresset::cuda::backend
