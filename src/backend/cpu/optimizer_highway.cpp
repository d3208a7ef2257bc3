// The optimisers' steps in one pass over all parameters, vectorised for each target; 16-bit types are computed in
// float32.
#include "backend/cpu/highway_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/optimizer_highway.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "backend/cpu/convert.h"
#include "backend/cpu/half_convert-inl.h"
#include "backend/cpu/map-inl.h"
#include "backend/cpu/optimizer_kernels.h"
#include "core/team.h"

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// One element's worth of everything.
template <class V>
struct Element {
  V param, grad, state[3];
};

template <class D>
struct SgdRule {
  using T = hn::TFromD<D>;
  using V = hn::Vec<D>;
  SgdRule(const SgdProblem& p, const OptimizerTensor& t)
      : momentum(static_cast<T>(p.momentum)),
        kept(static_cast<T>(1 - p.dampening)),
        decay(static_cast<T>(p.weight_decay)),
        lr(static_cast<T>(-p.lr)),
        first(t.first),
        nesterov(p.nesterov),
        maximize(p.maximize),
        states(p.momentum != 0 ? 1 : 0) {}
  HWY_INLINE void operator()(D d, Element<V>& e) const {
    V grad = maximize ? hn::Neg(e.grad) : e.grad;
    if (decay != 0) grad = hn::MulAdd(hn::Set(d, decay), e.param, grad);
    if (states != 0) {
      e.state[0] = first ? grad : hn::MulAdd(grad, hn::Set(d, kept), hn::Mul(e.state[0], hn::Set(d, momentum)));
      grad = nesterov ? hn::MulAdd(hn::Set(d, momentum), e.state[0], grad) : e.state[0];
    }
    e.param = hn::MulAdd(hn::Set(d, lr), grad, e.param);
  }
  T momentum, kept, decay, lr;
  bool first, nesterov, maximize;
  int states;
};

template <class D>
struct AdamRule {
  using T = hn::TFromD<D>;
  using V = hn::Vec<D>;
  AdamRule(const AdamProblem& p, const OptimizerTensor& t)
      : average(static_cast<T>(1 - p.beta1)),
        beta2(static_cast<T>(p.beta2)),
        square(static_cast<T>(1 - p.beta2)),
        eps(static_cast<T>(p.eps)),
        decay(static_cast<T>(p.decoupled ? 1 - p.lr * p.weight_decay : p.weight_decay)),
        step(static_cast<T>(-p.lr / (1 - std::pow(p.beta1, t.step)))),
        root(static_cast<T>(std::sqrt(1 - std::pow(p.beta2, t.step)))),
        amsgrad(p.amsgrad),
        maximize(p.maximize),
        decoupled(p.decoupled),
        decays(p.weight_decay != 0),
        states(p.amsgrad ? 3 : 2) {}
  HWY_INLINE void operator()(D d, Element<V>& e) const {
    V grad = maximize ? hn::Neg(e.grad) : e.grad;
    if (decays && decoupled) e.param = hn::Mul(e.param, hn::Set(d, decay));
    if (decays && !decoupled) grad = hn::MulAdd(hn::Set(d, decay), e.param, grad);
    e.state[0] = hn::MulAdd(hn::Sub(grad, e.state[0]), hn::Set(d, average), e.state[0]);
    e.state[1] = hn::MulAdd(hn::Mul(grad, grad), hn::Set(d, square), hn::Mul(e.state[1], hn::Set(d, beta2)));
    V v = e.state[1];
    if (amsgrad) v = e.state[2] = hn::IfThenElse(hn::Or(hn::IsNaN(e.state[2]), hn::Gt(e.state[2], v)), e.state[2], v);
    const V denominator = hn::Add(hn::Div(hn::Sqrt(v), hn::Set(d, root)), hn::Set(d, eps));
    e.param = hn::Add(e.param, hn::Mul(hn::Set(d, step), hn::Div(e.state[0], denominator)));
  }
  T average, beta2, square, eps, decay, step, root;
  bool amsgrad, maximize, decoupled, decays;
  int states;
};

template <class D, class Rule>
void step_dense(D d, const Rule& rule, hn::TFromD<D>* param, const hn::TFromD<D>* grad, hn::TFromD<D>* const* state,
                std::int64_t count) {
  using V = hn::Vec<D>;
  const auto n = static_cast<std::size_t>(count), lanes = hn::Lanes(d);
  const int states = rule.states;
  Element<V> e;
  for (V& s : e.state) s = hn::Zero(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    e.param = hn::LoadU(d, param + i);
    e.grad = hn::LoadU(d, grad + i);
    for (int k = 0; k < states; ++k) e.state[k] = hn::LoadU(d, state[k] + i);
    rule(d, e);
    hn::StoreU(e.param, d, param + i);
    for (int k = 0; k < states; ++k) hn::StoreU(e.state[k], d, state[k] + i);
  }
  if (i == n) return;
  e.param = load_part(d, param + i, n - i);
  e.grad = load_part(d, grad + i, n - i);
  for (int k = 0; k < states; ++k) e.state[k] = load_part(d, state[k] + i, n - i);
  rule(d, e);
  store_part(e.param, d, param + i, n - i);
  for (int k = 0; k < states; ++k) store_part(e.state[k], d, state[k] + i, n - i);
}

// 16-bit gradients beside float32 master weights are widened, and the parameter written, block by block.
template <template <class> class Rule, class Low, class Problem>
void step_masters(const Problem& p, const OptimizerTensor& t, std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t kBlock = 256;
  const hn::ScalableTag<float> d;
  const Rule<decltype(d)> rule(p, t);
  auto* master = static_cast<float*>(t.param);
  HWY_ALIGN float grad[kBlock];
  for (std::int64_t i = begin; i < end; i += kBlock) {
    const std::int64_t n = std::min(kBlock, end - i);
    float* state[3];
    for (int k = 0; k < 3; ++k) state[k] = t.state[k] ? static_cast<float*>(t.state[k]) + i : nullptr;
    to_float(static_cast<const Low*>(t.grad) + i, grad, n);
    step_dense(d, rule, master + i, grad, state, n);
    from_float(static_cast<const float*>(master + i), static_cast<Low*>(t.low_param) + i, n);
  }
}

template <template <class> class Rule, class T, class Low, class Problem>
void step_range(const Problem& p, const OptimizerTensor& t, std::int64_t begin, std::int64_t end) {
  if constexpr (!std::is_same_v<T, Low>) return step_masters<Rule, Low>(p, t, begin, end);
  auto* param = static_cast<T*>(t.param);
  const auto* grad = static_cast<const T*>(t.grad);
  T* state[3];
  for (int k = 0; k < 3; ++k) state[k] = static_cast<T*>(t.state[k]);
  if constexpr (sizeof(T) == 2) {
    constexpr std::int64_t kBlock = 256;
    const hn::ScalableTag<float> d;
    const Rule<decltype(d)> rule(p, t);
    HWY_ALIGN float wide[5][kBlock];
    float* const wide_state[3] = {wide[2], wide[3], wide[4]};
    for (std::int64_t i = begin; i < end; i += kBlock) {
      const std::int64_t n = std::min(kBlock, end - i);
      to_float(param + i, wide[0], n);
      to_float(grad + i, wide[1], n);
      for (int k = 0; k < rule.states; ++k) to_float(state[k] + i, wide_state[k], n);
      step_dense(d, rule, wide[0], wide[1], wide_state, n);
      from_float(static_cast<const float*>(wide[0]), param + i, n);
      for (int k = 0; k < rule.states; ++k) from_float(static_cast<const float*>(wide_state[k]), state[k] + i, n);
    }
  } else {
    const hn::ScalableTag<T> d;
    const Rule<decltype(d)> rule(p, t);
    for (int k = 0; k < 3; ++k)
      if (state[k] != nullptr) state[k] += begin;
    step_dense(d, rule, param + begin, grad + begin, state, end - begin);
  }
}

void sgd_range(const SgdProblem& p, const OptimizerTensor& t, std::int64_t begin, std::int64_t end) {
  switch_types(p.dtype, p.low_dtype, [&]<class T, class Low>() { step_range<SgdRule, T, Low>(p, t, begin, end); });
}

void adam_range(const AdamProblem& p, const OptimizerTensor& t, std::int64_t begin, std::int64_t end) {
  switch_types(p.dtype, p.low_dtype, [&]<class T, class Low>() { step_range<AdamRule, T, Low>(p, t, begin, end); });
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cresset::cpu {

HWY_EXPORT(sgd_range);
HWY_EXPORT(adam_range);

namespace {

constexpr std::int64_t kChunk = 16384;

// Elements are independent, so a chunk is any run of elements, counted through all tensors.
template <class Problem, class Range>
void for_all(const Problem& p, const OptimizerTensor* tensors, std::int64_t count, Range range) {
  std::int64_t total = 0;
  for (std::int64_t k = 0; k < count; ++k) total += tensors[k].size;
  parallel_for((total + kChunk - 1) / kChunk, [&](std::int64_t chunk) {
    std::int64_t begin = chunk * kChunk, end = std::min(total, begin + kChunk);
    for (std::int64_t k = 0; k < count && end > 0; ++k) {
      const std::int64_t size = tensors[k].size;
      if (begin < size) range(p, tensors[k], std::max<std::int64_t>(begin, 0), std::min(end, size));
      begin -= size;
      end -= size;
    }
  });
}

void run_sgd(const SgdProblem& p, const Context&, const OptimizerTensor* tensors, std::int64_t count) {
  for_all(p, tensors, count, HWY_DYNAMIC_DISPATCH(sgd_range));
}
void run_adam(const AdamProblem& p, const Context&, const OptimizerTensor* tensors, std::int64_t count) {
  for_all(p, tensors, count, HWY_DYNAMIC_DISPATCH(adam_range));
}

Refusal refuse_sgd(const SgdProblem& p, const Context&) { return refuse_not_floating(p.dtype); }
Refusal refuse_adam(const AdamProblem& p, const Context&) { return refuse_not_floating(p.dtype); }

}  // namespace

constinit const Kernel<SgdStep> kSgdStepHighway = {"highway", refuse_sgd, run_sgd};
constinit const Kernel<AdamStep> kAdamStepHighway = {"highway", refuse_adam, run_adam};

}  // namespace cresset::cpu
#endif  // HWY_ONCE
