// GradScaler's pass over the gradients.
#include <algorithm>
#include <atomic>
#include <cmath>

#include "backend/cpu/convert.h"
#include "backend/cpu/grad_unscale_kernels.h"
#include "core/team.h"

namespace cresset::cpu {
namespace {

constexpr std::int64_t kChunk = 16384;

template <class T>
bool unscale(T* grad, std::int64_t count, float factor) {
  using C = std::conditional_t<sizeof(T) == 2, float, T>;
  bool finite = true;
  for (std::int64_t i = 0; i < count; ++i) {
    const C value = convert<C>(grad[i]);
    finite &= std::isfinite(value);
    grad[i] = convert<T>(value * static_cast<C>(factor));
  }
  return finite;
}

void run_unscale(const GradUnscaleProblem& p, const Context&, const ScaledGrad* grads, std::int64_t count,
                 const float* inv_scale, float* found_inf) {
  std::atomic<bool> all_finite{true};
  for (std::int64_t k = 0; k < count; ++k)
    parallel_for((grads[k].size + kChunk - 1) / kChunk, [&](std::int64_t chunk) {
      const std::int64_t begin = chunk * kChunk, n = std::min(kChunk, grads[k].size - begin);
      switch_floating(p.dtype, [&]<class T>() {
        if (!unscale(static_cast<T*>(grads[k].grad) + begin, n, *inv_scale))
          all_finite.store(false, std::memory_order_relaxed);
      });
    });
  if (!all_finite) *found_inf = 1;
}

Refusal refuses(const GradUnscaleProblem& p, const Context&) { return refuse_not_floating(p.dtype); }

}  // namespace

constinit const Kernel<GradUnscale> kGradUnscaleReference = {"reference", refuses, run_unscale};

}  // namespace cresset::cpu
