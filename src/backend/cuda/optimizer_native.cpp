// Steps of the optimisers.
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "optimizer.cuh"

namespace cresset::cuda::backend {
namespace {

void run_sgd(const SgdProblem& p, const Context& context, const OptimizerTensor* tensors, std::int64_t count) {
  check_cuda(kernels::sgd_step(p, tensors, count, stream_of(context.stream)), "SGD");
}
void run_adam(const AdamProblem& p, const Context& context, const OptimizerTensor* tensors, std::int64_t count) {
  check_cuda(kernels::adam_step(p, tensors, count, stream_of(context.stream)), "Adam");
}

Refusal refuses_sgd(const SgdProblem& p, const Context&) { return refuse_not_floating(p.dtype); }
Refusal refuses_adam(const AdamProblem& p, const Context&) { return refuse_not_floating(p.dtype); }

}  // namespace

constinit const Kernel<SgdStep> kSgdStepNative = {"native", refuses_sgd, run_sgd};
constinit const Kernel<AdamStep> kAdamStepNative = {"native", refuses_adam, run_adam};

}  // namespace cresset::cuda::backend
