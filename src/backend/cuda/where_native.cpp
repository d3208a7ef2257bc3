// Choosing between two operands.
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "where.cuh"

namespace cresset::cuda::backend {
namespace {

void run(const WhereProblem& p, const Context& context, const bool* condition, const void* a, const void* b, void* y) {
  check_cuda(kernels::where(p, condition, a, b, y, stream_of(context.stream)), "where");
}

}  // namespace

constinit const Kernel<Where> kWhereNative = {"native", nullptr, run};

}  // namespace cresset::cuda::backend
