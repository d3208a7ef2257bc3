// Pooling problems for the kernel tests, and the walk over their windows.
#pragma once

#include <cresset/extension/pool2d.h>

#include <string>
#include <vector>

namespace cresset::cpu {

inline std::size_t offset(MemoryFormat format, std::int64_t C, std::int64_t H, std::int64_t W, std::int64_t n,
                          std::int64_t c, std::int64_t h, std::int64_t w) {
  return static_cast<std::size_t>(format == kChannelsLast ? ((n * H + h) * W + w) * C + c
                                                          : ((n * C + c) * H + h) * W + w);
}
inline std::size_t offset(const Pool2dProblem& p, std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
  return offset(p.format, p.C, p.H, p.W, n, c, h, w);
}

// f(n, c, i, j, offset of the output)
template <class F>
void for_each_window(const Pool2dProblem& p, F&& f) {
  for (std::int64_t n = 0; n < p.N; ++n)
    for (std::int64_t c = 0; c < p.C; ++c)
      for (std::int64_t i = 0; i < p.P; ++i)
        for (std::int64_t j = 0; j < p.Q; ++j) f(n, c, i, j, offset(p.format, p.C, p.P, p.Q, n, c, i, j));
}

// PyTorch's output size; with `ceil` a last window may reach past the input, if it starts inside it or its left
// padding.
inline std::int64_t pooled(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t pad,
                           std::int64_t dilation, bool ceil) {
  std::int64_t out = (size + 2 * pad - dilation * (kernel - 1) - 1 + (ceil ? stride - 1 : 0)) / stride + 1;
  if (ceil && (out - 1) * stride >= size + pad) --out;
  return out;
}

inline std::string describe(const Pool2dProblem& p) {
  std::string text = p.format == kChannelsLast ? "NHWC" : "NCHW";
  for (const std::int64_t v :
       {p.N, p.C, p.H, p.W, p.P, p.Q, p.R, p.S, p.stride_h, p.stride_w, p.pad_h, p.pad_w, p.dilation_h, p.dilation_w,
        std::int64_t(p.count_include_pad), p.divisor_override, std::int64_t(p.adaptive)})
    text.append(1, ' ').append(std::to_string(v));
  return text + " dtype " + std::to_string(static_cast<int>(p.dtype));
}

// A grid of sizes (empty batch, one element, odd, a vector and more) and windows: side by side, overlapping, apart,
// padded, dilated.
inline std::vector<Pool2dProblem> pool2d_cases(DType dtype, bool dilated) {
  struct Input {
    std::int64_t N, C, H, W;
  };
  struct Window {
    std::int64_t R, S, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;
  };
  const Input inputs[] = {{0, 3, 4, 4}, {1, 1, 3, 3}, {2, 5, 7, 9}, {1, 19, 8, 35}, {3, 2, 28, 70}, {1, 70, 6, 5}};
  const Window windows[] = {{2, 2, 2, 2, 0, 0, 1, 1}, {3, 3, 1, 1, 1, 1, 1, 1}, {3, 2, 2, 1, 1, 1, 1, 1},
                            {1, 1, 2, 2, 0, 0, 1, 1}, {3, 3, 2, 2, 1, 1, 1, 1}, {2, 3, 3, 3, 0, 1, 1, 1},
                            {2, 2, 1, 2, 1, 1, 2, 2}};
  std::vector<Pool2dProblem> cases;
  for (const Input& x : inputs)
    for (const Window& w : windows)
      for (const bool ceil : {false, true})
        for (const MemoryFormat format : {kContiguous, kChannelsLast}) {
          if (w.dilation_h > 1 && !dilated) continue;
          const std::int64_t P = pooled(x.H, w.R, w.stride_h, w.pad_h, w.dilation_h, ceil);
          const std::int64_t Q = pooled(x.W, w.S, w.stride_w, w.pad_w, w.dilation_w, ceil);
          cases.push_back({dtype, format, x.N, x.C, x.H, x.W, P, Q, w.R, w.S, w.stride_h, w.stride_w, w.pad_h, w.pad_w,
                           w.dilation_h, w.dilation_w});
        }
  return cases;
}

}  // namespace cresset::cpu
