// A thread computes one element, its neighbours the neighbours in memory; of maxima it takes 16 bytes of elements where
// they have one place in the image or one row, so that places are computed once for all of them. The backward gathers,
// so that sums have one order: an input looks at the windows that can have taken it.
#include <limits>

#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/image.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "pool2d.cuh"

namespace cresset::kernels {
namespace {

template <class I>
struct Range {
  I begin, end;
};
// Windows along one dimension that reach position h: o * stride - pad <= h <= o * stride - pad + reach.
template <class I>
__device__ Range<I> windows_over(I h, I stride, I pad, I reach, I outputs) {
  const auto divided = [](I n, I by) { return static_cast<I>(divide(n, by)); };
  const I first = h + pad - reach, last = divided(h + pad, stride) + 1;
  return {first <= 0 ? I{0} : divided(first + stride - 1, stride), last < outputs ? last : outputs};
}
__device__ Range<std::int64_t> adaptive_windows_over(std::int64_t h, std::int64_t size, std::int64_t outputs) {
  return {divide(h * outputs, size), divide((h + 1) * outputs + size - 1, size)};
}

// The rows or columns under a window, and how many of the padded input it covers.
struct Span {
  std::int64_t begin, end, padded;
};
__device__ Span span(bool adaptive, std::int64_t o, std::int64_t size, std::int64_t outputs, std::int64_t kernel,
                     std::int64_t stride, std::int64_t pad) {
  if (adaptive) {
    const std::int64_t begin = divide(o * size, outputs), end = divide((o + 1) * size + outputs - 1, outputs);
    return {begin, end, end - begin};
  }
  const std::int64_t begin = o * stride - pad, end = begin + kernel < size + pad ? begin + kernel : size + pad;
  return {begin > 0 ? begin : 0, end < size ? end : size, end - begin};
}
__device__ std::int64_t divisor(const Pool2dProblem& p, const Span& rows, const Span& columns) {
  if (p.adaptive) return rows.padded * columns.padded;
  if (p.divisor_override != 0) return p.divisor_override;
  if (p.count_include_pad) return rows.padded * columns.padded;
  return (rows.end - rows.begin) * (columns.end - columns.begin);
}

// Of whole numbers as PyTorch's, towards zero.
template <class T>
__device__ T mean_of(Accumulator<T> sum, std::int64_t count) {
  if constexpr (std::is_integral_v<T>) {
    const auto total = static_cast<std::int64_t>(sum);
    return static_cast<T>(count == -1 ? wrap_sub(0, total) : total / count);
  } else {
    return convert<T>(sum / static_cast<Accumulator<T>>(count));
  }
}

// The problem in the type that its kernel counts in: 32 bits where its sides, padding and windows fit.
template <class I>
struct Windows {
  I H, W, P, Q, R, S, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;
  explicit Windows(const Pool2dProblem& p)
      : H(static_cast<I>(p.H)),
        W(static_cast<I>(p.W)),
        P(static_cast<I>(p.P)),
        Q(static_cast<I>(p.Q)),
        R(static_cast<I>(p.R)),
        S(static_cast<I>(p.S)),
        stride_h(static_cast<I>(p.stride_h)),
        stride_w(static_cast<I>(p.stride_w)),
        pad_h(static_cast<I>(p.pad_h)),
        pad_w(static_cast<I>(p.pad_w)),
        dilation_h(static_cast<I>(p.dilation_h)),
        dilation_w(static_cast<I>(p.dilation_w)) {}
};

// The elements of one thread, which lie side by side: one, channels of one place, or places of one row.
enum class Run { one, channels, places };
template <class T, Run kRun>
inline constexpr int kEach = kRun == Run::one ? 1 : 16 / static_cast<int>(sizeof(T));

// A window that meets no input gives the lowest value and index -1.
template <class T, class I, Run kRun>
__global__ void __launch_bounds__(256, 4)
    max_forward(Windows<I> p, Image in, Image out, I size, const T* x, T* y, std::int64_t* indices) {
  constexpr int kCount = kEach<T, kRun>;
  const std::int64_t element = element_index() * kCount;
  if (element >= size) return;
  const I i = static_cast<I>(element);
  const PlaceIn<I> o = place_of(out, i);
  Vector<T, kCount> best;
  I places[kCount];
  for (int k = 0; k < kCount; ++k) {
    if constexpr (kIsFloating<T>)
      best.at[k] = convert<T>(-Compute<T>(INFINITY));
    else
      best.at[k] = std::numeric_limits<T>::lowest();
    places[k] = -1;
  }
  for (I r = 0; r < p.R; ++r)
    for (I s = 0; s < p.S; ++s) {
      const I h = o.h * p.stride_h - p.pad_h + r * p.dilation_h, w = o.w * p.stride_w - p.pad_w + s * p.dilation_w;
      if (h < 0 || h >= p.H || w < 0 || w >= p.W) continue;
      const auto values = *reinterpret_cast<const Vector<T, kCount>*>(x + in.at(o.n, o.c, h, w));
      for (int k = 0; k < kCount; ++k) {
        const auto v = widen(values.at[k]);
        if (places[k] < 0 || v > widen(best.at[k]) || v != v) {
          best.at[k] = values.at[k];
          places[k] = h * p.W + w;
        }
      }
    }
  *reinterpret_cast<Vector<T, kCount>*>(y + i) = best;
  if (indices == nullptr) return;
  Vector<std::int64_t, kCount> wide;
  for (int k = 0; k < kCount; ++k) wide.at[k] = places[k];
  *reinterpret_cast<Vector<std::int64_t, kCount>*>(indices + i) = wide;
}

template <class T, class I, Run kRun>
__global__ void __launch_bounds__(256, 2)
    max_backward(Windows<I> p, Image in, Image out, I size, const T* grad_y, const std::int64_t* indices, T* grad_x) {
  constexpr int kCount = kEach<T, kRun>;
  const std::int64_t element = element_index() * kCount;
  if (element >= size) return;
  const I i = static_cast<I>(element);
  const PlaceIn<I> at = place_of(in, i);
  const I reach = (p.S - 1) * p.dilation_w;
  const Range<I> rows = windows_over<I>(at.h, p.stride_h, p.pad_h, (p.R - 1) * p.dilation_h, p.P);
  Range<I> columns = windows_over<I>(at.w, p.stride_w, p.pad_w, reach, p.Q);
  if constexpr (kRun == Run::places)
    columns.end = windows_over<I>(at.w + kCount - 1, p.stride_w, p.pad_w, reach, p.Q).end;
  const I own = at.h * p.W + at.w;
  Compute<T> sums[kCount] = {};
  for (I r = rows.begin; r < rows.end; ++r)
    for (I c = columns.begin; c < columns.end; ++c) {
      const I o = out.at(at.n, at.c, r, c);
      if constexpr (kRun == Run::channels) {
        const auto taken = *reinterpret_cast<const Vector<std::int64_t, kCount>*>(indices + o);
        const auto grads = *reinterpret_cast<const Vector<T, kCount>*>(grad_y + o);
        for (int k = 0; k < kCount; ++k)
          if (static_cast<I>(taken.at[k]) == own) sums[k] += widen(grads.at[k]);
      } else {
        const I taken = static_cast<I>(indices[o]);
        const auto grad = widen(grad_y[o]);
        for (int k = 0; k < kCount; ++k)
          if (taken == own + k) sums[k] += grad;
      }
    }
  Vector<T, kCount> result;
  for (int k = 0; k < kCount; ++k) result.at[k] = convert<T>(sums[k]);
  *reinterpret_cast<Vector<T, kCount>*>(grad_x + i) = result;
}

template <class T>
__global__ void __launch_bounds__(256) avg_forward(Pool2dProblem p, Image in, Image out, const T* x, T* y) {
  const std::int64_t i = element_index();
  if (i >= out.size()) return;
  const Place o = place_of(out, i);
  const Span rows = span(p.adaptive, o.h, p.H, p.P, p.R, p.stride_h, p.pad_h);
  const Span columns = span(p.adaptive, o.w, p.W, p.Q, p.S, p.stride_w, p.pad_w);
  Accumulator<T> sum = 0;
  for (std::int64_t h = rows.begin; h < rows.end; ++h)
    for (std::int64_t w = columns.begin; w < columns.end; ++w)
      sum += static_cast<Accumulator<T>>(widen(x[in.at(o.n, o.c, h, w)]));
  const bool empty = rows.begin >= rows.end || columns.begin >= columns.end;
  y[i] = empty ? convert<T>(0) : mean_of<T>(sum, divisor(p, rows, columns));
}

template <class T>
__global__ void __launch_bounds__(256, 2)
    avg_backward(Pool2dProblem p, Image in, Image out, const T* grad_y, T* grad_x) {
  const std::int64_t i = element_index();
  if (i >= in.size()) return;
  const Place at = place_of(in, i);
  const Range<std::int64_t> over_rows =
      p.adaptive ? adaptive_windows_over(at.h, p.H, p.P) : windows_over(at.h, p.stride_h, p.pad_h, p.R - 1, p.P);
  const Range<std::int64_t> over_columns =
      p.adaptive ? adaptive_windows_over(at.w, p.W, p.Q) : windows_over(at.w, p.stride_w, p.pad_w, p.S - 1, p.Q);
  Compute<T> sum = 0;
  for (std::int64_t r = over_rows.begin; r < over_rows.end; ++r) {
    const Span rows = span(p.adaptive, r, p.H, p.P, p.R, p.stride_h, p.pad_h);
    for (std::int64_t c = over_columns.begin; c < over_columns.end; ++c) {
      const Span columns = span(p.adaptive, c, p.W, p.Q, p.S, p.stride_w, p.pad_w);
      sum += widen(grad_y[out.at(at.n, at.c, r, c)]) / static_cast<Compute<T>>(divisor(p, rows, columns));
    }
  }
  grad_x[i] = convert<T>(sum);
}

struct Sides {
  Image in, out;
  explicit Sides(const Pool2dProblem& p) : in(p.N, p.C, p.H, p.W, p.format), out(p.N, p.C, p.P, p.Q, p.format) {}
};

// f.template operator()<I>() with the type in which a maximum's kernel counts. No sum or product of two of these
// numbers passes 2^31 then: a window reaches no further than the padded input.
template <class F>
void with_index(const Pool2dProblem& p, const Sides& s, F&& f) {
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  const std::int64_t height = p.H + 2 * p.pad_h + p.R * p.dilation_h + p.stride_h,
                     width = p.W + 2 * p.pad_w + p.S * p.dilation_w + p.stride_w;
  if (s.in.size() < kMost && s.out.size() < kMost && height < kMost && width < kMost)
    f.template operator()<std::int32_t>();
  else
    f.template operator()<std::int64_t>();
}

// What a thread can take: elements, and the numbers of their places, are moved at once.
template <class T>
Run run_of(const Pool2dProblem& p, const void* x, const void* y, const std::int64_t* indices) {
  constexpr int kCount = kEach<T, Run::channels>;
  if (!is_aligned(x, 16) || !is_aligned(y, 16) || !is_aligned(indices, sizeof(std::int64_t) * kCount)) return Run::one;
  if (p.format == kChannelsLast) return p.C % kCount == 0 ? Run::channels : Run::one;
  return p.W % kCount == 0 ? Run::places : Run::one;
}

}  // namespace

cudaError_t max_pool2d_forward(const Pool2dProblem& p, const void* x, void* y, std::int64_t* indices,
                               cudaStream_t stream) {
  const Sides s(p);
  if (s.out.size() == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_dtype(p.dtype, [&]<class T>() {
    if constexpr (!std::is_same_v<T, bool>)
      with_index(p, s, [&]<class I>() {
        const auto run = [&]<Run kRun>() {
          error = launch<max_forward<T, I, kRun>>(element_grid(s.out.size(), kEach<T, kRun>, stream), Windows<I>(p),
                                                  s.in, s.out, s.out.size(), static_cast<const T*>(x),
                                                  static_cast<T*>(y), indices);
        };
        if constexpr (kIsFloating<T> && sizeof(I) == 4)
          if (run_of<T>(p, x, y, indices) == Run::channels) return run.template operator()<Run::channels>();
        run.template operator()<Run::one>();
      });
  });
  return error;
}

cudaError_t max_pool2d_backward(const Pool2dProblem& p, const void* grad_y, const std::int64_t* indices, void* grad_x,
                                cudaStream_t stream) {
  const Sides s(p);
  if (s.in.size() == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    with_index(p, s, [&]<class I>() {
      const auto run = [&]<Run kRun>() {
        error = launch<max_backward<T, I, kRun>>(element_grid(s.in.size(), kEach<T, kRun>, stream), Windows<I>(p), s.in,
                                                 s.out, s.in.size(), static_cast<const T*>(grad_y), indices,
                                                 static_cast<T*>(grad_x));
      };
      if constexpr (sizeof(I) == 4) {
        const Run together = run_of<T>(p, grad_x, grad_y, indices);
        if (together == Run::channels) return run.template operator()<Run::channels>();
        if (together == Run::places) return run.template operator()<Run::places>();
      }
      run.template operator()<Run::one>();
    });
  });
  return error;
}

cudaError_t avg_pool2d_forward(const Pool2dProblem& p, const void* x, void* y, cudaStream_t stream) {
  const Sides s(p);
  if (s.out.size() == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  const auto typed = [&]<class T>() {
    error = launch<avg_forward<T>>(element_grid(s.out.size(), 1, stream), p, s.in, s.out, static_cast<const T*>(x),
                                   static_cast<T*>(y));
  };
  p.dtype == kInt64 ? typed.template operator()<std::int64_t>() : switch_floating(p.dtype, typed);
  return error;
}

cudaError_t avg_pool2d_backward(const Pool2dProblem& p, const void* grad_y, void* grad_x, cudaStream_t stream) {
  const Sides s(p);
  if (s.in.size() == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_floating(p.dtype, [&]<class T>() {
    error = launch<avg_backward<T>>(element_grid(s.in.size(), 1, stream), p, s.in, s.out, static_cast<const T*>(grad_y),
                                    static_cast<T*>(grad_x));
  });
  return error;
}

}  // namespace cresset::kernels
