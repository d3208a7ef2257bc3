// Functions of two operands.
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "binary.cuh"

namespace cresset::cuda::backend {
namespace {

Refusal refuses(const BinaryProblem& p, const Context&) {
  const bool floating_only = p.op == BinaryOp::div || p.op > BinaryOp::logical_or;
  return floating_only && !is_floating_point(p.dtype)
             ? Refusal("dtype must be floating, is {}", static_cast<int>(p.dtype))
             : Refusal();
}

void run(const BinaryProblem& p, const Context& context, const void* a, const void* b, void* y) {
  check_cuda(kernels::binary(p, a, b, y, stream_of(context.stream)), "binary");
}

}  // namespace

constinit const Kernel<Binary> kBinaryNative = {"native", refuses, run};

}  // namespace cresset::cuda::backend
