// Copies, conversions and fills.
#include <cresset/extension/pointwise.h>

#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "copy.cuh"

namespace cresset::cuda::backend {
namespace {

void run(const CopyProblem& p, const Context& context, const void* x, void* y) {
  cudaStream_t stream = stream_of(context.stream);
  check_cuda(p.x_on_host ? kernels::fill(p, x, y, stream) : kernels::copy(p, x, y, stream), "copy");
}

Refusal refuses(const CopyProblem& p, const Context&) {
  return p.x_on_host && p.from != p.to ? Refusal("a number must have the type that is written") : Refusal();
}

}  // namespace

constinit const Kernel<Copy> kCopyNative = {"native", refuses, run};

}  // namespace cresset::cuda::backend
