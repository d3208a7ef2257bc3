// The matrix product.
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "matmul.cuh"
#include "matmul_float32.cuh"

namespace cresset::cuda::backend {
namespace {

template <bool kRelu>
void run(const MatmulProblem& p, const Context& context, const void* a, const void* b, const void* bias, void* c) {
  const cudaStream_t stream = stream_of(context.stream);
  check_cuda(kernels::matmul_float32_takes(p)
                 ? kernels::matmul_float32(p, kRelu, multiprocessors(context.device), a, b, bias, c, stream)
                 : kernels::matmul(p, kRelu, a, b, bias, c, stream),
             "matmul");
}

Refusal refuses(const MatmulProblem& p, const Context&) { return refuse_bool(p.dtype); }
Refusal refuses_relu(const MatmulProblem& p, const Context&) { return refuse_not_floating(p.dtype); }

}  // namespace

constinit const Kernel<Matmul> kMatmulNative = {"native", refuses, run<false>};
constinit const Kernel<MatmulRelu> kMatmulReluNative = {"native", refuses_relu, run<true>};

}  // namespace cresset::cuda::backend
