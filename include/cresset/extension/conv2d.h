// Problem and slots of conv2d.
#pragma once

#include <cresset/dtype.h>
#include <cresset/extension/kernel.h>
#include <cresset/memory_format.h>

namespace cresset {

// y[N,K,P,Q] = cross-correlation of x[N,C,H,W] with w[K,C/groups,R,S]: y[n,k,p,q] = b[k] + sum_{c,r,s} x[n,
// g(k)*C/groups + c, p*stride_h - pad_top + r*dilation_h, q*stride_w - pad_left + s*dilation_w] * w[k,c,r,s], positions
// outside x counting as zero. All sizes are positive except N, which may be 0, and C, which may not. P and Q are given:
// the padding below and to the right follows from them. Every operand is dense in `format`: contiguous (NCHW, KCRS) or
// channels_last (NHWC, KRSC).
struct Conv2dProblem {
  DType dtype;  // of x, w, b and y; 16-bit floats accumulate in float32
  MemoryFormat format;
  bool bias;
  std::int64_t N, C, H, W, K, R, S, P, Q;
  std::int64_t stride_h = 1, stride_w = 1, pad_top = 0, pad_left = 0, dilation_h = 1, dilation_w = 1, groups = 1;
  friend bool operator==(const Conv2dProblem&, const Conv2dProblem&) = default;
};

struct Conv2dForward {
  static constexpr std::string_view name = "conv2d.forward";
  using Problem = Conv2dProblem;
  using Run = void(const Problem&, const Context&, const void* x, const void* w, const void* bias,
                   void* y);  // bias null without
};
struct Conv2dGradInput {
  static constexpr std::string_view name = "conv2d.grad_input";
  using Problem = Conv2dProblem;
  using Run = void(const Problem&, const Context&, const void* grad_y, const void* w, void* grad_x);
};
struct Conv2dGradWeight {
  static constexpr std::string_view name = "conv2d.grad_weight";
  using Problem = Conv2dProblem;
  using Run = void(const Problem&, const Context&, const void* grad_y, const void* x, void* grad_w);
};

}  // namespace cresset
