// Cross-entropy with class indices.
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "backend/cuda/synchronize.h"
#include "backend/cuda/workspace.h"
#include "cross_entropy.cuh"

namespace cresset::cuda::backend {
namespace {

void run_forward(const CrossEntropyProblem& p, const Context& context, const void* x, const std::int64_t* target,
                 const void* weight, void* loss, void* logsumexp, void* total_weight) {
  static const int site = error_site("cross_entropy: Target {} is out of bounds. ({} classes, element {})");
  const std::size_t wide = p.dtype == kFloat64 ? 8 : 4;
  const Workspace rows(context, 2 * wide * static_cast<std::size_t>(p.N * p.inner));
  check_cuda(kernels::cross_entropy_forward(p, x, target, weight, loss, logsumexp, total_weight, rows.data(),
                                            {error_word(context.device), site}, stream_of(context.stream)),
             "cross_entropy");
}
void run_backward(const CrossEntropyProblem& p, const Context& context, const void* grad_loss, const void* x,
                  const std::int64_t* target, const void* weight, const void* logsumexp, const void* total_weight,
                  void* grad_x) {
  check_cuda(kernels::cross_entropy_backward(p, grad_loss, x, target, weight, logsumexp, total_weight, grad_x,
                                             stream_of(context.stream)),
             "cross_entropy backward");
}

Refusal refuses(const CrossEntropyProblem& p, const Context&) { return refuse_not_floating(p.dtype); }

}  // namespace

constinit const Kernel<CrossEntropyForward> kCrossEntropyForwardNative = {"native", refuses, run_forward};
constinit const Kernel<CrossEntropyBackward> kCrossEntropyBackwardNative = {"native", refuses, run_backward};

}  // namespace cresset::cuda::backend
