// Softmax and its logarithm in float32 and float64.
#include "backend/cpu/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/softmax_highway.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "backend/cpu/dtype_switch.h"
#include "backend/cpu/softmax_kernels.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
#include "backend/cpu/softmax_rows-inl.h"
#endif

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
// Such a machine is below what the library asks for; the result is right, no more.
void softmax_forward(const SoftmaxProblem& p, const Context& context, const void* x, void* y) {
  kSoftmaxForwardReference.run(p, context, x, y);
}
void softmax_backward(const SoftmaxProblem& p, const Context& context, const void* grad_y, const void* y,
                      void* grad_x) {
  kSoftmaxBackwardReference.run(p, context, grad_y, y, grad_x);
}
#else

template <class T>
void forward_row(const SoftmaxProblem& p, const T* x, T* y) {
  const hn::ScalableTag<T> d;
  const auto most = row_max(x, p.C);
  const auto sum = row_exp(x, p.C, most, p.log ? nullptr : y);
  if (p.log) {
    const auto log_sum = log_keeping_nan(d, sum);
    each_vector(x, p.C, [&](std::int64_t c, auto v, std::int64_t lanes) HWY_ATTR {
      store_lanes(hn::Sub(hn::Sub(v, most), log_sum), d, y + c, lanes);
    });
  } else {
    each_vector(y, p.C, [&](std::int64_t c, auto v, std::int64_t lanes) HWY_ATTR {
      store_lanes(hn::Div(v, sum), d, y + c, lanes);
    });
  }
}

template <int kVecs, class T>
void forward_columns(const SoftmaxProblem& p, const T* x, T* y, std::int64_t lanes) {
  const hn::ScalableTag<T> d;
  LanesOf<T> most[kVecs], sum[kVecs];
  column_max<kVecs>(x, p.C, p.inner, lanes, most);
  column_exp<kVecs>(x, p.C, p.inner, lanes, most, p.log ? nullptr : y, sum);
  if (p.log)
    for (auto& v : sum) v = log_keeping_nan(d, v);
  for (std::int64_t at = 0; at < p.C * p.inner; at += p.inner) {
    HWY_UNROLL(4) for (int v = 0; v < kVecs; ++v) {
      const std::int64_t here = at + v * kLanesOf<T>;
      const auto value = load_column<kVecs>((p.log ? x : y) + here, lanes);
      store_column<kVecs>(p.log ? hn::Sub(hn::Sub(value, most[v]), sum[v]) : hn::Div(value, sum[v]), y + here, lanes);
    }
  }
}

template <class T>
HWY_INLINE auto backward_of(const SoftmaxProblem& p, LanesOf<T> grad, LanesOf<T> value, LanesOf<T> sum) {
  const hn::ScalableTag<T> d;
  return p.log ? hn::NegMulAdd(exp_keeping_nan(d, value), sum, grad) : hn::Mul(value, hn::Sub(grad, sum));
}

template <class T>
void backward_row(const SoftmaxProblem& p, const T* grad_y, const T* y, T* grad_x) {
  const hn::ScalableTag<T> d;
  auto sums = hn::Zero(d);
  each_vector(grad_y, p.C, [&](std::int64_t c, auto grad, std::int64_t lanes) HWY_ATTR {
    sums = p.log ? hn::Add(sums, grad) : hn::MulAdd(grad, load_lanes(d, y + c, lanes), sums);
  });
  const auto sum = hn::SumOfLanes(d, sums);
  each_vector(grad_y, p.C, [&](std::int64_t c, auto grad, std::int64_t lanes) HWY_ATTR {
    store_lanes(backward_of<T>(p, grad, load_lanes(d, y + c, lanes), sum), d, grad_x + c, lanes);
  });
}

template <int kVecs, class T>
void backward_columns(const SoftmaxProblem& p, const T* grad_y, const T* y, T* grad_x, std::int64_t lanes) {
  const hn::ScalableTag<T> d;
  LanesOf<T> sum[kVecs];
  for (auto& v : sum) v = hn::Zero(d);
  for (std::int64_t at = 0; at < p.C * p.inner; at += p.inner) {
    HWY_UNROLL(4) for (int v = 0; v < kVecs; ++v) {
      const std::int64_t here = at + v * kLanesOf<T>;
      const auto grad = load_column<kVecs>(grad_y + here, lanes);
      sum[v] = p.log ? hn::Add(sum[v], grad) : hn::MulAdd(grad, load_column<kVecs>(y + here, lanes), sum[v]);
    }
  }
  for (std::int64_t at = 0; at < p.C * p.inner; at += p.inner) {
    HWY_UNROLL(4) for (int v = 0; v < kVecs; ++v) {
      const std::int64_t here = at + v * kLanesOf<T>;
      const auto grad = load_column<kVecs>(grad_y + here, lanes), value = load_column<kVecs>(y + here, lanes);
      store_column<kVecs>(backward_of<T>(p, grad, value, sum[v]), grad_x + here, lanes);
    }
  }
}

void softmax_forward(const SoftmaxProblem& p, const Context&, const void* x, void* y) {
  switch_simd(p.dtype, [&]<class T>() HWY_ATTR {
    const RowSplit<T> split(p.outer, p.C, p.inner);
    parallel_for(split.chunks(), [&](std::int64_t chunk) HWY_ATTR {
      split.each(chunk, [&](std::int64_t o, std::int64_t i, std::int64_t count) HWY_ATTR {
        const std::int64_t at = o * p.C * p.inner + i;
        const T* from = static_cast<const T*>(x) + at;
        T* to = static_cast<T*>(y) + at;
        if (p.inner == 1) return forward_row(p, from, to);
        each_column_group<T>(count, [&](auto vecs, std::int64_t j, std::int64_t lanes) HWY_ATTR {
          forward_columns<decltype(vecs)::value>(p, from + j, to + j, lanes);
        });
      });
    });
  });
}

void softmax_backward(const SoftmaxProblem& p, const Context&, const void* grad_y, const void* y, void* grad_x) {
  switch_simd(p.dtype, [&]<class T>() HWY_ATTR {
    const RowSplit<T> split(p.outer, p.C, p.inner);
    parallel_for(split.chunks(), [&](std::int64_t chunk) HWY_ATTR {
      split.each(chunk, [&](std::int64_t o, std::int64_t i, std::int64_t count) HWY_ATTR {
        const std::int64_t at = o * p.C * p.inner + i;
        const T *grad = static_cast<const T*>(grad_y) + at, *value = static_cast<const T*>(y) + at;
        T* to = static_cast<T*>(grad_x) + at;
        if (p.inner == 1) return backward_row(p, grad, value, to);
        each_column_group<T>(count, [&](auto vecs, std::int64_t j, std::int64_t lanes) HWY_ATTR {
          backward_columns<decltype(vecs)::value>(p, grad + j, value + j, to + j, lanes);
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

HWY_EXPORT(softmax_forward);
HWY_EXPORT(softmax_backward);

Refusal refuses(const SoftmaxProblem& p, const Context&) { return refuse_not_simd(p.dtype); }
void run_forward(const SoftmaxProblem& p, const Context& context, const void* x, void* y) {
  HWY_DYNAMIC_DISPATCH(softmax_forward)(p, context, x, y);
}
void run_backward(const SoftmaxProblem& p, const Context& context, const void* grad_y, const void* y, void* grad_x) {
  HWY_DYNAMIC_DISPATCH(softmax_backward)(p, context, grad_y, y, grad_x);
}

}  // namespace

constinit const Kernel<SoftmaxForward> kSoftmaxForwardHighway{"highway", refuses, run_forward};
constinit const Kernel<SoftmaxBackward> kSoftmaxBackwardHighway{"highway", refuses, run_backward};

}  // namespace cresset::cpu
#endif
