#include <type_traits>

#include "check_range.cuh"
#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/error_word.cuh"
#include "common/launch.cuh"

namespace cresset::kernels {
namespace {

template <class T>
__device__ bool is_in_range(T x) {
  if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::int32_t>)
    return x >= 0;
  else
    return widen(x) >= 0 && widen(x) <= 1;  // NaN is not
}

template <class T>
__global__ void __launch_bounds__(256) check_elements(std::int64_t n, const T* x, ErrorWord* word, int site) {
  const std::int64_t i = element_index();
  if (i < n && !is_in_range(x[i])) report_error(word, site, 0, 0, i);
}

}  // namespace

cudaError_t check_range(const CheckRangeProblem& p, const void* x, ErrorWord* word, int site, cudaStream_t stream) {
  if (p.n == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  const auto run = [&]<class T>() {
    error = launch<check_elements<T>>(element_grid(p.n, 1, stream), p.n, static_cast<const T*>(x), word, site);
  };
  if (p.check == RangeCheck::probability)
    switch_floating(p.dtype, run);
  else if (p.dtype == kInt64)
    run.operator()<std::int64_t>();
  else if (p.dtype == kInt32)
    run.operator()<std::int32_t>();  // and bytes are never negative
  return error;
}

}  // namespace cresset::kernels
