// The vector kernels' entries: `highway` stands before oneDNN and leaves it the problems that it is faster at,
// `highway_any` stands behind it and takes whatever is left.
#include "backend/cpu/conv2d_highway_correlate.h"
#include "backend/cpu/conv2d_highway_grad_weight.h"
#include "backend/cpu/conv2d_kernels.h"

namespace cresset::cpu {
namespace {

template <class T>
void forward(const Conv2dProblem& p, const void* x, const void* w, const void* bias, void* y) {
  correlate(forward_correlation(p), static_cast<const T*>(x), static_cast<const T*>(w), static_cast<const T*>(bias),
            static_cast<T*>(y));
}
template <class T>
void grad_input(const Conv2dProblem& p, const void* grad_y, const void* w, void* grad_x) {
  for (std::int64_t a = 0; a < p.stride_h && a < p.H; ++a)
    for (std::int64_t b = 0; b < p.stride_w && b < p.W; ++b)
      correlate(grad_input_correlation(p, a, b), static_cast<const T*>(grad_y), static_cast<const T*>(w), nullptr,
                static_cast<T*>(grad_x));
}

Refusal refuses(const Conv2dProblem& p, const Context&) {
  if (p.dtype != kFloat32 && p.dtype != kFloat64)
    return {"dtype must be float32 or float64, is {}", static_cast<int>(p.dtype)};
  return refuse_far_steps(p);
}

enum class Direction { forward, grad_input, grad_weight };

// Where oneDNN 3.2 took less time, in float32 on one core of a Zen 5 with AVX-512; elsewhere it took 1 to 5 times the
// time of these kernels (3x3 of 64 and more channels: the same within a tenth).
//   one channel a group, 64 of them, 56x56: these kernels take 1.3 times as long in contiguous, 5 to 15 times with
//     stride 2, 17 times and more in channels_last (one lane of a vector is used)
//   four channels a group, channels_last: 1.3 to 2 times (contiguous: 0.1 to 0.4)
//   1x1, 64 to 256 channels: channels_last 1.35 to 1.5 times in forward and grad_input, contiguous 1.6 to 1.9 times in
//     grad_weight; smaller problems do not pay for oneDNN's copies of the weights
//   3x3 of 512 to 512 channels on one image of 7x7: 3.5 to 6 times, most of it the packing of weights
template <Direction direction>
Refusal prefers_onednn(const Conv2dProblem& p, const Context& context) {
  if (const Refusal refusal = refuses(p, context)) return refusal;
  if (p.dtype != kFloat32) return {};
  const std::int64_t channels = p.C / p.groups;
  if (p.groups > 1 && channels == 1)
    return {"oneDNN is faster where each group has one input channel, here {} groups", p.groups};
  if (p.groups > 1 && channels < 16 && p.format == kChannelsLast)
    return {"oneDNN is faster in channels_last where a group has fewer than 16 input channels, here {}", channels};
  constexpr std::int64_t kWeights = 1 << 20, kPositions = 256;
  if (p.K * channels * p.R * p.S >= kWeights && p.N * p.P * p.Q <= kPositions)
    return {"oneDNN is faster where {} weights meet only {} output positions", p.K * channels * p.R * p.S,
            p.N * p.P * p.Q};
  constexpr double kLarge = 2e7;
  const MemoryFormat weak = direction == Direction::grad_weight ? kContiguous : kChannelsLast;
  if (p.R * p.S == 1 && p.format == weak && conv2d_flops(p) >= kLarge)
    return {"oneDNN is faster at large 1x1 convolutions in this format, here {} to {} channels", p.C, p.K};
  return {};
}

void run_forward(const Conv2dProblem& p, const Context&, const void* x, const void* w, const void* bias, void* y) {
  p.dtype == kFloat32 ? forward<float>(p, x, w, bias, y) : forward<double>(p, x, w, bias, y);
}
void run_grad_input(const Conv2dProblem& p, const Context&, const void* grad_y, const void* w, void* grad_x) {
  p.dtype == kFloat32 ? grad_input<float>(p, grad_y, w, grad_x) : grad_input<double>(p, grad_y, w, grad_x);
}
void run_grad_weight(const Conv2dProblem& p, const Context&, const void* grad_y, const void* x, void* grad_w) {
  if (p.dtype == kFloat32)
    grad_weight_vectors(p, static_cast<const float*>(grad_y), static_cast<const float*>(x),
                        static_cast<float*>(grad_w));
  else
    grad_weight_vectors(p, static_cast<const double*>(grad_y), static_cast<const double*>(x),
                        static_cast<double*>(grad_w));
}

}  // namespace

constinit const Kernel<Conv2dForward> kConv2dForwardHighway{"highway", prefers_onednn<Direction::forward>, run_forward};
constinit const Kernel<Conv2dGradInput> kConv2dGradInputHighway{"highway", prefers_onednn<Direction::grad_input>,
                                                                run_grad_input};
constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightHighway{"highway", prefers_onednn<Direction::grad_weight>,
                                                                  run_grad_weight};
constinit const Kernel<Conv2dForward> kConv2dForwardHighwayAny{"highway_any", refuses, run_forward};
constinit const Kernel<Conv2dGradInput> kConv2dGradInputHighwayAny{"highway_any", refuses, run_grad_input};
constinit const Kernel<Conv2dGradWeight> kConv2dGradWeightHighwayAny{"highway_any", refuses, run_grad_weight};

}  // namespace cresset::cpu
