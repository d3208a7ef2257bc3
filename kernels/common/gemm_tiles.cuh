// Which tile of gemm.cuh a product takes.
#pragma once

#include <cstdint>
#include <type_traits>

#include "common/gemm.cuh"

namespace cresset::kernels {

// f.template operator()<Tile, kByFours>() for an m x n result of type T, of which there are `times` beside each other.
// A large tile reads less; a small one keeps more multiprocessors busy, and wastes less at the edges. The order of each
// sum is the same in all.
template <class T, class F>
void with_tile(std::int64_t m, std::int64_t n, std::int64_t times, bool fours, F&& f) {
  if constexpr (std::is_same_v<T, float>) {
    const auto with_fours = [&]<class Tile>() {
      fours ? f.template operator()<Tile, true>() : f.template operator()<Tile, false>();
    };
    constexpr std::int64_t kEnough = 64;  // blocks
    const auto blocks = [&](std::int64_t tile_m, std::int64_t tile_n) {
      return (m + tile_m - 1) / tile_m * ((n + tile_n - 1) / tile_n) * times;
    };
    if (m > 64 && n > 64 && blocks(LargeTile::kM, LargeTile::kN) >= kEnough)
      return with_fours.template operator()<LargeTile>();
    if (m > 64 && n > 32 && blocks(TallTile::kM, TallTile::kN) >= kEnough)
      return with_fours.template operator()<TallTile>();
  }
  if (m >= 256 && n >= 64)
    f.template operator()<MediumTile, false>();
  else
    f.template operator()<SmallTile, false>();
}

}  // namespace cresset::kernels
