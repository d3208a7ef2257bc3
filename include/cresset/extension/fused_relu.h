// Slots of ops with the relu behind them. A device may have no kernels for these: then the op and relu run by
// themselves.
#pragma once

#include <cresset/extension/batch_norm.h>
#include <cresset/extension/conv2d.h>
#include <cresset/extension/matmul.h>

namespace cresset {

// As the slots of the same name without "relu", with y = max(y, 0); NaN stays.
struct Conv2dReluForward {
  static constexpr std::string_view name = "conv2d_relu.forward";
  using Problem = Conv2dProblem;
  using Run = Conv2dForward::Run;
};
struct MatmulRelu {
  static constexpr std::string_view name = "matmul_relu";
  using Problem = MatmulProblem;
  using Run = Matmul::Run;
};
struct BatchNormReluForward {
  static constexpr std::string_view name = "batch_norm_relu.forward";
  using Problem = BatchNormProblem;
  using Run = BatchNormForward::Run;
};
struct BatchNormReluInference {
  static constexpr std::string_view name = "batch_norm_relu.inference";
  using Problem = BatchNormProblem;
  using Run = BatchNormInference::Run;
};
// grad_y counts where y, the result of the forward, is above zero.
struct BatchNormReluBackward {
  static constexpr std::string_view name = "batch_norm_relu.backward";
  using Problem = BatchNormBackward::Problem;
  using Run = void(const Problem&, const Context&, const void* grad_y, const void* y, const void* x, const void* weight,
                   const void* mean, const void* invstd, void* grad_x, void* grad_weight, void* grad_bias);
};

}  // namespace cresset
