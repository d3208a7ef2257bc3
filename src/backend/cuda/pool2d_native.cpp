// max_pool2d and avg_pool2d.
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "pool2d.cuh"

namespace cresset::cuda::backend {
namespace {

void run_max_forward(const Pool2dProblem& p, const Context& context, const void* x, void* y, std::int64_t* indices) {
  check_cuda(kernels::max_pool2d_forward(p, x, y, indices, stream_of(context.stream)), "max_pool2d");
}
void run_max_backward(const Pool2dProblem& p, const Context& context, const void* grad_y, const std::int64_t* indices,
                      void* grad_x) {
  check_cuda(kernels::max_pool2d_backward(p, grad_y, indices, grad_x, stream_of(context.stream)),
             "max_pool2d backward");
}
void run_avg_forward(const Pool2dProblem& p, const Context& context, const void* x, void* y) {
  check_cuda(kernels::avg_pool2d_forward(p, x, y, stream_of(context.stream)), "avg_pool2d");
}
void run_avg_backward(const Pool2dProblem& p, const Context& context, const void* grad_y, void* grad_x) {
  check_cuda(kernels::avg_pool2d_backward(p, grad_y, grad_x, stream_of(context.stream)), "avg_pool2d backward");
}

Refusal refuses_bool(const Pool2dProblem& p, const Context&) { return refuse_bool(p.dtype); }
Refusal refuses(const Pool2dProblem& p, const Context&) { return refuse_not_floating(p.dtype); }

Refusal refuses_avg(const Pool2dProblem& p, const Context&) {
  return p.dtype == kInt64 ? Refusal() : refuse_not_floating(p.dtype);
}

}  // namespace

constinit const Kernel<MaxPool2dForward> kMaxPool2dForwardNative = {"native", refuses_bool, run_max_forward};
constinit const Kernel<MaxPool2dBackward> kMaxPool2dBackwardNative = {"native", refuses, run_max_backward};
constinit const Kernel<AvgPool2dForward> kAvgPool2dForwardNative = {"native", refuses_avg, run_avg_forward};
constinit const Kernel<AvgPool2dBackward> kAvgPool2dBackwardNative = {"native", refuses, run_avg_backward};

}  // namespace cresset::cuda::backend
