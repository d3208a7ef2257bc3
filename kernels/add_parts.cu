#include "add_parts.cuh"
#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/launch.cuh"

namespace cresset::kernels {
namespace {

template <class T>
__global__ void __launch_bounds__(256) add(std::int64_t n, std::int64_t count, const Accumulator<T>* parts, T* out) {
  const std::int64_t i = element_index();
  if (i >= n) return;
  Accumulator<T> sum = 0;
  for (std::int64_t k = 0; k < count; ++k) sum += parts[k * n + i];
  out[i] = convert<T>(sum);
}

}  // namespace

cudaError_t add_parts(DType dtype, std::int64_t n, std::int64_t count, const void* parts, void* out,
                      cudaStream_t stream) {
  cudaError_t error = cudaSuccess;
  switch_floating(dtype, [&]<class T>() {
    error = launch<add<T>>(element_grid(n, 1, stream), n, count, static_cast<const Accumulator<T>*>(parts),
                           static_cast<T*>(out));
  });
  return error;
}

}  // namespace cresset::kernels
