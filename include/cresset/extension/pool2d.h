// Problem and slots of max_pool2d and avg_pool2d; adaptive_avg_pool2d is the latter with windows of its own.
#pragma once

#include <cresset/dtype.h>
#include <cresset/extension/kernel.h>
#include <cresset/memory_format.h>

namespace cresset {

// x[N,C,H,W] to y[N,C,P,Q] by windows of R x S. All operands are dense in `format` (indices too). A window may reach
// past the padded input on its far side (ceil_mode): positions outside x never win a maximum.
struct Pool2dProblem {
  DType dtype;
  MemoryFormat format;
  std::int64_t N, C, H, W, P, Q;
  std::int64_t R, S, stride_h, stride_w, pad_h = 0, pad_w = 0, dilation_h = 1,
                                         dilation_w = 1;  // dilation: max_pool2d only
  bool count_include_pad =
      true;  // avg_pool2d: padded positions count in the divisor (those past the padding never do, as in PyTorch)
  std::int64_t divisor_override = 0;  // avg_pool2d: 0 is none
  // avg_pool2d: the window of output p is rows floor(p*H/P) up to, not including, ceil((p+1)*H/P), columns likewise,
  // and the divisor the number of its elements; R, S and the other options are unused.
  bool adaptive = false;
  friend bool operator==(const Pool2dProblem&, const Pool2dProblem&) = default;
};

// indices[n,c,p,q] = h * W + w of the maximum (int64): the first in row-major order where several are equal; a NaN
// counts as the largest, the last NaN wins (as in PyTorch).
struct MaxPool2dForward {
  static constexpr std::string_view name = "max_pool2d.forward";
  using Problem = Pool2dProblem;
  using Run = void(const Problem&, const Context&, const void* x, void* y,
                   std::int64_t* indices);  // indices null: not wanted
};
struct MaxPool2dBackward {
  static constexpr std::string_view name = "max_pool2d.backward";
  using Problem = Pool2dProblem;
  using Run = void(const Problem&, const Context&, const void* grad_y, const std::int64_t* indices, void* grad_x);
};
struct AvgPool2dForward {
  static constexpr std::string_view name = "avg_pool2d.forward";
  using Problem = Pool2dProblem;
  using Run = void(const Problem&, const Context&, const void* x, void* y);
};
struct AvgPool2dBackward {
  static constexpr std::string_view name = "avg_pool2d.backward";
  using Problem = Pool2dProblem;
  using Run = void(const Problem&, const Context&, const void* grad_y, void* grad_x);
};

}  // namespace cresset
