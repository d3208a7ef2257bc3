// The tests' kernels for nvcc: the same sources that the simulator runs. Compiled and linked where there is a toolkit,
// never run.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "block_kernels.cuh"
#include "cp_async_kernels.cuh"
#include "ldmatrix_kernels.cuh"
#include "mma_kernels.cuh"
#if CRESSET_TEST_SM >= 80
#include "reduce_kernels.cuh"
#endif

using namespace cresset::kernels;

int main() {
  const LaunchConfig one{.grid = 1, .block = 32};
  cudaError_t error = launch<positions>(one, nullptr, nullptr, nullptr, nullptr);
  error = launch<reverse>({.grid = 1, .block = 256, .dynamic_shared = 64 << 10}, nullptr, 3);
  error = launch<shuffles>(one, nullptr);
  error = launch<votes>(one, nullptr);
  error = launch<early_exit>(one, nullptr);
  error = launch<counted_barriers>(one, nullptr);
  error = launch<last_block_sums>(one, nullptr, nullptr, nullptr, nullptr);
  error = launch<multiply<Kind::kBf16>>(one, nullptr);
  error = launch<multiply<Kind::kF16>>(one, nullptr);
  error = launch<multiply<Kind::kF16Half>>(one, nullptr);
  error = launch<multiply<Kind::kTf32>>(one, nullptr);
  error = launch<multiply_tf32_bits>(one, 0u, nullptr);
  error = launch<load<1, false>>(one, nullptr, nullptr);
  error = launch<load<2, true>>(one, nullptr, nullptr);
  error = launch<load<4, false>>(one, nullptr, nullptr);
  error = launch<load<4, true>>(one, nullptr, nullptr);
  error = launch<copy<4>>(one, nullptr, nullptr, 4);
  error = launch<copy<8>>(one, nullptr, nullptr, 8);
  error = launch<copy<16>>(one, nullptr, nullptr, 12);
  error = launch<groups>(one, nullptr, nullptr);
#if CRESSET_TEST_SM >= 80
  error = launch<reductions>(one, nullptr);
#endif
  return error == cudaSuccess ? 0 : 1;
}
