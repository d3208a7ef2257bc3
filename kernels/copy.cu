#include <cstring>

#include "common/dtype.cuh"
#include "common/elements.cuh"
#include "common/launch.cuh"
#include "common/shared.cuh"
#include "copy.cuh"

namespace cresset::kernels {
namespace {

constexpr int kEach = 4;  // elements a thread of a dense conversion

template <class From, class To>
__global__ void __launch_bounds__(256) convert_dense(std::int64_t n, const From* x, To* y) {
  const std::int64_t first = element_index() * kEach;
  if (first + kEach <= n) {
    const auto in = *reinterpret_cast<const Vector<From, kEach>*>(x + first);
    Vector<To, kEach> out;
    for (int i = 0; i < kEach; ++i) out.at[i] = convert<To>(in.at[i]);
    *reinterpret_cast<Vector<To, kEach>*>(y + first) = out;
  } else {
    for (std::int64_t i = first; i < n; ++i) y[i] = convert<To>(x[i]);
  }
}

template <class From, class To>
__global__ void __launch_bounds__(256) convert_strided(std::int64_t n, StridedLoop<2> loop, const From* x, To* y) {
  const std::int64_t i = element_index();
  if (i >= n) return;
  std::int64_t at[2];
  locate(loop, i, at);
  y[at[0]] = convert<To>(x[at[1]]);
}

// One value everywhere: 16 bytes a thread.
template <class T>
__global__ void __launch_bounds__(256) fill_dense(std::int64_t n, T value, T* y) {
  constexpr int kCount = 16 / sizeof(T);
  const std::int64_t first = element_index() * kCount;
  if (first + kCount <= n) {
    Vector<T, kCount> out;
    for (int i = 0; i < kCount; ++i) out.at[i] = value;
    *reinterpret_cast<Vector<T, kCount>*>(y + first) = out;
  } else {
    for (std::int64_t i = first; i < n; ++i) y[i] = value;
  }
}

template <class T>
__global__ void __launch_bounds__(256) fill_strided(std::int64_t n, StridedLoop<2> loop, T value, T* y) {
  const std::int64_t i = element_index();
  if (i >= n) return;
  std::int64_t at[2];
  locate(loop, i, at);
  y[at[0]] = value;
}

// Where x is dense along another dimension than y: tiles of 32 x 32 pass through shared memory, so that both sides are
// read and written in whole lines. A tile's row has one element more than it holds, so that a column lies in 32 banks.
constexpr int kTile = 32, kTileRows = 8;
template <class T>
struct Tile {
  T at[kTile][kTile + 1];
};

// y[b][r][c] = x[b][r][c], y with stride 1 along c, x along r.
struct Transpose {
  std::int64_t batch, rows, columns;
  std::int64_t y_batch, y_row, x_batch, x_column;
};

template <class T>
__global__ void __launch_bounds__(256) transpose_tiles(Transpose p, const T* x, T* y) {
  auto& tile = shared<Tile<T>>();
  const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * kTile, row = std::int64_t{blockIdx.y} * kTile;
  const int lane = static_cast<int>(threadIdx.x), line = static_cast<int>(threadIdx.y);
  const auto columns = static_cast<int>(min(std::int64_t{kTile}, p.columns - column));
  const auto rows = static_cast<int>(min(std::int64_t{kTile}, p.rows - row));
  const T* from = x + (column + line) * p.x_column + row + lane;
  T* to = y + (row + line) * p.y_row + column + lane;
  for (std::int64_t b = blockIdx.z; b < p.batch; b += gridDim.z) {
    const T* source = from + b * p.x_batch;
    for (int i = line; i < columns; i += kTileRows, source += kTileRows * p.x_column)
      if (lane < rows) tile.at[i][lane] = *source;
    __syncthreads();
    T* target = to + b * p.y_batch;
    for (int i = line; i < rows; i += kTileRows, target += kTileRows * p.y_row)
      if (lane < columns) *target = tile.at[lane][i];
    __syncthreads();
  }
}

// Two dimensions that change places, alone or inside one outer dimension.
bool as_transpose(const StridedLoop<2>& loop, Transpose& p) {
  if (loop.dims != 2 && loop.dims != 3) return false;
  const int r = loop.dims - 2, c = loop.dims - 1;
  if (loop.strides[0][c] != 1 || loop.strides[1][r] != 1 || loop.strides[1][c] == 0) return false;
  p = {.batch = r > 0 ? loop.sizes[0] : 1,
       .rows = loop.sizes[r],
       .columns = loop.sizes[c],
       .y_batch = r > 0 ? loop.strides[0][0] : 0,
       .y_row = loop.strides[0][r],
       .x_batch = r > 0 ? loop.strides[1][0] : 0,
       .x_column = loop.strides[1][c]};
  return p.rows >= 8 && p.columns >= 8 && p.rows <= std::int64_t{65535} * kTile;
}

// Elements of one type are moved as bits of their size.
template <class F>
void switch_size(std::size_t size, F&& f) {
  switch (size) {
    case 1: return f.template operator()<std::uint8_t>();
    case 2: return f.template operator()<std::uint16_t>();
    case 4: return f.template operator()<std::uint32_t>();
    default: return f.template operator()<std::uint64_t>();
  }
}

cudaError_t copy_bits(const CopyProblem& p, const void* x, void* y, std::int64_t n, cudaStream_t stream) {
  const std::size_t size = element_size(p.to);
  if (is_dense(p.loop))
    return cudaMemcpyAsync(y, x, static_cast<std::size_t>(n) * size, cudaMemcpyDeviceToDevice, stream);
  cudaError_t error = cudaSuccess;
  switch_size(size, [&]<class T>() {
    const auto* from = static_cast<const T*>(x);
    auto* to = static_cast<T*>(y);
    if (Transpose t{}; as_transpose(p.loop, t)) {
      const dim3 grid(static_cast<unsigned>((t.columns + kTile - 1) / kTile),
                      static_cast<unsigned>((t.rows + kTile - 1) / kTile),
                      static_cast<unsigned>(t.batch < 65535 ? t.batch : 65535));
      error =
          launch<transpose_tiles<T>>({.grid = grid, .block = dim3(kTile, kTileRows), .stream = stream}, t, from, to);
    } else {
      error = launch<convert_strided<T, T>>(element_grid(n, 1, stream), n, p.loop, from, to);
    }
  });
  return error;
}

}  // namespace

cudaError_t copy(const CopyProblem& p, const void* x, void* y, cudaStream_t stream) {
  const std::int64_t n = p.loop.numel();
  if (n == 0) return cudaSuccess;
  if (p.from == p.to) return copy_bits(p, x, y, n, stream);
  cudaError_t error = cudaSuccess;
  switch_dtype(p.from, [&]<class From>() {
    switch_dtype(p.to, [&]<class To>() {
      if constexpr (!std::is_same_v<From, To>) {
        const auto* from = static_cast<const From*>(x);
        auto* to = static_cast<To*>(y);
        if (is_dense(p.loop) && is_aligned(x, sizeof(From) * kEach) && is_aligned(y, sizeof(To) * kEach))
          error = launch<convert_dense<From, To>>(element_grid(n, kEach, stream), n, from, to);
        else
          error = launch<convert_strided<From, To>>(element_grid(n, 1, stream), n, p.loop, from, to);
      }
    });
  });
  return error;
}

cudaError_t fill(const CopyProblem& p, const void* value, void* y, cudaStream_t stream) {
  const std::int64_t n = p.loop.numel();
  if (n == 0) return cudaSuccess;
  cudaError_t error = cudaSuccess;
  switch_size(element_size(p.to), [&]<class T>() {
    T bits;
    std::memcpy(&bits, value, sizeof(T));
    auto* to = static_cast<T*>(y);
    if (is_dense(p.loop, 2) && is_aligned(y, 16))
      error = launch<fill_dense<T>>(element_grid(n, 16 / sizeof(T), stream), n, bits, to);
    else
      error = launch<fill_strided<T>>(element_grid(n, 1, stream), n, p.loop, bits, to);
  });
  return error;
}

}  // namespace cresset::kernels
