// Problem and slot of GradScaler's pass over the gradients.
#pragma once

#include <cresset/dtype.h>
#include <cresset/extension/kernel.h>

namespace cresset {

// `size` elements, dense.
struct ScaledGrad {
  void* grad;
  std::int64_t size;
};

// All gradients of one dtype and device: each is multiplied by `*inv_scale`, and `*found_inf` becomes 1 where an
// element was infinite or NaN before; otherwise it stays.
struct GradUnscaleProblem {
  DType dtype;
};
struct GradUnscale {
  static constexpr std::string_view name = "grad_unscale";
  using Problem = GradUnscaleProblem;
  using Run = void(const Problem&, const Context&, const ScaledGrad* grads, std::int64_t count, const float* inv_scale,
                   float* found_inf);
};

}  // namespace cresset
