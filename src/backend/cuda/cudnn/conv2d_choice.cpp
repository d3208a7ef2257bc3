#include "backend/cuda/cudnn/conv2d_choice.h"

namespace cresset::cuda::backend::cudnn {
namespace {

// Whether the plan computes by an algorithm with fewer products. Where no note says so (engine 17 of 9.14, Fourier's),
// the workspace does: other algorithms in float32 take no more than holds the operands in another format (engine 67 has
// contiguous ones in channels_last, others the reverse).
bool has_fewer_products(const Conv2dProblem& p, const PlanTraits& plan) {
  const Conv2dBytes bytes(p);
  const auto formats = static_cast<std::int64_t>(bytes.x + bytes.w + bytes.y);
  return plan.transforms || plan.workspace > formats + (std::int64_t{1} << 20);
}

}  // namespace

Refusal leaves_conv2d_plan(const Conv2dProblem& p, const PlanTraits& plan, OwnConv2d own) {
  if (own.tensor_core)
    return plan.tensor_cores ? Refusal() : Refusal("its engine uses no tensor core, and our own kernel does");
  if (own.float32 && !has_fewer_products(p, plan)) return {"its engine computes all products, as our own kernel does"};
  return {};
}

}  // namespace cresset::cuda::backend::cudnn
