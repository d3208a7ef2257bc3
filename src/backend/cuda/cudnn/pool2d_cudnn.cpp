// max_pool2d and avg_pool2d by cuDNN. Its maxima are numbered in their windows, ours in the plane: a kernel of ours
// stands between.
#include "backend/cuda/cudnn/kernels.h"
#include "backend/cuda/cudnn/pool2d_graph.h"
#include "backend/cuda/cudnn/request.h"
#include "backend/cuda/runtime.h"
#include "backend/cuda/workspace.h"
#include "cudnn_operands.cuh"

namespace cresset::cuda::backend {
namespace {

using namespace cudnn;

Request request_of(std::string_view slot, void (*build)(Graph&, const void*), const Pool2dProblem& p,
                   const Context& context) {
  PlanKey key(slot, context, searching());
  for (const std::int64_t word :
       {static_cast<std::int64_t>(p.dtype), static_cast<std::int64_t>(p.format), p.N, p.C, p.H, p.W, p.P, p.Q, p.R, p.S,
        p.stride_h, p.stride_w, p.pad_h, p.pad_w, std::int64_t{p.count_include_pad}})
    key.add(word);
  return {key, build, &p, p.dtype == kFloat32, false};
}

Request max_forward(const Pool2dProblem& p, const Context& context) {
  return request_of(MaxPool2dForward::name, build_max_pool2d_forward, p, context);
}
Request max_backward(const Pool2dProblem& p, const Context& context) {
  return request_of(MaxPool2dBackward::name, build_max_pool2d_backward, p, context);
}
Request avg_forward(const Pool2dProblem& p, const Context& context) {
  return request_of(AvgPool2dForward::name, build_avg_pool2d_forward, p, context);
}
Request avg_backward(const Pool2dProblem& p, const Context& context) {
  return request_of(AvgPool2dBackward::name, build_avg_pool2d_backward, p, context);
}

template <Refusal (*kRefuse)(const Pool2dProblem&), Request (*kRequest)(const Pool2dProblem&, const Context&)>
Refusal refuses(const Pool2dProblem& p, const Context& context) {
  if (const Refusal refusal = refuse(p.dtype)) return refusal;
  if (const Refusal refusal = kRefuse(p)) return refusal;
  return refuse(kRequest(p, context), context);
}

std::size_t outputs(const Pool2dProblem& p) { return static_cast<std::size_t>(p.N * p.C * p.P * p.Q); }
Operand large(const Pool2dProblem& p, const void* x, bool output) {
  return {kPoolX, const_cast<void*>(x), static_cast<std::size_t>(p.N * p.C * p.H * p.W) * element_size(p.dtype),
          output};
}
Operand small(const Pool2dProblem& p, const void* y, bool output) {
  return {kPoolY, const_cast<void*>(y), outputs(p) * element_size(p.dtype), output};
}

void run_max_forward(const Pool2dProblem& p, const Context& context, const void* x, void* y, std::int64_t* indices) {
  const Workspace places(context, outputs(p));
  run(max_forward(p, context), context,
      {large(p, x, false), small(p, y, true), {kPoolPlaces, places.data(), outputs(p), true}});
  if (!indices) return;
  check_cuda(kernels::cudnn::places_to_indices(p, x, y, static_cast<const std::int8_t*>(places.data()), indices,
                                               stream_of(context.stream)),
             "max_pool2d");
}
void run_max_backward(const Pool2dProblem& p, const Context& context, const void* grad_y, const std::int64_t* indices,
                      void* grad_x) {
  const Workspace places(context, outputs(p));
  check_cuda(kernels::cudnn::indices_to_places(p, indices, static_cast<std::int8_t*>(places.data()),
                                               stream_of(context.stream)),
             "max_pool2d backward");
  run(max_backward(p, context), context,
      {large(p, grad_x, true), small(p, grad_y, false), {kPoolPlaces, places.data(), outputs(p)}});
}
void run_avg_forward(const Pool2dProblem& p, const Context& context, const void* x, void* y) {
  run(avg_forward(p, context), context, {large(p, x, false), small(p, y, true)});
}
void run_avg_backward(const Pool2dProblem& p, const Context& context, const void* grad_y, void* grad_x) {
  run(avg_backward(p, context), context, {large(p, grad_x, true), small(p, grad_y, false)});
}

}  // namespace

constinit const Kernel<MaxPool2dForward> kMaxPool2dForwardCudnn = {"cudnn", refuses<refuse_max_pool2d, max_forward>,
                                                                   run_max_forward};
constinit const Kernel<MaxPool2dBackward> kMaxPool2dBackwardCudnn = {"cudnn", refuses<refuse_max_pool2d, max_backward>,
                                                                     run_max_backward};
constinit const Kernel<AvgPool2dForward> kAvgPool2dForwardCudnn = {
    "cudnn", refuses<refuse_avg_pool2d_forward, avg_forward>, run_avg_forward};
constinit const Kernel<AvgPool2dBackward> kAvgPool2dBackwardCudnn = {
    "cudnn", refuses<refuse_avg_pool2d_backward, avg_backward>, run_avg_backward};

}  // namespace cresset::cuda::backend
