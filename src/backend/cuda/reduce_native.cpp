// Reductions.
#include "backend/cuda/kernels.h"
#include "backend/cuda/workspace.h"
#include "reduce.cuh"

namespace cresset::cuda::backend {
namespace {

void run(const ReduceProblem& p, const Context& context, const void* x, void* y, std::int64_t* indices) {
  const kernels::ReducePlan plan = kernels::plan_reduce(p);
  const Workspace workspace(context, kernels::reduce_workspace(p, plan));
  check_cuda(kernels::reduce(p, plan, x, y, indices, workspace.data(), stream_of(context.stream)), "reduce");
}

}  // namespace

constinit const Kernel<Reduce> kReduceNative = {"native", nullptr, run};

}  // namespace cresset::cuda::backend
