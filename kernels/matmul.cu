#include "common/dtype.cuh"
#include "common/gemm.cuh"
#include "common/gemm_tiles.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "common/source.cuh"
#include "matmul.cuh"

namespace cresset::kernels {
namespace {

struct Product {
  std::int64_t batch, M, N, K, a_batch, b_batch;
  std::int64_t tiles_n;
};

template <class T, class Tile, bool kAlongKA, bool kAlongKB>
__global__ void __launch_bounds__(256, 1) multiply(Product p, bool relu, MatrixSource<T, kAlongKA, std::int64_t> a,
                                                   MatrixSource<T, kAlongKB, std::int64_t> b, const T* bias, T* c) {
  using C = Accumulator<T>;
  const std::int64_t m0 = blockIdx.x / p.tiles_n * Tile::kM, n0 = blockIdx.x % p.tiles_n * Tile::kN;
  for (std::int64_t i = blockIdx.z; i < p.batch; i += gridDim.z) {
    auto rows = a;
    auto columns = b;
    rows.base += i * p.a_batch;
    columns.base += i * p.b_batch;
    gemm_tile<C, Tile>(rows, columns, m0, n0, std::int64_t{0}, p.K, [&](std::int64_t m, std::int64_t n, C sum) {
      if (m >= p.M || n >= p.N) return;
      if (bias != nullptr) sum += static_cast<C>(widen(bias[n]));
      if (relu) sum = above_zero(sum);
      c[(i * p.M + m) * p.N + n] = convert<T>(sum);
    });
  }
}

template <class T, class Tile>
cudaError_t launch_tiles(const MatmulProblem& p, bool relu, const void* a, const void* b, const void* bias, void* c,
                         cudaStream_t stream) {
  const std::int64_t tiles_m = (p.M + Tile::kM - 1) / Tile::kM, tiles_n = (p.N + Tile::kN - 1) / Tile::kN;
  const LaunchConfig config{.grid = dim3(static_cast<unsigned>(tiles_m * tiles_n), 1,
                                         static_cast<unsigned>(p.batch < 65535 ? p.batch : 65535)),
                            .block = dim3(Tile::kThreads),
                            .stream = stream};
  const Product product{p.batch, p.M, p.N, p.K, p.a_batch, p.b_batch, tiles_n};
  cudaError_t error = cudaSuccess;
  const auto with_a = [&]<bool kAlongKA>() {
    const MatrixSource<T, kAlongKA, std::int64_t> rows{static_cast<const T*>(a), p.M, p.K, p.a_row, p.a_col};
    const auto with_b = [&]<bool kAlongKB>() {
      const MatrixSource<T, kAlongKB, std::int64_t> columns{static_cast<const T*>(b), p.N, p.K, p.b_col, p.b_row};
      error = launch<multiply<T, Tile, kAlongKA, kAlongKB>>(config, product, relu, rows, columns,
                                                            static_cast<const T*>(bias), static_cast<T*>(c));
    };
    p.b_row == 1 ? with_b.template operator()<true>() : with_b.template operator()<false>();
  };
  p.a_col == 1 ? with_a.template operator()<true>() : with_a.template operator()<false>();
  return error;
}

}  // namespace

cudaError_t matmul(const MatmulProblem& p, bool relu, const void* a, const void* b, const void* bias, void* c,
                   cudaStream_t stream) {
  if (p.batch * p.M * p.N == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  const auto typed = [&]<class T>() {
    with_tile(p.M, p.N, [&]<class Tile>() { error = launch_tiles<T, Tile>(p, relu, a, b, bias, c, stream); });
  };
  is_floating_point(p.dtype) ? switch_floating(p.dtype, typed) : switch_integer(p.dtype, [&]<class T>() {
    if constexpr (!std::is_same_v<T, bool>) typed.template operator()<T>();
  });
  return error;
}

}  // namespace cresset::kernels
