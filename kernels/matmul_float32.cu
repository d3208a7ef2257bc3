#include <cmath>

#include "common/async_tiles.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "common/source.cuh"
#include "matmul_float32.cuh"

namespace cresset::kernels {
namespace {

// A matrix with any strides; memory runs along k where kRunsAlongK, if anywhere.
template <bool kRunsAlongK>
struct AsyncMatrix {
  using Element = float;
  static constexpr bool kAlongK = kRunsAlongK, kEvenDepth = false;
  const float* base;
  int rows, k, row_stride, k_stride;
  struct Depth {
    int offset;
    bool there;
  };
  // Behind the last row the last one again: what comes of it is not stored.
  __device__ int row(int i) const { return (i < rows ? i : rows - 1) * row_stride; }
  __device__ Depth depth(int i) const { return {i * k_stride, i < k}; }
  __device__ const float* from(const Depth& j) const { return base + j.offset; }
  __device__ int offset(int i) const { return i; }
  __device__ bool there(int, const Depth& j) const { return j.there; }
};

struct MatrixOutput {
  static constexpr bool kThroughShared = false;
  int rows, columns;
  const float* bias;  // may be null
  float least;        // of relu 0, without it minus infinity: with a bool the compiler makes two of what follows
  float* to;
  struct Row {
    float* at;
    bool there;
  };
  struct Column {
    int offset;
    bool there;
    float bias;
  };
  __device__ Row row(int m) const { return {to + std::int64_t{m} * columns, m < rows}; }
  __device__ Column column(int n) const {
    const bool there = n < columns;
    return {n, there, there && bias != nullptr ? bias[n] : 0.0f};
  }
  __device__ void put(const Row& m, const Column& n, float sum) const {
    if (m.there && n.there) m.at[n.offset] = at_least(least, sum + n.bias);
  }
};

template <bool kAlongK>
AsyncMatrix<kAlongK> matrix(const void* x, std::int64_t rows, std::int64_t k, std::int64_t row_stride,
                            std::int64_t k_stride) {
  return {static_cast<const float*>(x), static_cast<int>(rows), static_cast<int>(k), static_cast<int>(row_stride),
          static_cast<int>(k_stride)};
}

struct Batch {
  int tiles, columns;    // of one product
  std::int64_t a, b, c;  // from matrix to matrix of each operand
};

template <class Tile, bool kAlongKA, bool kAlongKB>
__global__ void __launch_bounds__(128, 2)
    multiply(Batch batch, float least, AsyncMatrix<kAlongKA> a, AsyncMatrix<kAlongKB> b, const float* bias, float* c) {
  const int i = static_cast<int>(blockIdx.x) / batch.tiles, tile = static_cast<int>(blockIdx.x) - i * batch.tiles;
  const int m0 = tile / batch.columns * Tile::kM, n0 = tile % batch.columns * Tile::kN;
  a.base += i * batch.a;
  b.base += i * batch.b;
  AsyncCopy<Tile, Tile::kM, AsyncMatrix<kAlongKA>> rows(a, m0);
  AsyncCopy<Tile, Tile::kN, AsyncMatrix<kAlongKB>> columns(b, n0);
  const MatrixOutput output{a.rows, b.rows, bias, least, c + i * batch.c};
  async_gemm</*kAhead=*/true, Tile>(rows, columns, m0, n0, 0, a.k, output);
}

}  // namespace

bool matmul_float32_takes(const MatmulProblem& p) {
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  const auto reach = [](std::int64_t n, std::int64_t stride) { return n > 0 ? (n - 1) * stride : 0; };
  return p.dtype == kFloat32 && p.M < kMost && p.N < kMost && p.K < kMost && p.batch < kMost &&
         reach(p.M, p.a_row) + reach(p.K, p.a_col) < kMost && reach(p.N, p.b_col) + reach(p.K, p.b_row) < kMost &&
         takes_async_tiles(p.M, p.N, p.batch) && tiles_of<SmallAsyncTile>(p.M, p.N) * p.batch < kMost;
}

cudaError_t matmul_float32(const MatmulProblem& p, bool relu, int multiprocessors, const void* a, const void* b,
                           const void* bias, void* c, cudaStream_t stream) {
  cudaError_t error = cudaSuccess;
  const float least = relu ? 0.0f : -INFINITY;
  with_async_tile(p.M, p.N, p.batch, multiprocessors, [&]<class Tile>() {
    const auto tiles = tiles_of<Tile>(p.M, p.N);
    const Batch batch{static_cast<int>(tiles), static_cast<int>(divided_up(p.N, Tile::kN)), p.a_batch, p.b_batch,
                      p.M * p.N};
    const LaunchConfig config{
        .grid = dim3(static_cast<unsigned>(tiles * p.batch)), .block = dim3(Tile::kThreads), .stream = stream};
    const auto with_a = [&]<bool kAlongKA>() {
      const auto rows = matrix<kAlongKA>(a, p.M, p.K, p.a_row, p.a_col);
      const auto with_b = [&]<bool kAlongKB>() {
        const auto columns = matrix<kAlongKB>(b, p.N, p.K, p.b_col, p.b_row);
        error = launch<multiply<Tile, kAlongKA, kAlongKB>>(config, batch, least, rows, columns,
                                                           static_cast<const float*>(bias), static_cast<float*>(c));
      };
      p.b_row == 1 ? with_b.template operator()<true>() : with_b.template operator()<false>();
    };
    p.a_col == 1 ? with_a.template operator()<true>() : with_a.template operator()<false>();
  });
  return error;
}

}  // namespace cresset::kernels
