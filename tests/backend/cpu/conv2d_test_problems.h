// The convolutions that every kernel is tried on: each option by itself and with others, odd sizes, several chunks.
#pragma once

#include <cresset/extension/conv2d.h>

#include <vector>

namespace cresset::cpu {

struct Options {
  std::int64_t stride_h = 1, stride_w = 1, pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;
  std::int64_t dilation_h = 1, dilation_w = 1, groups = 1;
};
inline Conv2dProblem problem(std::int64_t N, std::int64_t C, std::int64_t H, std::int64_t W, std::int64_t K,
                             std::int64_t R, std::int64_t S, const Options& o = {}) {
  const auto outputs = [](std::int64_t size, std::int64_t kernel, std::int64_t dilation, std::int64_t stride) {
    return (size - (kernel - 1) * dilation - 1) / stride + 1;
  };
  return {.dtype = kFloat32,
          .format = kContiguous,
          .bias = true,
          .N = N,
          .C = C,
          .H = H,
          .W = W,
          .K = K,
          .R = R,
          .S = S,
          .P = outputs(H + o.pad_top + o.pad_bottom, R, o.dilation_h, o.stride_h),
          .Q = outputs(W + o.pad_left + o.pad_right, S, o.dilation_w, o.stride_w),
          .stride_h = o.stride_h,
          .stride_w = o.stride_w,
          .pad_top = o.pad_top,
          .pad_left = o.pad_left,
          .dilation_h = o.dilation_h,
          .dilation_w = o.dilation_w,
          .groups = o.groups};
}

inline Options padded(std::int64_t pad) {
  return {.pad_top = pad, .pad_bottom = pad, .pad_left = pad, .pad_right = pad};
}
inline Options with_groups(Options o, std::int64_t groups) {
  o.groups = groups;
  return o;
}
inline Options with_stride(Options o, std::int64_t h, std::int64_t w) {
  o.stride_h = h;
  o.stride_w = w;
  return o;
}

inline std::vector<Conv2dProblem> cases() {
  return {
      problem(2, 3, 32, 32, 6, 5, 5),
      problem(3, 6, 14, 14, 16, 5, 5),  // the network of the first tutorial
      problem(1, 1, 1, 1, 1, 1, 1),
      problem(2, 1, 5, 1, 3, 3, 1),
      problem(1, 2, 1, 40, 5, 1, 7),
      problem(0, 3, 8, 8, 4, 3, 3),
      problem(2, 5, 7, 9, 7, 3, 3, padded(1)),
      problem(2, 16, 9, 11, 33, 3, 3, padded(1)),
      problem(1, 20, 6, 6, 50, 5, 5, padded(2)),
      problem(2, 3, 17, 19, 17, 3, 5, with_stride(padded(1), 2, 3)),
      problem(2, 4, 12, 13, 3, 2, 2, with_stride({}, 3, 4)),  // stride > kernel
      problem(1, 4, 15, 14, 18, 3, 3,
              {.pad_top = 2, .pad_bottom = 2, .pad_left = 3, .pad_right = 3, .dilation_h = 2, .dilation_w = 3}),
      problem(1, 3, 16, 17, 5, 3, 3,
              {.stride_h = 2,
               .stride_w = 2,
               .pad_top = 1,
               .pad_bottom = 1,
               .pad_left = 2,
               .pad_right = 2,
               .dilation_h = 2,
               .dilation_w = 2}),
      problem(2, 3, 9, 10, 4, 4, 2,
              {.pad_top = 1, .pad_bottom = 2, .pad_left = 0, .pad_right = 1}),  // `same` with even kernels
      problem(1, 3, 9, 10, 20, 3, 3, {.stride_h = 2, .stride_w = 1, .pad_bottom = 2, .pad_right = 2}),
      problem(2, 8, 10, 9, 12, 3, 3, with_groups(padded(1), 4)),
      problem(1, 40, 5, 6, 40, 3, 3, with_groups(padded(1), 2)),
      problem(2, 6, 20, 18, 6, 3, 3, with_groups(padded(1), 6)),
      problem(2, 5, 9, 9, 10, 3, 3, with_groups(with_stride(padded(1), 2, 2), 5)),
      problem(2, 19, 8, 8, 35, 1, 1),
      problem(1, 8, 9, 9, 9, 1, 1, with_stride({}, 2, 2)),
      problem(1, 2, 3, 3, 4, 7, 7, padded(5)),      // a kernel that is larger than the input
      problem(1, 3, 4, 4, 2, 3, 3, padded(4)),      // outputs that see only padding
      problem(3, 33, 30, 31, 24, 3, 3, padded(1)),  // several chunks
      problem(9, 16, 24, 24, 8, 3, 3, with_stride(padded(1), 2, 2)),
  };
}

}  // namespace cresset::cpu
