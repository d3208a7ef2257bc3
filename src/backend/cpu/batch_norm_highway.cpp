// Batch normalisation in float32 and float64; 16-bit elements are widened first. Each piece of a batch is summed twice
// while it is in the cache, first for its mean, then around that mean; pieces are joined in double, in their order, by
// the formulas of Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances"
// (1979).
#include "backend/cpu/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/batch_norm_highway.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "backend/cpu/batch_norm_kernels.h"
#include "backend/cpu/copy_kernels.h"
#include "backend/cpu/dtype_switch.h"
#include "core/cpu_allocator.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
#include "backend/cpu/batch_norm_stats-inl.h"
#endif

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
// Such a machine is below what the library asks for; the result is right, no more.
void batch_norm_forward(const BatchNormProblem& p, const Context& context, const void* x, const void* weight,
                        const void* bias, void* y, void* mean, void* invstd, void* variance) {
  kBatchNormForwardReference.run(p, context, x, weight, bias, y, mean, invstd, variance);
}
void batch_norm_inference(const BatchNormProblem& p, const Context& context, const void* x, const void* weight,
                          const void* bias, const void* mean, const void* invstd, void* y) {
  kBatchNormInferenceReference.run(p, context, x, weight, bias, mean, invstd, y);
}
void batch_norm_backward(const BatchNormBackward::Problem& p, const Context& context, const void* grad_y, const void* x,
                         const void* weight, const void* mean, const void* invstd, void* grad_x, void* grad_weight,
                         void* grad_bias) {
  kBatchNormBackwardReference.run(p, context, grad_y, x, weight, mean, invstd, grad_x, grad_weight, grad_bias);
}
#else

// What a piece says of a channel: a value near its mean, and the sums of distances from it and of their squares.
template <class T>
struct Moments {
  T center, sum, squares;
};

template <class T>
void moments_of_piece(const BatchNormProblem& p, const Pieces& pieces, const T* x, std::int64_t c, std::int64_t piece,
                      Moments<T>* out) {
  const hn::ScalableTag<T> d;
  const T count = static_cast<T>(piece_count(p, pieces, piece));
  const auto plain = [&](auto v, auto, auto& sum, auto&) HWY_ATTR { sum = hn::Add(sum, v); };
  if (!pieces.side_by_side) {
    const T center = run_sums(p, pieces, c, piece, x, x, plain).first / count;
    const auto around = hn::Set(d, center);
    const Sums<T> sums = run_sums(p, pieces, c, piece, x, x, [&](auto v, auto, auto& sum, auto& squares) HWY_ATTR {
      const auto distance = hn::Sub(v, around);
      sum = hn::Add(sum, distance);
      squares = hn::MulAdd(distance, distance, squares);
    });
    out[c * pieces.per_channel + piece] = {center, sums.first, sums.second};
    return;
  }
  for (c = 0; c < p.C; c += kLanesOf<T>) {
    const std::int64_t lanes = std::min(p.C - c, kLanesOf<T>);
    auto sum = hn::Zero(d), squares = hn::Zero(d);
    row_sums(p, pieces, c, lanes, piece, x, x, sum, squares, plain);
    const auto around = hn::Div(sum, hn::Set(d, count));
    row_sums(p, pieces, c, lanes, piece, x, x, sum, squares, [&](auto v, auto, auto& s, auto& q) HWY_ATTR {
      const auto distance = hn::Sub(v, around);
      s = hn::Add(s, distance);
      q = hn::MulAdd(distance, distance, q);
    });
    HWY_ALIGN T centers[kLanesOf<T>], firsts[kLanesOf<T>], seconds[kLanesOf<T>];
    hn::Store(around, d, centers);
    hn::Store(sum, d, firsts);
    hn::Store(squares, d, seconds);
    for (std::int64_t j = 0; j < lanes; ++j)
      out[(c + j) * pieces.per_channel + piece] = {centers[j], firsts[j], seconds[j]};
  }
}

// y = (x - mean[c]) * scale[c] + shift[c]
template <class T>
void normalise(const BatchNormProblem& p, const Pieces& pieces, const T* x, const T* mean, const T* scale,
               const T* shift, T* y) {
  const hn::ScalableTag<T> d;
  each_piece(p, pieces, [&](std::int64_t channel, std::int64_t piece) HWY_ATTR {
    if (!pieces.side_by_side) {
      const auto m = hn::Set(d, mean[channel]), s = hn::Set(d, scale[channel]), b = hn::Set(d, shift[channel]);
      each_run(p, pieces, channel, piece, [&](std::int64_t offset, std::int64_t count) HWY_ATTR {
        each_vector(x + offset, count, [&](std::int64_t i, auto v, std::int64_t lanes) HWY_ATTR {
          store_lanes(hn::MulAdd(hn::Sub(v, m), s, b), d, y + offset + i, lanes);
        });
      });
      return;
    }
    const std::int64_t end = std::min((piece + 1) * pieces.rows_per_piece, pieces.rows);
    for (std::int64_t row = piece * pieces.rows_per_piece; row < end; ++row)
      each_vector(x + row * p.C, p.C, [&](std::int64_t c, auto v, std::int64_t lanes) HWY_ATTR {
        const auto distance = hn::Sub(v, load_lanes(d, mean + c, lanes));
        store_lanes(hn::MulAdd(distance, load_lanes(d, scale + c, lanes), load_lanes(d, shift + c, lanes)), d,
                    y + row * p.C + c, lanes);
      });
  });
}

struct Factors {};
struct PieceSums {};

// The factors of normalise from weight and bias, which may be null.
template <class T>
T* normalise_factors(const BatchNormProblem& p, const T* weight, const T* bias, const T* invstd) {
  T* const factors = static_cast<T*>(scratch<Factors>(sizeof(T) * static_cast<std::size_t>(2 * p.C)));
  for (std::int64_t c = 0; c < p.C; ++c) {
    factors[c] = weight ? invstd[c] * weight[c] : invstd[c];
    factors[p.C + c] = bias ? bias[c] : T(0);
  }
  return factors;
}

template <class T>
void forward(const BatchNormProblem& p, const T* x, const T* weight, const T* bias, T* y, T* mean, T* invstd,
             T* variance) {
  const Pieces pieces = pieces_of(p);
  Moments<T>* const moments = static_cast<Moments<T>*>(
      scratch<PieceSums>(sizeof(Moments<T>) * static_cast<std::size_t>(p.C * pieces.per_channel)));
  each_piece(p, pieces,
             [&](std::int64_t c, std::int64_t piece) HWY_ATTR { moments_of_piece(p, pieces, x, c, piece, moments); });
  for (std::int64_t c = 0; c < p.C; ++c) {
    double count = 0, average = 0, squares = 0;
    for (std::int64_t piece = 0; piece < pieces.per_channel; ++piece) {
      const Moments<T>& part = moments[c * pieces.per_channel + piece];
      const double more = double(piece_count(p, pieces, piece)), sum = double(part.sum);
      const double distance = double(part.center) + sum / more - average;
      squares += double(part.squares) - sum * sum / more + distance * distance * (count * more / (count + more));
      average += distance * (more / (count + more));
      count += more;
    }
    mean[c] = static_cast<T>(count > 0 ? average : std::nan(""));
    const double biased = squares > 0 ? squares / count : squares != squares || count == 0 ? std::nan("") : 0;
    variance[c] = static_cast<T>(biased);
    invstd[c] = static_cast<T>(1 / std::sqrt(biased + p.eps));
  }
  const T* const factors = normalise_factors(p, weight, bias, invstd);
  normalise(p, pieces, x, mean, factors, factors + p.C, y);
}

template <class T>
void sums_of_piece(const BatchNormProblem& p, const Pieces& pieces, const T* grad_y, const T* x, const T* mean,
                   std::int64_t c, std::int64_t piece, Sums<T>* out) {
  const hn::ScalableTag<T> d;
  if (!pieces.side_by_side) {
    const auto m = hn::Set(d, mean[c]);
    out[c * pieces.per_channel + piece] =
        run_sums(p, pieces, c, piece, grad_y, x, [&](auto grad, auto v, auto& sum, auto& dot) HWY_ATTR {
          sum = hn::Add(sum, grad);
          dot = hn::MulAdd(grad, hn::Sub(v, m), dot);
        });
    return;
  }
  for (c = 0; c < p.C; c += kLanesOf<T>) {
    const std::int64_t lanes = std::min(p.C - c, kLanesOf<T>);
    const auto m = load_lanes(d, mean + c, lanes);
    auto sum = hn::Zero(d), dot = hn::Zero(d);
    row_sums(p, pieces, c, lanes, piece, grad_y, x, sum, dot, [&](auto grad, auto v, auto& s, auto& q) HWY_ATTR {
      s = hn::Add(s, grad);
      q = hn::MulAdd(grad, hn::Sub(v, m), q);
    });
    HWY_ALIGN T firsts[kLanesOf<T>], seconds[kLanesOf<T>];
    hn::Store(sum, d, firsts);
    hn::Store(dot, d, seconds);
    for (std::int64_t j = 0; j < lanes; ++j) out[(c + j) * pieces.per_channel + piece] = {firsts[j], seconds[j]};
  }
}

// grad_x = (grad_y - offset[c] - (x - mean[c]) * slope[c]) * scale[c]
template <class T>
void combine(const BatchNormProblem& p, const Pieces& pieces, const T* grad_y, const T* x, const T* mean,
             const T* factors, T* grad_x) {
  const hn::ScalableTag<T> d;
  const T *offset = factors, *slope = factors + p.C, *scale = factors + 2 * p.C;
  each_piece(p, pieces, [&](std::int64_t channel, std::int64_t piece) HWY_ATTR {
    if (!pieces.side_by_side) {
      const auto m = hn::Set(d, mean[channel]), o = hn::Set(d, offset[channel]);
      const auto k = hn::Set(d, slope[channel]), s = hn::Set(d, scale[channel]);
      each_run(p, pieces, channel, piece, [&](std::int64_t first, std::int64_t count) HWY_ATTR {
        each_vector(grad_y + first, count, [&](std::int64_t i, auto grad, std::int64_t lanes) HWY_ATTR {
          const auto distance = hn::Sub(load_lanes(d, x + first + i, lanes), m);
          store_lanes(hn::Mul(hn::NegMulAdd(distance, k, hn::Sub(grad, o)), s), d, grad_x + first + i, lanes);
        });
      });
      return;
    }
    const std::int64_t end = std::min((piece + 1) * pieces.rows_per_piece, pieces.rows);
    for (std::int64_t row = piece * pieces.rows_per_piece; row < end; ++row)
      each_vector(grad_y + row * p.C, p.C, [&](std::int64_t c, auto grad, std::int64_t lanes) HWY_ATTR {
        const auto distance = hn::Sub(load_lanes(d, x + row * p.C + c, lanes), load_lanes(d, mean + c, lanes));
        const auto rest =
            hn::NegMulAdd(distance, load_lanes(d, slope + c, lanes), hn::Sub(grad, load_lanes(d, offset + c, lanes)));
        store_lanes(hn::Mul(rest, load_lanes(d, scale + c, lanes)), d, grad_x + row * p.C + c, lanes);
      });
  });
}

template <class T>
void backward(const BatchNormBackward::Problem& p, const T* grad_y, const T* x, const T* weight, const T* mean,
              const T* invstd, T* grad_x, T* grad_weight, T* grad_bias) {
  const Pieces pieces = pieces_of(p);
  T* const factors = static_cast<T*>(scratch<Factors>(sizeof(T) * static_cast<std::size_t>(3 * p.C)));
  const bool sums_wanted = p.training || grad_weight || grad_bias;
  Sums<T>* const sums =
      static_cast<Sums<T>*>(scratch<PieceSums>(sizeof(Sums<T>) * static_cast<std::size_t>(p.C * pieces.per_channel)));
  if (sums_wanted)
    each_piece(p, pieces, [&](std::int64_t c, std::int64_t piece) HWY_ATTR {
      sums_of_piece<T>(p, pieces, grad_y, x, mean, c, piece, sums);
    });
  const double count = double(p.N * p.L);
  for (std::int64_t c = 0; c < p.C; ++c) {
    double sum = 0, dot = 0;
    const double inverse = double(invstd[c]);
    for (std::int64_t piece = 0; sums_wanted && piece < pieces.per_channel; ++piece) {
      sum += double(sums[c * pieces.per_channel + piece].first);
      dot += double(sums[c * pieces.per_channel + piece].second);
    }
    factors[c] = p.training ? static_cast<T>(sum / count) : T(0);
    factors[p.C + c] = p.training ? static_cast<T>(dot * inverse * inverse / count) : T(0);
    factors[2 * p.C + c] = weight ? static_cast<T>(inverse * double(weight[c])) : invstd[c];
    if (grad_weight) grad_weight[c] = static_cast<T>(count > 0 ? dot * inverse : 0);  // of nothing: not 0 * NaN
    if (grad_bias) grad_bias[c] = static_cast<T>(sum);
  }
  combine(p, pieces, grad_y, x, mean, factors, grad_x);
}

void batch_norm_forward(const BatchNormProblem& p, const Context&, const void* x, const void* weight, const void* bias,
                        void* y, void* mean, void* invstd, void* variance) {
  switch_simd(p.dtype, [&]<class T>() HWY_ATTR {
    forward(p, static_cast<const T*>(x), static_cast<const T*>(weight), static_cast<const T*>(bias), static_cast<T*>(y),
            static_cast<T*>(mean), static_cast<T*>(invstd), static_cast<T*>(variance));
  });
}
void batch_norm_inference(const BatchNormProblem& p, const Context&, const void* x, const void* weight,
                          const void* bias, const void* mean, const void* invstd, void* y) {
  switch_simd(p.dtype, [&]<class T>() HWY_ATTR {
    const T* const factors =
        normalise_factors(p, static_cast<const T*>(weight), static_cast<const T*>(bias), static_cast<const T*>(invstd));
    normalise(p, pieces_of(p), static_cast<const T*>(x), static_cast<const T*>(mean), factors, factors + p.C,
              static_cast<T*>(y));
  });
}
void batch_norm_backward(const BatchNormBackward::Problem& p, const Context&, const void* grad_y, const void* x,
                         const void* weight, const void* mean, const void* invstd, void* grad_x, void* grad_weight,
                         void* grad_bias) {
  switch_simd(p.dtype, [&]<class T>() HWY_ATTR {
    backward(p, static_cast<const T*>(grad_y), static_cast<const T*>(x), static_cast<const T*>(weight),
             static_cast<const T*>(mean), static_cast<const T*>(invstd), static_cast<T*>(grad_x),
             static_cast<T*>(grad_weight), static_cast<T*>(grad_bias));
  });
}

#endif

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::cpu {
namespace {

HWY_EXPORT(batch_norm_forward);
HWY_EXPORT(batch_norm_inference);
HWY_EXPORT(batch_norm_backward);

Refusal refuses(const BatchNormProblem& p, const Context&) { return refuse_not_floating(p.dtype); }
Refusal refuses_backward(const BatchNormBackward::Problem& p, const Context&) { return refuse_not_floating(p.dtype); }

// 16-bit elements in float32. Two passes more over the memory, and still several times as fast as element by element.
class Widened {
 public:
  Widened(const BatchNormProblem& p, const Context& context)
      : dtype_(p.dtype), context_(context), numel_(p.N * p.C * p.L), floats_(cpu_allocate(bytes())) {}
  Widened(const BatchNormProblem& p, const Context& context, const void* elements) : Widened(p, context) {
    convert(dtype_, elements, kFloat32, floats_);
  }
  ~Widened() { cpu_free(floats_, bytes()); }
  Widened(const Widened&) = delete;
  Widened& operator=(const Widened&) = delete;

  void* floats() const { return floats_; }
  void round_to(void* elements) const { convert(kFloat32, floats_, dtype_, elements); }

 private:
  std::size_t bytes() const { return sizeof(float) * static_cast<std::size_t>(std::max<std::int64_t>(numel_, 1)); }
  void convert(DType from, const void* x, DType to, void* y) const {
    if (numel_ == 0) return;
    CopyProblem copy{.from = from, .to = to, .loop = {.dims = 1, .sizes = {numel_}, .strides = {{1}, {1}}}};
    kCopyHighway.run(copy, context_, x, y);
  }

  DType dtype_;
  const Context& context_;
  std::int64_t numel_;
  void* floats_;
};

template <class Problem>
Problem in_float32(Problem p) {
  p.dtype = kFloat32;
  return p;
}

void run_forward(const BatchNormProblem& p, const Context& context, const void* x, const void* weight, const void* bias,
                 void* y, void* mean, void* invstd, void* variance) {
  if (element_size(p.dtype) == 2) {
    const Widened in(p, context, x), out(p, context);
    run_forward(in_float32(p), context, in.floats(), weight, bias, out.floats(), mean, invstd, variance);
    return out.round_to(y);
  }
  HWY_DYNAMIC_DISPATCH(batch_norm_forward)(p, context, x, weight, bias, y, mean, invstd, variance);
}
void run_inference(const BatchNormProblem& p, const Context& context, const void* x, const void* weight,
                   const void* bias, const void* mean, const void* invstd, void* y) {
  if (element_size(p.dtype) == 2) {
    const Widened in(p, context, x), out(p, context);
    run_inference(in_float32(p), context, in.floats(), weight, bias, mean, invstd, out.floats());
    return out.round_to(y);
  }
  HWY_DYNAMIC_DISPATCH(batch_norm_inference)(p, context, x, weight, bias, mean, invstd, y);
}
void run_backward(const BatchNormBackward::Problem& p, const Context& context, const void* grad_y, const void* x,
                  const void* weight, const void* mean, const void* invstd, void* grad_x, void* grad_weight,
                  void* grad_bias) {
  if (element_size(p.dtype) == 2) {
    const Widened grad(p, context, grad_y), in(p, context, x), out(p, context);
    run_backward(in_float32(p), context, grad.floats(), in.floats(), weight, mean, invstd, out.floats(), grad_weight,
                 grad_bias);
    return out.round_to(grad_x);
  }
  HWY_DYNAMIC_DISPATCH(batch_norm_backward)
  (p, context, grad_y, x, weight, mean, invstd, grad_x, grad_weight, grad_bias);
}

}  // namespace

constinit const Kernel<BatchNormForward> kBatchNormForwardHighway{"highway", refuses, run_forward};
constinit const Kernel<BatchNormInference> kBatchNormInferenceHighway{"highway", refuses, run_inference};
constinit const Kernel<BatchNormBackward> kBatchNormBackwardHighway{"highway", refuses_backward, run_backward};

}  // namespace cresset::cpu
#endif
