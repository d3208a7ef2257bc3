// Matrix product by plain loops: sums in double, or modulo 2^64 for integers.
#include "backend/cpu/dtype_switch.h"
#include "backend/cpu/matmul_kernels.h"

namespace cresset::cpu {
namespace {

template <class T>
void run_typed(const MatmulProblem& p, const T* a, const T* b, const T* bias, T* c) {
  for (std::int64_t i = 0; i < p.batch; ++i)
    for (std::int64_t m = 0; m < p.M; ++m)
      for (std::int64_t n = 0; n < p.N; ++n) {
        const T* row = a + i * p.a_batch + m * p.a_row;
        const T* column = b + i * p.b_batch + n * p.b_col;
        T& out = c[(i * p.M + m) * p.N + n];
        if constexpr (std::integral<T>) {
          std::uint64_t sum = bias ? static_cast<std::uint64_t>(bias[n]) : 0;
          for (std::int64_t k = 0; k < p.K; ++k)
            sum += static_cast<std::uint64_t>(row[k * p.a_col]) * static_cast<std::uint64_t>(column[k * p.b_row]);
          out = static_cast<T>(sum);
        } else {
          double sum = 0;
          for (std::int64_t k = 0; k < p.K; ++k) sum += double(row[k * p.a_col]) * double(column[k * p.b_row]);
          out = round_to<T>(bias ? sum + double(bias[n]) : sum);
        }
      }
}

Refusal refuses(const MatmulProblem& p, const Context&) { return refuse_bool(p.dtype); }

void run(const MatmulProblem& p, const Context&, const void* a, const void* b, const void* bias, void* c) {
  switch_numeric(p.dtype, [&]<class T>() {
    run_typed(p, static_cast<const T*>(a), static_cast<const T*>(b), static_cast<const T*>(bias), static_cast<T*>(c));
  });
}

}  // namespace

constinit const Kernel<Matmul> kMatmulReference{"reference", refuses, run};

}  // namespace cresset::cpu
