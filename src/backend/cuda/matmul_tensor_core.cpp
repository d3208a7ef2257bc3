// The matrix product on tensor cores.
#include "matmul_tensor_core.cuh"

#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "backend/cuda/tensor_core.h"

namespace cresset::cuda::backend {
namespace {

template <bool kRelu>
void run(const MatmulProblem& p, const Context& context, const void* a, const void* b, const void* bias, void* c) {
  check_cuda(
      kernels::matmul_tensor_core(p, kRelu, multiprocessors(context.device), a, b, bias, c, stream_of(context.stream)),
      "matmul");
}

Refusal refuses(const MatmulProblem& p, const Context& context) {
  if (const Refusal refusal = refuse_tensor_core(p.dtype, context)) return refusal;
  return kernels::matmul_tensor_core_fits(p)
             ? Refusal()
             : Refusal("a matrix must span fewer than 2^30 elements, and all have fewer than 2^30 tiles");
}

}  // namespace

constinit const Kernel<Matmul> kMatmulTensorCore = {"tensor_core", refuses, run<false>};
constinit const Kernel<MatmulRelu> kMatmulReluTensorCore = {"tensor_core", refuses, run<true>};

}  // namespace cresset::cuda::backend
