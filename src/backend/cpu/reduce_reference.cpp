// Reductions, one output after the other, in double or int64.
#include "backend/cpu/convert.h"
#include "backend/cpu/integer_math.h"
#include "backend/cpu/reduce_kernels.h"
#include "backend/cpu/strided_loop.h"

namespace cresset::cpu {
namespace {

// The dimensions that stay and those that go, as loops of their own.
void split(const ReduceProblem& p, StridedLoop<1>& kept, StridedLoop<1>& gone) {
  kept.dims = gone.dims = 0;
  for (int d = 0; d < p.dims; ++d) {
    StridedLoop<1>& loop = p.reduced[d] ? gone : kept;
    loop.sizes[loop.dims] = p.sizes[d];
    loop.strides[0][loop.dims++] = p.strides[d];
  }
}

template <class T, class Out>
void run_typed(const ReduceProblem& p, const T* x, Out* y, std::int64_t* indices) {
  using Wide = std::conditional_t<kIsFloating<T>, double, std::int64_t>;
  StridedLoop<1> kept, gone;
  split(p, kept, gone);
  std::int64_t out = 0;
  for_each_element(kept, [&](const std::int64_t* base) {
    Wide sum = 0, best = 0;
    std::int64_t count = 0, best_at = 0;
    bool all = true, any = false;
    const bool largest = p.op == ReduceOp::max || p.op == ReduceOp::argmax;
    for_each_element(gone, [&](const std::int64_t* at) {
      const Wide value = convert<Wide>(x[*base + *at]);
      if constexpr (kIsFloating<T>)
        sum += value;
      else
        sum = wrap_add(sum, value);
      all = all && value != 0;
      any = any || value != 0;
      if (count == 0 || (best == best && (value != value || (largest ? value > best : value < best)))) {
        best = value;
        best_at = count;
      }
      ++count;
    });
    switch (p.op) {
      case ReduceOp::sum: y[out] = convert<Out>(sum); break;
      case ReduceOp::mean: y[out] = convert<Out>(static_cast<double>(sum) / static_cast<double>(count)); break;
      case ReduceOp::all: y[out] = convert<Out>(static_cast<std::int64_t>(all)); break;
      case ReduceOp::any: y[out] = convert<Out>(static_cast<std::int64_t>(any)); break;
      default:
        if (y != nullptr) y[out] = convert<Out>(best);
        if (indices != nullptr) indices[out] = best_at;
    }
    ++out;
  });
}

void run(const ReduceProblem& p, const Context&, const void* x, void* y, std::int64_t* indices) {
  switch_dtype(p.dtype, [&]<class T>() {
    switch_dtype(p.out_dtype,
                 [&]<class Out>() { run_typed(p, static_cast<const T*>(x), static_cast<Out*>(y), indices); });
  });
}

}  // namespace

constinit const Kernel<Reduce> kReduceReference = {"reference", nullptr, run};

}  // namespace cresset::cpu
