// Which tile of gemm.cuh a product takes.
#pragma once

#include <cstdint>

#include "common/gemm.cuh"

namespace cresset::kernels {

// f.template operator()<Tile>() for an m x n result. A large tile reads less; a small one keeps more multiprocessors
// busy, and wastes less at the edges. The order of each sum is the same in both.
template <class F>
void with_tile(std::int64_t m, std::int64_t n, F&& f) {
  if (m >= 256 && n >= 64)
    f.template operator()<MediumTile>();
  else
    f.template operator()<SmallTile>();
}

}  // namespace cresset::kernels
