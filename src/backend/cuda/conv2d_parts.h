// grad_weight of kernels that sum in float32, the pixels in parts.
#pragma once

#include <algorithm>

#include "backend/cuda/runtime.h"
#include "backend/cuda/workspace.h"
#include "conv2d_direct.cuh"

namespace cresset::cuda::backend {

inline std::int64_t bytes_of_part(const Conv2dProblem& p) { return p.K * (p.C / p.groups) * p.R * p.S * 4; }

// 16-bit sums of parts are not rounded in between: they are workspace, even where they are one.
inline Refusal refuse_part(const Conv2dProblem& p, const Context& context) {
  if (p.dtype != kFloat32 && context.workspace_limit < bytes_of_part(p))
    return {"needs {} bytes of workspace, {} are allowed", bytes_of_part(p), context.workspace_limit};
  return {};
}

// Runs a launcher with as many of `wanted` parts as the workspace allows; without workspace where one part of a float32
// gradient is the result.
inline void run_parts(decltype(kernels::conv2d_direct_grad_weight)* launcher, std::int64_t wanted,
                      const Conv2dProblem& p, const Context& context, const void* grad_y, const void* x, void* grad_w) {
  const std::int64_t bytes = bytes_of_part(p);
  const std::int64_t parts = std::clamp<std::int64_t>(context.workspace_limit / bytes, 1, wanted);
  const bool direct = parts == 1 && p.dtype == kFloat32;
  const Workspace workspace(context, direct ? 0 : static_cast<std::size_t>(bytes * parts));
  check_cuda(launcher(p, grad_y, x, grad_w, parts, workspace.data(), stream_of(context.stream)), "conv2d grad_weight");
}

}  // namespace cresset::cuda::backend
