// Kernels of block_test.cu that need sm_80: reductions of a warp by one instruction.
#pragma once

#include "common/launch.cuh"

namespace cresset::kernels {
namespace {

struct Reductions {
  unsigned sum, least, all_bits, any_bits;
  int most;
};

__global__ void reductions(Reductions* out) {
  const unsigned lane = threadIdx.x, full = 0xffffffffu;
  Reductions r{};
  r.sum = __reduce_add_sync(full, lane);
  r.least = __reduce_min_sync(full, lane + 4);
  r.most = __reduce_max_sync(full, -1 - static_cast<int>(lane));
  r.all_bits = __reduce_and_sync(full, lane | 0x40u);
  r.any_bits = __reduce_or_sync(full, lane);
  out[lane] = r;
}

}  // namespace
}  // namespace cresset::kernels
