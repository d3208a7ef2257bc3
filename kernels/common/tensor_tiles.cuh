// Which tile of tensor_gemm.cuh a product takes, and which block computes which tile.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/tensor_gemm.cuh"

namespace cresset::kernels {

// Columns run fastest: blocks that share an operand's rows run side by side.
struct TileGrid {
  int rows, columns, parts;
  template <class Tile>
  static TileGrid of(std::int64_t m, std::int64_t n, std::int64_t parts) {
    return {static_cast<int>((m + Tile::kM - 1) / Tile::kM), static_cast<int>((n + Tile::kN - 1) / Tile::kN),
            static_cast<int>(parts)};
  }
  unsigned blocks() const {
    return static_cast<unsigned>(rows) * static_cast<unsigned>(columns) * static_cast<unsigned>(parts);
  }
};
struct TileIndex {
  int m, n, part;  // m and n of the tile's first element
};
template <class Tile>
__device__ TileIndex tile_index(const TileGrid& grid) {
  const int i = static_cast<int>(blockIdx.x), row = i / grid.columns;
  return {row % grid.rows * Tile::kM, i % grid.columns * Tile::kN, row / grid.rows};
}

// f.template operator()<Tile, kByChunks>() for an m x n result, computed `times` times. The order of each sum is the
// same in all tiles. A large tile needs fewer reads for as many products, but must be there for half of the
// multiprocessors; what is copied element by element is bound by that, whatever the tile.
template <bool kTall, class F>
void with_tensor_tile(std::int64_t m, std::int64_t n, std::int64_t times, int multiprocessors, bool chunks, F&& f) {
  if (!chunks) return f.template operator()<SmallTensorTile, false>();
  const auto enough = [&](std::int64_t tile_m, std::int64_t tile_n) {
    return (m + tile_m - 1) / tile_m * ((n + tile_n - 1) / tile_n) * times * 2 >= multiprocessors;
  };
  if (n > 64 && enough(LargeTensorTile::kM, LargeTensorTile::kN)) return f.template operator()<LargeTensorTile, true>();
  if constexpr (kTall) {
    if (n <= 64 && enough(TallTensorTile::kM, TallTensorTile::kN)) return f.template operator()<TallTensorTile, true>();
  }
  f.template operator()<SmallTensorTile, true>();
}

// The same where parts of a sum, and not the result, make up the number of blocks.
inline bool takes_large_parts(std::int64_t m, std::int64_t n) { return m > 64 && n > 64; }
template <class F>
void with_parts_tile(std::int64_t m, std::int64_t n, bool chunks, F&& f) {
  if (!chunks)
    f.template operator()<SmallTensorTile, false>();
  else if (takes_large_parts(m, n))
    f.template operator()<LargeTensorTile, true>();
  else
    f.template operator()<SmallTensorTile, true>();
}

}  // namespace cresset::kernels
