#include "common/elements.cuh"
#include "common/launch.cuh"
#include "where.cuh"

namespace cresset::kernels {
namespace {

// Elements are moved as bits of their size.
template <class T>
__global__ void __launch_bounds__(256)
    where_strided(std::int64_t n, StridedLoop<4> loop, const bool* condition, Operand<T> a, Operand<T> b, T* y) {
  const std::int64_t i = element_index();
  if (i >= n) return;
  std::int64_t at[4];
  locate(loop, i, at);
  y[at[0]] = condition[at[1]] ? a[at[2]] : b[at[3]];
}

template <class T>
cudaError_t launch_as(const WhereProblem& p, const bool* condition, const void* a, const void* b, void* y,
                      cudaStream_t stream) {
  const std::int64_t n = p.loop.numel();
  return launch<where_strided<T>>(element_grid(n, 1, stream), n, p.loop, condition, operand_of<T>(a, p.a_on_host),
                                  operand_of<T>(b, p.b_on_host), static_cast<T*>(y));
}

}  // namespace

cudaError_t where(const WhereProblem& p, const bool* condition, const void* a, const void* b, void* y,
                  cudaStream_t stream) {
  if (p.loop.numel() == 0) return cudaSuccess;
  switch (element_size(p.dtype)) {
    case 1: return launch_as<std::uint8_t>(p, condition, a, b, y, stream);
    case 2: return launch_as<std::uint16_t>(p, condition, a, b, y, stream);
    case 4: return launch_as<std::uint32_t>(p, condition, a, b, y, stream);
    default: return launch_as<std::uint64_t>(p, condition, a, b, y, stream);
  }
}

}  // namespace cresset::kernels
