// The matrix product.
#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "matmul.cuh"

namespace cresset::cuda::backend {
namespace {

template <bool kRelu>
void run(const MatmulProblem& p, const Context& context, const void* a, const void* b, const void* bias, void* c) {
  check_cuda(kernels::matmul(p, kRelu, a, b, bias, c, stream_of(context.stream)), "matmul");
}

Refusal refuses(const MatmulProblem& p, const Context&) { return refuse_bool(p.dtype); }
Refusal refuses_relu(const MatmulProblem& p, const Context&) { return refuse_not_floating(p.dtype); }

}  // namespace

constinit const Kernel<Matmul> kMatmulNative = {"native", refuses, run<false>};
constinit const Kernel<MatmulRelu> kMatmulReluNative = {"native", refuses_relu, run<true>};

}  // namespace cresset::cuda::backend
