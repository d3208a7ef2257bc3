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

// The rows (or columns) [begin, end) of the input under one window, and how many of the padded input it covers.
struct Span {
  std::int64_t begin, end, padded;
};
inline Span avg_span(std::int64_t p, std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t pad) {
  const std::int64_t begin = p * stride - pad, end = std::min(begin + kernel, size + pad);
  return {std::max<std::int64_t>(begin, 0), std::min(end, size), end - begin};
}
inline Span adaptive_span(std::int64_t p, std::int64_t size, std::int64_t outputs) {
  const std::int64_t begin = p * size / outputs, end = ((p + 1) * size + outputs - 1) / outputs;
  return {begin, end, end - begin};
}
// What the sum under a window of avg_pool2d is divided by.
inline std::int64_t avg_divisor(const Pool2dProblem& p, const Span& rows, const Span& columns) {
  if (p.divisor_override) return p.divisor_override;
  if (p.count_include_pad) return rows.padded * columns.padded;
  return (rows.end - rows.begin) * (columns.end - columns.begin);
}

}  // namespace cresset::cpu
