// Where the elements of a convolution's operands lie.
#pragma once

#include <cresset/extension/conv2d.h>

namespace cresset::cpu {

// Element strides of a dense operand with four dimensions (N, C, H, W or K, C, R, S).
struct Strides4 {
  std::int64_t n, c, h, w;
  std::int64_t at(std::int64_t i, std::int64_t j, std::int64_t k, std::int64_t l) const {
    return i * n + j * c + k * h + l * w;
  }
};
inline Strides4 strides4(MemoryFormat format, std::int64_t C, std::int64_t H, std::int64_t W) {
  if (format == kChannelsLast) return {C * H * W, 1, W * C, C};
  return {C * H * W, H * W, W, 1};
}
inline Strides4 strides_x(const Conv2dProblem& p) { return strides4(p.format, p.C, p.H, p.W); }
inline Strides4 strides_w(const Conv2dProblem& p) { return strides4(p.format, p.C / p.groups, p.R, p.S); }
inline Strides4 strides_y(const Conv2dProblem& p) { return strides4(p.format, p.K, p.P, p.Q); }

// Multiplications and additions of one of the three directions, twice the number of products.
inline double conv2d_flops(const Conv2dProblem& p) {
  return 2.0 * static_cast<double>(p.N * p.K * p.P * p.Q) * static_cast<double>(p.C / p.groups * p.R * p.S);
}

}  // namespace cresset::cpu
