// Where the elements of a pooling problem's operands lie.
#pragma once

#include <cresset/extension/pool2d.h>

#include <algorithm>

namespace cresset::cpu {

// Element strides of a dense [N, C, H, W] operand.
struct PlaneLayout {
  std::int64_t n, c, h, w;
};
inline PlaneLayout plane_layout(MemoryFormat format, std::int64_t C, std::int64_t H, std::int64_t W) {
  if (format == kChannelsLast) return {C * H * W, 1, W * C, C};
  return {C * H * W, H * W, W, 1};
}

// The rows (or columns) of the input that a window of max_pool2d reads: first, first + dilation, …
struct Taps {
  std::int64_t first, count;
};
inline Taps taps(std::int64_t p, std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t pad,
                 std::int64_t dilation) {
  const std::int64_t begin = p * stride - pad;
  const std::int64_t skipped = begin < 0 ? (-begin + dilation - 1) / dilation : 0;
  const std::int64_t end = begin < size ? std::min(kernel, (size - begin + dilation - 1) / dilation) : 0;
  return {begin + skipped * dilation, std::max<std::int64_t>(end - skipped, 0)};
}
// The outputs [begin, end) of a row for which output * stride + shift lies in the input.
struct Outputs {
  std::int64_t begin, end;
};
inline Outputs outputs_of_tap(std::int64_t shift, std::int64_t size, std::int64_t stride, std::int64_t outputs) {
  const std::int64_t begin = shift < 0 ? (-shift + stride - 1) / stride : 0;
  const std::int64_t end = shift < size ? std::min((size - shift + stride - 1) / stride, outputs) : 0;
  return {begin, end};
}
// 2 x 2 windows side by side, none reaching past the input.
inline bool is_2x2(const Pool2dProblem& p) {
  return p.R == 2 && p.S == 2 && p.stride_h == 2 && p.stride_w == 2 && p.pad_h == 0 && p.pad_w == 0 &&
         p.dilation_h == 1 && p.dilation_w == 1 && 2 * p.P <= p.H && 2 * p.Q <= p.W;
}

// The rows (or columns) [begin, end) of the input under one window, and how many of the padded input it covers.
struct Span {
  std::int64_t begin, end, padded;
};
inline Span window_span(std::int64_t p, std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t pad) {
  const std::int64_t begin = p * stride - pad, end = std::min(begin + kernel, size + pad);
  return {std::max<std::int64_t>(begin, 0), std::min(end, size), end - begin};
}
inline Span adaptive_span(std::int64_t p, std::int64_t size, std::int64_t outputs) {
  const std::int64_t begin = p * size / outputs, end = ((p + 1) * size + outputs - 1) / outputs;
  return {begin, end, end - begin};
}
// Rows of the outputs i, and columns of the outputs j, of avg_pool2d.
inline Span avg_rows(const Pool2dProblem& p, std::int64_t i) {
  return p.adaptive ? adaptive_span(i, p.H, p.P) : window_span(i, p.H, p.R, p.stride_h, p.pad_h);
}
inline Span avg_columns(const Pool2dProblem& p, std::int64_t j) {
  return p.adaptive ? adaptive_span(j, p.W, p.Q) : window_span(j, p.W, p.S, p.stride_w, p.pad_w);
}
// What the sum under a window of avg_pool2d is divided by.
inline std::int64_t avg_divisor(const Pool2dProblem& p, const Span& rows, const Span& columns) {
  if (p.adaptive) return rows.padded * columns.padded;
  if (p.divisor_override) return p.divisor_override;
  if (p.count_include_pad) return rows.padded * columns.padded;
  return (rows.end - rows.begin) * (columns.end - columns.begin);
}

}  // namespace cresset::cpu
