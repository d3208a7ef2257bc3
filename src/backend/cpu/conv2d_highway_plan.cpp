#include "backend/cpu/conv2d_highway_plan.h"

#include <algorithm>
#include <numeric>

namespace cresset::cpu {
namespace {

// One dimension of grad_input's outputs of one phase.
struct PhaseTaps {
  std::int64_t first, every, count;  // taps first, first + every, … of the filter reach this phase
  std::int64_t outputs, origin, step;
};

// x[a + i stride] gets grad_y[o] w[r] where o stride = a + i stride + pad - r dilation, so r dilation == a + pad modulo
// the stride.
PhaseTaps phase_taps(std::int64_t a, std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t pad,
                     std::int64_t dilation) {
  const std::int64_t common = std::gcd(stride, dilation), every = stride / common, step = dilation / common;
  PhaseTaps t{0, every, 0, (size - a + stride - 1) / stride, 0, step};
  while (t.first < kernel && t.first < every && (a + pad - t.first * dilation) % stride != 0) ++t.first;
  if (t.first >= std::min(kernel, every)) return t;
  t.count = (kernel - t.first + every - 1) / every;
  t.origin = (a + pad - t.first * dilation) / stride - (t.count - 1) * step;  // of the last tap, which comes first
  return t;
}

}  // namespace

Correlation forward_correlation(const Conv2dProblem& p) {
  const std::int64_t C = p.C / p.groups, K = p.K / p.groups;
  const Strides4 w = strides_w(p);
  return {.N = p.N,
          .groups = p.groups,
          .C = C,
          .K = K,
          .H = p.H,
          .W = p.W,
          .P = p.P,
          .Q = p.Q,
          .R = p.R,
          .S = p.S,
          .step_h = p.stride_h,
          .step_w = p.stride_w,
          .tap_h = p.dilation_h,
          .tap_w = p.dilation_w,
          .origin_h = -p.pad_top,
          .origin_w = -p.pad_left,
          .in = strides_x(p),
          .out = strides_y(p),
          .out_base = 0,
          .weight = w,
          .weight_base = 0,
          .weight_group = K * w.n,
          .channels_last = p.format == kChannelsLast};
}

Correlation grad_input_correlation(const Conv2dProblem& p, std::int64_t a, std::int64_t b) {
  const PhaseTaps h = phase_taps(a, p.H, p.R, p.stride_h, p.pad_top, p.dilation_h);
  const PhaseTaps v = phase_taps(b, p.W, p.S, p.stride_w, p.pad_left, p.dilation_w);
  const std::int64_t C = p.C / p.groups, K = p.K / p.groups;
  const Strides4 w = strides_w(p), x = strides_x(p);
  const bool none = h.count == 0 || v.count == 0;
  const std::int64_t R = none ? 0 : h.count, S = none ? 0 : v.count;
  return {.N = p.N,
          .groups = p.groups,
          .C = K,
          .K = C,
          .H = p.P,
          .W = p.Q,
          .P = h.outputs,
          .Q = v.outputs,
          .R = R,
          .S = S,
          .step_h = 1,
          .step_w = 1,
          .tap_h = h.step,
          .tap_w = v.step,
          .origin_h = h.origin,
          .origin_w = v.origin,
          .in = strides_y(p),
          .out = {x.n, x.c, x.h * p.stride_h, x.w * p.stride_w},
          .out_base = a * x.h + b * x.w,
          .weight = {w.c, w.n, -h.every * w.h, -v.every * w.w},
          .weight_base = (h.first + (h.count - 1) * h.every) * w.h + (v.first + (v.count - 1) * v.every) * w.w,
          .weight_group = K * w.n,
          .channels_last = p.format == kChannelsLast};
}

std::int64_t rows_per_chunk(const Correlation& c, std::size_t element_size) {
  // Chunks of at least half a million operations (a few microseconds), at most 64 of them where one image is large, and
  // a working set that stays in a core's second-level cache.
  constexpr double kFlopsPerChunk = 5e5;
  constexpr std::int64_t kBytes = 384 << 10;
  const double flops =
      2.0 * static_cast<double>(c.N * c.groups * c.K * c.P * c.Q) * static_cast<double>(c.C * c.R * c.S);
  const std::int64_t wanted = std::clamp<std::int64_t>(static_cast<std::int64_t>(flops / kFlopsPerChunk), 1, 64);
  const std::int64_t bands = (wanted + c.N - 1) / std::max<std::int64_t>(c.N, 1);
  std::int64_t rows = (c.P + bands - 1) / std::max<std::int64_t>(bands, 1);
  const std::int64_t row_bytes = c.groups * c.C * c.W * c.step_h * static_cast<std::int64_t>(element_size);
  rows = std::min(rows, std::max<std::int64_t>(kBytes / std::max<std::int64_t>(row_bytes, 1), 4));
  // Every chunk goes through all weights: where those do not stay in a cache, it must use each for some vectors of
  // outputs.
  constexpr std::int64_t kManyWeights = 64 << 10, kPositions = 64;
  if (c.groups * c.K * c.C * c.R * c.S > kManyWeights)
    rows = std::max(rows, std::min(c.P, (kPositions + c.Q - 1) / std::max<std::int64_t>(c.Q, 1)));
  return std::max<std::int64_t>(rows, 1);
}

}  // namespace cresset::cpu
