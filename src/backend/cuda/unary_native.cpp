// Functions of one operand.
#include <cmath>

#include "backend/cuda/kernels.h"
#include "backend/cuda/runtime.h"
#include "unary.cuh"

namespace cresset::cuda::backend {
namespace {

Refusal refuses(const UnaryProblem& p, const Context&) {
  if (is_floating_point(p.dtype)) return {};
  switch (p.op) {
    case UnaryOp::neg:
    case UnaryOp::abs:
    case UnaryOp::sign:
    case UnaryOp::square:
    case UnaryOp::relu:
    case UnaryOp::clamp:
    case UnaryOp::logical_not: return {};
    case UnaryOp::pow:
      if (p.params[0] >= 0 && p.params[0] == std::floor(p.params[0])) return {};
      return Refusal("an integer's exponent must be a non-negative integer");
    default: return Refusal("dtype must be floating, is {}", static_cast<int>(p.dtype));
  }
}

void run(const UnaryProblem& p, const Context& context, const void* x, void* y) {
  check_cuda(kernels::unary(p, x, y, stream_of(context.stream)), "unary");
}

}  // namespace

constinit const Kernel<Unary> kUnaryNative = {"native", refuses, run};

}  // namespace cresset::cuda::backend
