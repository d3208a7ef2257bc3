// Problem and slots of batch_norm (1d and 2d).
#pragma once

#include <cresset/dtype.h>
#include <cresset/extension/kernel.h>
#include <cresset/memory_format.h>

namespace cresset {

// x and y are [N,C,L] with L the product of the spatial sizes (1 for [N,C]), dense in `format`. Statistics, weight and
// bias have C elements of `stat_dtype`: float32 for float32 and 16-bit x, float64 for float64.
struct BatchNormProblem {
  DType dtype;
  MemoryFormat format;
  std::int64_t N, C, L;
  bool affine;
  double eps;
  friend bool operator==(const BatchNormProblem&, const BatchNormProblem&) = default;
};

// y = (x - mean) * invstd * weight + bias with mean and invstd = 1/sqrt(biased variance + eps) of each channel over N
// and L, computed without cancellation (two passes or Welford) and written to mean and invstd; the biased variance is
// written to variance, as invstd no longer tells it where it is small beside eps. weight and bias may each be null.
struct BatchNormForward {
  static constexpr std::string_view name = "batch_norm.forward";
  using Problem = BatchNormProblem;
  using Run = void(const Problem&, const Context&, const void* x, const void* weight, const void* bias, void* y,
                   void* mean, void* invstd, void* variance);
};
// The same with given mean and invstd (evaluation).
struct BatchNormInference {
  static constexpr std::string_view name = "batch_norm.inference";
  using Problem = BatchNormProblem;
  using Run = void(const Problem&, const Context&, const void* x, const void* weight, const void* bias,
                   const void* mean, const void* invstd, void* y);
};
// grad_x, and, where not null, grad_weight = sum grad_y * xhat and grad_bias = sum grad_y. `training`: mean and invstd
// depend on x.
struct BatchNormBackward {
  static constexpr std::string_view name = "batch_norm.backward";
  struct Problem : BatchNormProblem {
    bool training;
    friend bool operator==(const Problem&, const Problem&) = default;
  };
  using Run = void(const Problem&, const Context&, const void* grad_y, const void* x, const void* weight,
                   const void* mean, const void* invstd, void* grad_x, void* grad_weight, void* grad_bias);
};

}  // namespace cresset
