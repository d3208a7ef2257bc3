// softmax and log_softmax.
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "softmax.cuh"

namespace cresset::cuda::backend {
namespace {

void run_forward(const SoftmaxProblem& p, const Context& context, const void* x, void* y) {
  check_cuda(kernels::softmax_forward(p, x, y, stream_of(context.stream)), "softmax");
}
void run_backward(const SoftmaxProblem& p, const Context& context, const void* grad_y, const void* y, void* grad_x) {
  check_cuda(kernels::softmax_backward(p, grad_y, y, grad_x, stream_of(context.stream)), "softmax backward");
}

Refusal refuses(const SoftmaxProblem& p, const Context&) { return refuse_not_floating(p.dtype); }

}  // namespace

constinit const Kernel<SoftmaxForward> kSoftmaxForwardNative = {"native", refuses, run_forward};
constinit const Kernel<SoftmaxBackward> kSoftmaxBackwardNative = {"native", refuses, run_backward};

}  // namespace cresset::cuda::backend
