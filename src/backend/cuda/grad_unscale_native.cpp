// GradScaler's pass over the gradients.
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "grad_unscale.cuh"

namespace cresset::cuda::backend {
namespace {

void run(const GradUnscaleProblem& p, const Context& context, const ScaledGrad* grads, std::int64_t count,
         const float* inv_scale, float* found_inf) {
  check_cuda(kernels::grad_unscale(p, grads, count, inv_scale, found_inf, stream_of(context.stream)), "GradScaler");
}

Refusal refuses(const GradUnscaleProblem& p, const Context&) {
  if (p.dtype == kFloat16) return {"float16 gradients are not unscaled"};
  return refuse_not_floating(p.dtype);
}

}  // namespace

constinit const Kernel<GradUnscale> kGradUnscaleNative = {"native", refuses, run};

}  // namespace cresset::cuda::backend
