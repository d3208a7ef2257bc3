// Maximum pooling in float32 and float64.
#include "backend/cpu/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/max_pool2d_highway.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backend/cpu/dtype_switch.h"
#include "backend/cpu/max_pool2d_kernels.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
#include "backend/cpu/max_pool2d_forward-inl.h"
#endif

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
// Such a machine is below what the library asks for; the result is right, no more.
void max_pool2d_forward(const Pool2dProblem& p, const Context& context, const void* x, void* y, std::int64_t* indices) {
  kMaxPool2dForwardReference.run(p, context, x, y, indices);
}
void max_pool2d_backward(const Pool2dProblem& p, const Context& context, const void* grad_y,
                         const std::int64_t* indices, void* grad_x) {
  kMaxPool2dBackwardReference.run(p, context, grad_y, indices, grad_x);
}
#else

// One image of channels_last, channels [begin, end): each tap of a window takes the gradients of the channels whose
// maximum it was.
template <class T>
void max_backward_last(const Pool2dProblem& p, std::int64_t n, std::int64_t begin, std::int64_t end, const T* grad_y,
                       const std::int64_t* indices, T* grad_x) {
  using Index = IndexOf<T>;
  const hn::ScalableTag<T> d;
  const hn::ScalableTag<Index> di;
  for (std::int64_t at = n * p.H * p.W; at < (n + 1) * p.H * p.W; ++at)
    std::fill(grad_x + at * p.C + begin, grad_x + at * p.C + end, T(0));
  for (std::int64_t i = 0; i < p.P; ++i) {
    const Taps rows = taps(i, p.H, p.R, p.stride_h, p.pad_h, p.dilation_h);
    for (std::int64_t j = 0; j < p.Q; ++j) {
      const Taps columns = taps(j, p.W, p.S, p.stride_w, p.pad_w, p.dilation_w);
      const std::int64_t from = ((n * p.P + i) * p.Q + j) * p.C;
      for (std::int64_t c = begin; c < end; c += kLanesOf<T>) {
        const std::int64_t lanes = std::min(end - c, kLanesOf<T>);
        const auto grad = load_lanes(d, grad_y + from + c, lanes);
        const auto index = load_indices<T>(indices + from + c, lanes);
        for (std::int64_t r = 0; r < rows.count; ++r)
          for (std::int64_t s = 0; s < columns.count; ++s) {
            const std::int64_t tap = (rows.first + r * p.dilation_h) * p.W + columns.first + s * p.dilation_w;
            T* const to = grad_x + (n * p.H * p.W + tap) * p.C + c;
            const auto hit = hn::RebindMask(d, hn::Eq(index, hn::Set(di, static_cast<Index>(tap))));
            store_lanes(hn::Add(load_lanes(d, to, lanes), hn::IfThenElseZero(hit, grad)), d, to, lanes);
          }
      }
    }
  }
}

// One plane of 2 x 2 windows side by side: every input inside a window is written once.
template <class T>
void max_backward_2x2(const Pool2dProblem& p, std::int64_t plane, const T* grad_y, const std::int64_t* indices,
                      T* grad_x) {
  using Index = IndexOf<T>;
  const hn::ScalableTag<T> d;
  const hn::ScalableTag<Index> di;
  T* const out = grad_x + plane * p.H * p.W;
  const auto one = hn::Set(di, Index(1));
  for (std::int64_t i = 0; i < p.P; ++i)
    for (std::int64_t side = 0; side < 2; ++side) {
      const std::int64_t row = (2 * i + side) * p.W;
      for (std::int64_t j = 0; j < p.Q; j += kLanesOf<T>) {
        const std::int64_t lanes = std::min(p.Q - j, kLanesOf<T>), from = (plane * p.P + i) * p.Q + j;
        const auto grad = load_lanes(d, grad_y + from, lanes);
        const auto index = load_indices<T>(indices + from, lanes);
        const auto left =
            hn::Add(hn::Add(hn::Iota(di, 0), hn::Iota(di, 0)), hn::Set(di, static_cast<Index>(row + 2 * j)));
        const auto even = hn::IfThenElseZero(hn::RebindMask(d, hn::Eq(index, left)), grad);
        const auto odd = hn::IfThenElseZero(hn::RebindMask(d, hn::Eq(index, hn::Add(left, one))), grad);
        store_interleaved<T>(even, odd, out + row + 2 * j, lanes);
      }
      std::fill(out + row + 2 * p.Q, out + row + p.W, T(0));
    }
  std::fill(out + 2 * p.P * p.W, out + p.H * p.W, T(0));
}

template <class T>
void max_backward_plane(const Pool2dProblem& p, std::int64_t plane, const T* grad_y, const std::int64_t* indices,
                        T* grad_x) {
  T* const out = grad_x + plane * p.H * p.W;
  std::fill(out, out + p.H * p.W, T(0));
  for (std::int64_t at = plane * p.P * p.Q; at < (plane + 1) * p.P * p.Q; ++at)
    if (indices[at] >= 0 && indices[at] < p.H * p.W) out[indices[at]] += grad_y[at];
}

template <class T>
void max_backward(const Pool2dProblem& p, const T* grad_y, const std::int64_t* indices, T* grad_x) {
  const bool last = p.format == kChannelsLast;
  // Windows may overlap, so an image's channels or a plane are one piece of work.
  const std::int64_t block = last ? std::min<std::int64_t>(p.C, 64) : 1, blocks = (p.C + block - 1) / block;
  const std::int64_t work = std::max<std::int64_t>(1, block * p.H * p.W);
  const std::int64_t per_chunk = std::max<std::int64_t>(1, 16384 / work), units = p.N * blocks;
  parallel_for((units + per_chunk - 1) / per_chunk, [&](std::int64_t chunk) HWY_ATTR {
    for (std::int64_t u = chunk * per_chunk; u < std::min((chunk + 1) * per_chunk, units); ++u) {
      const std::int64_t c = u % blocks * block;
      if (last)
        max_backward_last(p, u / blocks, c, std::min(c + block, p.C), grad_y, indices, grad_x);
      else if (is_2x2(p))
        max_backward_2x2(p, u, grad_y, indices, grad_x);
      else
        max_backward_plane(p, u, grad_y, indices, grad_x);
    }
  });
}

void max_pool2d_forward(const Pool2dProblem& p, const Context&, const void* x, void* y, std::int64_t* indices) {
  switch_simd(p.dtype,
              [&]<class T>() HWY_ATTR { max_forward(p, static_cast<const T*>(x), static_cast<T*>(y), indices); });
}
void max_pool2d_backward(const Pool2dProblem& p, const Context&, const void* grad_y, const std::int64_t* indices,
                         void* grad_x) {
  switch_simd(p.dtype, [&]<class T>() HWY_ATTR {
    max_backward(p, static_cast<const T*>(grad_y), indices, static_cast<T*>(grad_x));
  });
}

#endif

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::cpu {
namespace {

HWY_EXPORT(max_pool2d_forward);
HWY_EXPORT(max_pool2d_backward);

Refusal refuses(const Pool2dProblem& p, const Context&) {
  if (p.dtype == kFloat32 && p.H * p.W > (std::int64_t{1} << 31) - 64)
    return Refusal("H * W must fit 32 bits, is {} * {}", p.H, p.W);
  return refuse_not_simd(p.dtype);
}
void run_forward(const Pool2dProblem& p, const Context& context, const void* x, void* y, std::int64_t* indices) {
  HWY_DYNAMIC_DISPATCH(max_pool2d_forward)(p, context, x, y, indices);
}
void run_backward(const Pool2dProblem& p, const Context& context, const void* grad_y, const std::int64_t* indices,
                  void* grad_x) {
  HWY_DYNAMIC_DISPATCH(max_pool2d_backward)(p, context, grad_y, indices, grad_x);
}

}  // namespace

constinit const Kernel<MaxPool2dForward> kMaxPool2dForwardHighway{"highway", refuses, run_forward};
constinit const Kernel<MaxPool2dBackward> kMaxPool2dBackwardHighway{"highway", refuses, run_backward};

}  // namespace cresset::cpu
#endif
