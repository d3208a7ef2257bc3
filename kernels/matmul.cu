#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/gemm.cuh"
#include "common/launch.cuh"
#include "matmul.cuh"

namespace cresset::kernels {
namespace {

// One operand: `rows` x `K`, with the strides of both. Memory runs along k where kRunsAlongK.
template <class T, bool kRunsAlongK>
struct Operand {
  static constexpr bool kAlongK = kRunsAlongK;
  const T* x;
  std::int64_t rows, K, row_stride, k_stride;
  bool vectors;  // groups of 4 lie side by side, aligned

  __device__ void load(std::int64_t row, std::int64_t k, Accumulator<T> (&out)[4]) const {
    const T* from = x + row * row_stride + k * k_stride;
    const std::int64_t left = row < rows && k < K ? (kAlongK ? K - k : rows - row) : 0;
    if (vectors && left >= 4) {
      const auto four = *reinterpret_cast<const Vector<T, 4>*>(from);
      for (int e = 0; e < 4; ++e) out[e] = static_cast<Accumulator<T>>(widen(four.at[e]));
    } else {
      const std::int64_t stride = kAlongK ? k_stride : row_stride;
      for (int e = 0; e < 4; ++e)
        out[e] = e < left ? static_cast<Accumulator<T>>(widen(from[e * stride])) : Accumulator<T>(0);
    }
  }
};

struct Product {
  std::int64_t batch, M, N, K, a_batch, b_batch;
  std::int64_t tiles_n;
};

template <class T, class Tile, bool kAlongKA, bool kAlongKB>
__global__ void __launch_bounds__(256)
    multiply(Product p, Operand<T, kAlongKA> a, Operand<T, kAlongKB> b, const T* bias, T* c) {
  const std::int64_t m0 = blockIdx.x / p.tiles_n * Tile::kM, n0 = blockIdx.x % p.tiles_n * Tile::kN;
  for (std::int64_t i = blockIdx.z; i < p.batch; i += gridDim.z) {
    auto rows = a;
    auto columns = b;
    rows.x += i * p.a_batch;
    columns.x += i * p.b_batch;
    gemm_tile<Accumulator<T>, Tile>(rows, columns, m0, n0, 0, p.K,
                                    [&](std::int64_t m, std::int64_t n, Accumulator<T> sum) {
                                      if (m >= p.M || n >= p.N) return;
                                      if (bias != nullptr) sum += static_cast<Accumulator<T>>(widen(bias[n]));
                                      c[(i * p.M + m) * p.N + n] = convert<T>(sum);
                                    });
  }
}

template <class T, bool kAlongK>
Operand<T, kAlongK> operand(const void* x, std::int64_t rows, std::int64_t K, std::int64_t row_stride,
                            std::int64_t k_stride, std::int64_t batch_stride) {
  const std::int64_t run = kAlongK ? k_stride : row_stride, step = kAlongK ? row_stride : k_stride;
  const bool vectors = run == 1 && step % 4 == 0 && batch_stride % 4 == 0 && is_aligned(x, sizeof(T) * 4);
  return {static_cast<const T*>(x), rows, K, row_stride, k_stride, vectors};
}

template <class T, class Tile>
cudaError_t launch_tiles(const MatmulProblem& p, const void* a, const void* b, const void* bias, void* c,
                         cudaStream_t stream) {
  const std::int64_t tiles_m = (p.M + Tile::kM - 1) / Tile::kM, tiles_n = (p.N + Tile::kN - 1) / Tile::kN;
  const LaunchConfig config{.grid = dim3(static_cast<unsigned>(tiles_m * tiles_n), 1,
                                         static_cast<unsigned>(p.batch < 65535 ? p.batch : 65535)),
                            .block = dim3(Tile::kThreads),
                            .stream = stream};
  const Product product{p.batch, p.M, p.N, p.K, p.a_batch, p.b_batch, tiles_n};
  cudaError_t error = cudaSuccess;
  const auto with_a = [&]<bool kAlongKA>() {
    const auto rows = operand<T, kAlongKA>(a, p.M, p.K, p.a_row, p.a_col, p.a_batch);
    const auto with_b = [&]<bool kAlongKB>() {
      const auto columns = operand<T, kAlongKB>(b, p.N, p.K, p.b_col, p.b_row, p.b_batch);
      error = launch<multiply<T, Tile, kAlongKA, kAlongKB>>(config, product, rows, columns, static_cast<const T*>(bias),
                                                            static_cast<T*>(c));
    };
    p.b_row == 1 ? with_b.template operator()<true>() : with_b.template operator()<false>();
  };
  p.a_col == 1 ? with_a.template operator()<true>() : with_a.template operator()<false>();
  return error;
}

}  // namespace

cudaError_t matmul(const MatmulProblem& p, const void* a, const void* b, const void* bias, void* c,
                   cudaStream_t stream) {
  if (p.batch * p.M * p.N == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  const auto typed = [&]<class T>() {
    // A large tile reads less; a small one keeps more multiprocessors busy, and wastes less at the edges.
    if constexpr (sizeof(Accumulator<T>) == 4 && kIsFloating<T>) {
      if (p.M >= 512 && p.N >= 512) {
        error = launch_tiles<T, LargeTile>(p, a, b, bias, c, stream);
        return;
      }
    }
    if (p.M >= 256 && p.N >= 256)
      error = launch_tiles<T, MediumTile>(p, a, b, bias, c, stream);
    else
      error = launch_tiles<T, SmallTile>(p, a, b, bias, c, stream);
  };
  is_floating_point(p.dtype) ? switch_floating(p.dtype, typed) : switch_integer(p.dtype, [&]<class T>() {
    if constexpr (!std::is_same_v<T, bool>) typed.template operator()<T>();
  });
  return error;
}

}  // namespace cresset::kernels
