// Cross-entropy with class indices in float32 and float64: one pass for the greatest logit, one for the exponentials.
#include "backend/cpu/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/cross_entropy_highway.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cmath>

#include "backend/cpu/cross_entropy_kernels.h"
#include "backend/cpu/dtype_switch.h"
#include "backend/cpu/scratch.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
#include "backend/cpu/softmax_rows-inl.h"
#endif

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
// Such a machine is below what the library asks for; the result is right, no more.
void cross_entropy_forward(const CrossEntropyProblem& p, const Context& context, const void* x,
                           const std::int64_t* target, const void* weight, void* loss, void* logsumexp,
                           void* total_weight) {
  kCrossEntropyForwardReference.run(p, context, x, target, weight, loss, logsumexp, total_weight);
}
void cross_entropy_backward(const CrossEntropyProblem& p, const Context& context, const void* grad_loss, const void* x,
                            const std::int64_t* target, const void* weight, const void* logsumexp,
                            const void* total_weight, void* grad_x) {
  kCrossEntropyBackwardReference.run(p, context, grad_loss, x, target, weight, logsumexp, total_weight, grad_x);
}
#else

// Sums of one chunk, in double so that the total is the same to the last bit of float32 for any batch.
struct Total {
  double loss, weight;
};

// The sum of weight[c] * (most - x[c]) over the classes, for label smoothing; weight null: 1.
template <class T>
HWY_INLINE LanesOf<T> row_distance(const T* x, std::int64_t C, const T* weight, LanesOf<T> most) {
  const hn::ScalableTag<T> d;
  auto sum = hn::Zero(d);
  each_vector(x, C, [&](std::int64_t c, auto v, std::int64_t lanes) HWY_ATTR {
    const auto distance = keep_lanes(d, hn::Sub(most, v), lanes);
    sum = weight ? hn::MulAdd(load_lanes(d, weight + c, lanes), distance, sum) : hn::Add(sum, distance);
  });
  return hn::SumOfLanes(d, sum);
}
template <int kVecs, class V, class T>
HWY_INLINE void store_columns(const V (&from)[kVecs], T* to) {
  for (int v = 0; v < kVecs; ++v) hn::StoreU(from[v], hn::ScalableTag<T>(), to + v * kLanesOf<T>);
}
template <int kVecs, class T>
HWY_INLINE void column_distance(const T* x, std::int64_t C, std::int64_t stride, std::int64_t lanes, const T* weight,
                                const LanesOf<T> (&most)[kVecs], T* out) {
  const hn::ScalableTag<T> d;
  LanesOf<T> sum[kVecs];
  for (auto& v : sum) v = hn::Zero(d);
  for (std::int64_t c = 0; c < C; ++c) {
    const auto factor = hn::Set(d, weight ? weight[c] : T(1));
    HWY_UNROLL(4) for (int v = 0; v < kVecs; ++v) {
      const auto value = load_column<kVecs>(x + c * stride + v * kLanesOf<T>, lanes);
      sum[v] = hn::MulAdd(factor, hn::Sub(most[v], value), sum[v]);
    }
  }
  store_columns(sum, out);
}

// One value for each row of a group.
template <class T>
struct ColumnValues {
  static constexpr std::int64_t kSize = kColumnVecs * kLanesOf<T>;
  HWY_ALIGN T most[kSize], sum[kSize], distance[kSize];
};
template <class T>
void column_values(const CrossEntropyProblem& p, const T* x, std::int64_t count, const T* weight,
                   ColumnValues<T>& values) {
  each_column_group<T>(count, [&](auto vecs, std::int64_t j, std::int64_t lanes) HWY_ATTR {
    constexpr int kVecs = decltype(vecs)::value;
    LanesOf<T> most[kVecs], sum[kVecs];
    column_max<kVecs>(x + j, p.C, p.inner, lanes, most);
    column_exp<kVecs>(x + j, p.C, p.inner, lanes, most, nullptr, sum);
    store_columns(most, values.most + j);
    store_columns(sum, values.sum + j);
    if (p.label_smoothing != 0) column_distance<kVecs>(x + j, p.C, p.inner, lanes, weight, most, values.distance + j);
  });
}

template <class T>
double sum_of_weights(const CrossEntropyProblem& p, const T* weight) {
  if (!weight) return double(p.C);
  double sum = 0;
  for (std::int64_t c = 0; c < p.C; ++c) sum += double(weight[c]);
  return sum;
}

template <class T>
void forward(const CrossEntropyProblem& p, const T* x, const std::int64_t* target, const T* weight, T* loss,
             T* logsumexp, T* total_weight) {
  const hn::ScalableTag<T> d;
  const RowSplit<T> split(p.N, p.C, p.inner);
  struct Totals {};
  const std::int64_t chunks = split.chunks();
  Total* const totals = static_cast<Total*>(scratch<Totals>(sizeof(Total) * static_cast<std::size_t>(chunks)));
  const T smooth = static_cast<T>(p.label_smoothing / double(p.C)), sharp = static_cast<T>(1 - p.label_smoothing);
  const T all_weights = smooth != 0 ? static_cast<T>(sum_of_weights(p, weight)) : T(0);
  parallel_for(chunks, [&](std::int64_t chunk) HWY_ATTR {
    Total total{0, 0};
    split.each(chunk, [&](std::int64_t n, std::int64_t i, std::int64_t count) HWY_ATTR {
      ColumnValues<T> values;
      const T* from = x + n * p.C * p.inner + i;
      if (p.inner == 1) {
        const auto m = row_max(from, p.C);
        hn::StoreU(m, d, values.most);
        hn::StoreU(row_exp(from, p.C, m, nullptr), d, values.sum);
        if (smooth != 0) hn::StoreU(row_distance(from, p.C, weight, m), d, values.distance);
      } else {
        column_values(p, from, count, weight, values);
      }
      for (std::int64_t j = 0; j < count; ++j) {
        const std::int64_t at = n * p.inner + i + j, label = target[at];
        const T log_sum = std::log(values.sum[j]);
        logsumexp[at] = values.most[j] + log_sum;
        T value = 0;
        if (label != p.ignore_index) {
          const T share = weight ? weight[label] : T(1);
          // most - x + log(sum) and not logsumexp - x, which loses digits where x is large.
          if (sharp != 0) value = sharp * share * (values.most[j] - from[label * p.inner + j] + log_sum);
          if (smooth != 0) value += smooth * (values.distance[j] + all_weights * log_sum);
          total.weight += double(share);
        }
        total.loss += double(value);
        if (p.reduction == Reduction::none) loss[at] = value;
      }
    });
    totals[chunk] = total;
  });
  Total total{0, 0};
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    total.loss += totals[chunk].loss;
    total.weight += totals[chunk].weight;
  }
  if (p.reduction == Reduction::sum) *loss = static_cast<T>(total.loss);
  if (p.reduction == Reduction::mean) *loss = static_cast<T>(total.loss / total.weight);
  *total_weight = static_cast<T>(total.weight);
}

// What one position's gradient is made of: grad_x[c] = softmax part * exp - smooth part * weight[c], less `hit` at the
// label.
template <class T>
struct Parts {
  T scale, smooth, hit;
};
template <class T>
struct PartsOf {
  const CrossEntropyProblem& p;
  const T *grad_loss, *weight;
  T total_weight, smooth, sharp, all_weights;
  HWY_INLINE Parts<T> operator()(std::int64_t at, std::int64_t label, T sum) const {
    const T share = weight ? weight[label] : T(1);
    T grad = grad_loss[p.reduction == Reduction::none ? at : 0];
    if (p.reduction == Reduction::mean) grad /= total_weight;
    // exp / sum: the division, by nearly 1, takes out the rounding of logsumexp.
    return {grad * (sharp * share + smooth * all_weights) / sum, grad * smooth, grad * sharp * share};
  }
};

template <class T>
void backward_row(const PartsOf<T>& parts_of, const T* x, std::int64_t label, std::int64_t at, T logsumexp, T* grad_x) {
  const hn::ScalableTag<T> d;
  const std::int64_t C = parts_of.p.C;
  if (label == parts_of.p.ignore_index) {
    std::fill(grad_x, grad_x + C, T(0));
    return;
  }
  const auto shift = hn::Set(d, logsumexp);
  const Parts<T> parts = parts_of(at, label, hn::GetLane(row_exp(x, C, shift, grad_x)));
  const auto scale = hn::Set(d, parts.scale), smooth = hn::Set(d, parts.smooth);
  each_vector(grad_x, C, [&](std::int64_t c, auto e, std::int64_t lanes) HWY_ATTR {
    auto grad = hn::Mul(e, scale);
    if (parts_of.smooth != 0)
      grad = parts_of.weight ? hn::NegMulAdd(smooth, load_lanes(d, parts_of.weight + c, lanes), grad)
                             : hn::Sub(grad, smooth);
    store_lanes(grad, d, grad_x + c, lanes);
  });
  grad_x[label] -= parts.hit;
}

template <int kVecs, class T>
void backward_columns(const PartsOf<T>& parts_of, const T* x, const std::int64_t* target, std::int64_t at,
                      std::int64_t lanes, const T* logsumexp, T* grad_x) {
  const hn::ScalableTag<T> d;
  const CrossEntropyProblem& p = parts_of.p;
  constexpr std::int64_t kSize = kVecs * kLanesOf<T>;
  HWY_ALIGN T sums[kSize], scales[kSize] = {}, smooths[kSize] = {}, hits[kSize];
  LanesOf<T> shift[kVecs], sum[kVecs];
  for (int v = 0; v < kVecs; ++v) shift[v] = load_column<kVecs>(logsumexp + at + v * kLanesOf<T>, lanes);
  column_exp<kVecs>(x, p.C, p.inner, lanes, shift, grad_x, sum);
  store_columns(sum, sums);
  const std::int64_t count = kVecs == 1 ? lanes : kSize;
  for (std::int64_t j = 0; j < count; ++j) {
    if (target[at + j] == p.ignore_index) continue;
    const Parts<T> parts = parts_of(at + j, target[at + j], sums[j]);
    scales[j] = parts.scale;
    smooths[j] = parts.smooth;
    hits[j] = parts.hit;
  }
  for (std::int64_t c = 0; c < p.C; ++c) {
    const auto factor = hn::Set(d, parts_of.weight ? parts_of.weight[c] : T(1));
    HWY_UNROLL(4) for (int v = 0; v < kVecs; ++v) {
      T* const to = grad_x + c * p.inner + v * kLanesOf<T>;
      const auto scale = hn::Load(d, scales + v * kLanesOf<T>), smooth = hn::Load(d, smooths + v * kLanesOf<T>);
      store_column<kVecs>(hn::MulSub(load_column<kVecs>(to, lanes), scale, hn::Mul(smooth, factor)), to, lanes);
    }
  }
  for (std::int64_t j = 0; j < count; ++j) {
    if (target[at + j] != p.ignore_index)
      grad_x[target[at + j] * p.inner + j] -= hits[j];
    else
      for (std::int64_t c = 0; c < p.C; ++c) grad_x[c * p.inner + j] = 0;
  }
}

void cross_entropy_forward(const CrossEntropyProblem& p, const Context&, const void* x, const std::int64_t* target,
                           const void* weight, void* loss, void* logsumexp, void* total_weight) {
  switch_simd(p.dtype, [&]<class T>() HWY_ATTR {
    forward(p, static_cast<const T*>(x), target, static_cast<const T*>(weight), static_cast<T*>(loss),
            static_cast<T*>(logsumexp), static_cast<T*>(total_weight));
  });
}

void cross_entropy_backward(const CrossEntropyProblem& p, const Context&, const void* grad_loss, const void* x,
                            const std::int64_t* target, const void* weight, const void* logsumexp,
                            const void* total_weight, void* grad_x) {
  switch_simd(p.dtype, [&]<class T>() HWY_ATTR {
    const T* shares = static_cast<const T*>(weight);
    const PartsOf<T> parts_of{p,
                              static_cast<const T*>(grad_loss),
                              shares,
                              *static_cast<const T*>(total_weight),
                              static_cast<T>(p.label_smoothing / double(p.C)),
                              static_cast<T>(1 - p.label_smoothing),
                              p.label_smoothing != 0 ? static_cast<T>(sum_of_weights(p, shares)) : T(0)};
    const RowSplit<T> split(p.N, p.C, p.inner);
    parallel_for(split.chunks(), [&](std::int64_t chunk) HWY_ATTR {
      split.each(chunk, [&](std::int64_t n, std::int64_t i, std::int64_t count) HWY_ATTR {
        const std::int64_t first = n * p.C * p.inner + i, at = n * p.inner + i;
        const T *from = static_cast<const T*>(x) + first, *lse = static_cast<const T*>(logsumexp);
        T* to = static_cast<T*>(grad_x) + first;
        if (p.inner == 1) return backward_row(parts_of, from, target[at], at, lse[at], to);
        each_column_group<T>(count, [&](auto vecs, std::int64_t j, std::int64_t lanes) HWY_ATTR {
          backward_columns<decltype(vecs)::value>(parts_of, from + j, target, at + j, lanes, lse, to + j);
        });
      });
    });
  });
}

#endif

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::cpu {
namespace {

HWY_EXPORT(cross_entropy_forward);
HWY_EXPORT(cross_entropy_backward);

Refusal refuses(const CrossEntropyProblem& p, const Context&) { return refuse_not_simd(p.dtype); }
void run_forward(const CrossEntropyProblem& p, const Context& context, const void* x, const std::int64_t* target,
                 const void* weight, void* loss, void* logsumexp, void* total_weight) {
  HWY_DYNAMIC_DISPATCH(cross_entropy_forward)(p, context, x, target, weight, loss, logsumexp, total_weight);
}
void run_backward(const CrossEntropyProblem& p, const Context& context, const void* grad_loss, const void* x,
                  const std::int64_t* target, const void* weight, const void* logsumexp, const void* total_weight,
                  void* grad_x) {
  HWY_DYNAMIC_DISPATCH(cross_entropy_backward)
  (p, context, grad_loss, x, target, weight, logsumexp, total_weight, grad_x);
}

}  // namespace

constinit const Kernel<CrossEntropyForward> kCrossEntropyForwardHighway{"highway", refuses, run_forward};
constinit const Kernel<CrossEntropyBackward> kCrossEntropyBackwardHighway{"highway", refuses, run_backward};

}  // namespace cresset::cpu
#endif
