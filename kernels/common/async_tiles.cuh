// Which tile of async_gemm.cuh a product takes.
#pragma once

#include <cstdint>

#include "common/async_gemm.cuh"

namespace cresset::kernels {

// Each warp computes 64 x 64 elements: by 4, by 2, or by 1 of them.
using LargeAsyncTile = AsyncTile<128, 128>;
using TallAsyncTile = AsyncTile<128, 64>;
using SmallAsyncTile = AsyncTile<64, 64>;

inline std::int64_t divided_up(std::int64_t n, std::int64_t by) { return (n + by - 1) / by; }

template <class Tile>
std::int64_t tiles_of(std::int64_t m, std::int64_t n) {
  return divided_up(m, Tile::kM) * divided_up(n, Tile::kN);
}

// Whether tiles of 64 x 64 fill a good part of a device, and the tile's width is used.
inline bool takes_async_tiles(std::int64_t m, std::int64_t n, std::int64_t times) {
  return m > 32 && n > 32 && tiles_of<SmallAsyncTile>(m, n) * times >= 64;
}

// Passes of 4 warps, a multiprocessor's parts, that the busiest multiprocessor makes.
template <class Tile>
std::int64_t async_passes(std::int64_t m, std::int64_t n, std::int64_t times, int multiprocessors) {
  return divided_up(divided_up(tiles_of<Tile>(m, n) * times, multiprocessors) * Tile::kWarps, 4);
}

// f.template operator()<Tile>() for an m x n result, of which there are `times` beside each other: the tile with the
// fewest passes; among equals the largest, which reads least. The order of each sum is the same in all.
template <class F>
void with_async_tile(std::int64_t m, std::int64_t n, std::int64_t times, int multiprocessors, F&& f) {
  const std::int64_t large = async_passes<LargeAsyncTile>(m, n, times, multiprocessors),
                     tall = async_passes<TallAsyncTile>(m, n, times, multiprocessors);
  // A tile of half the size copies more for each product: it must save more than that.
  if (n > 64 && large * 100 <= tall * 102)
    f.template operator()<LargeAsyncTile>();
  else
    f.template operator()<TallAsyncTile>();
}

}  // namespace cresset::kernels
