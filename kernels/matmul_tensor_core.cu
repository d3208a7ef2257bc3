
#include "common/computed_in_float.cuh"
#include "common/elements.cuh"
#include "common/launch.cuh"
#include "common/source.cuh"
#include "common/tensor_gemm.cuh"
#include "common/tensor_store.cuh"
#include "common/tensor_tiles.cuh"
#include "matmul_tensor_core.cuh"

namespace cresset::kernels {
namespace {

struct Batch {
  std::int64_t a, b, c;  // from matrix to matrix of each operand
};

template <class T, class Tile, bool kByChunks, bool kAlongKA, bool kAlongKB>
__global__ void __launch_bounds__(128, 2) multiply(TileGrid grid, Batch batch, MatrixSource<T, kAlongKA, int> a,
                                                   MatrixSource<T, kAlongKB, int> b, TensorOutput<T, T> to) {
  const TileIndex at = tile_index<Tile>(grid);  // its part is the matrix of the batch
  a.base += at.part * batch.a;
  b.base += at.part * batch.b;
  to.y += at.part * batch.c;
  TensorSums<Tile> sums;
  tensor_gemm<T, Tile, kByChunks>(sums, a, b, at.m, at.n, 0, a.k);
  tensor_store(sums, to, at.m, at.n);
}

template <class T, class Tile, bool kByChunks>
cudaError_t launch_tiles(const MatmulProblem& p, bool relu, const void* a, const void* b, const void* bias, void* c,
                         cudaStream_t stream) {
  const auto grid = TileGrid::of<Tile>(p.M, p.N, p.batch);
  const LaunchConfig config{
      .grid = dim3(grid.blocks()), .block = dim3(Tile::kThreads), .dynamic_shared = Tile::kBytes, .stream = stream};
  const Batch batch{p.a_batch, p.b_batch, p.M * p.N};
  const TensorOutput<T, T> to{static_cast<T*>(c),
                              static_cast<const T*>(bias),
                              static_cast<int>(p.N),
                              TensorPlace::of_rows(p.N, p.M),
                              relu,
                              p.N % 4 == 0 && is_aligned(c, 4 * sizeof(T))};
  const auto source = [&]<bool kAlongK>(const void* x, std::int64_t rows, std::int64_t row_stride,
                                        std::int64_t k_stride) {
    return MatrixSource<T, kAlongK, int>{static_cast<const T*>(x), static_cast<int>(rows), static_cast<int>(p.K),
                                         static_cast<int>(row_stride), static_cast<int>(k_stride)};
  };
  cudaError_t error = cudaSuccess;
  const auto with_a = [&]<bool kAlongKA>() {
    const auto rows = source.template operator()<kAlongKA>(a, p.M, p.a_row, p.a_col);
    const auto with_b = [&]<bool kAlongKB>() {
      const auto columns = source.template operator()<kAlongKB>(b, p.N, p.b_col, p.b_row);
      error = launch<multiply<T, Tile, kByChunks, kAlongKA, kAlongKB>>(config, grid, batch, rows, columns, to);
    };
    p.b_row == 1 ? with_b.template operator()<true>() : with_b.template operator()<false>();
  };
  p.a_col == 1 ? with_a.template operator()<true>() : with_a.template operator()<false>();
  return error;
}

}  // namespace

bool matmul_tensor_core_fits(const MatmulProblem& p) {
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  const auto reach = [](std::int64_t n, std::int64_t stride) { return n > 0 ? (n - 1) * stride : 0; };
  const std::int64_t tiles = (p.M / SmallTensorTile::kM + 1) * (p.N / SmallTensorTile::kN + 1);
  return p.M < kMost && p.N < kMost && p.K < kMost && reach(p.M, p.a_row) + reach(p.K, p.a_col) < kMost &&
         reach(p.N, p.b_col) + reach(p.K, p.b_row) < kMost && p.batch < kMost && tiles * p.batch < kMost;
}

cudaError_t matmul_tensor_core(const MatmulProblem& p, bool relu, int multiprocessors, const void* a, const void* b,
                               const void* bias, void* c, cudaStream_t stream) {
  if (p.batch * p.M * p.N == 0) return cudaSuccess;
  const std::size_t element = element_size(p.dtype);
  const auto count = static_cast<std::int64_t>(16 / element);
  const bool chunks = lies_in_runs(count, element, a, p.M, p.K, p.a_row, p.a_col, p.a_batch) &&
                      lies_in_runs(count, element, b, p.N, p.K, p.b_col, p.b_row, p.b_batch);
  cudaError_t error = cudaSuccess;
  switch_computed_in_float(p.dtype, [&]<class T>() {
    with_tensor_tile<false>(p.M, p.N, p.batch, multiprocessors, chunks, [&]<class Tile, bool kByChunks>() {
      error = launch_tiles<T, Tile, kByChunks>(p, relu, a, b, bias, c, stream);
    });
  });
  return error;
}

}  // namespace cresset::kernels
