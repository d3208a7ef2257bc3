// Kernels of block_test.cu: barriers, warps, atomics.
#pragma once

#include "common/launch.cuh"
#include "common/shared.cuh"

namespace cresset::kernels {
namespace {

__global__ void positions(uint3* threads, uint3* blocks, dim3* block, dim3* grid) {
  const unsigned in_block = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  const unsigned block_index = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  const unsigned i = in_block + block_index * blockDim.x * blockDim.y * blockDim.z;
  threads[i] = threadIdx;
  blocks[i] = blockIdx;
  if (i != 0) return;
  *block = blockDim;
  *grid = gridDim;
}

__global__ void __launch_bounds__(256) reverse(int* values, int rounds) {
  auto& line = shared<int[256]>();
  for (int round = 0; round < rounds; ++round) {
    line[threadIdx.x] = values[threadIdx.x];
    __syncthreads();
    values[threadIdx.x] = line[blockDim.x - 1 - threadIdx.x];
    __syncthreads();
  }
}

struct Shuffled {
  int direct, broadcast, exchanged, up, down, segment_up, segment_direct;
  double wide;
};

__global__ void shuffles(Shuffled* out) {
  const int lane = static_cast<int>(threadIdx.x);
  const int value = 100 + lane;
  Shuffled s{};
  s.direct = __shfl_sync(0xffffffffu, value, (lane * 7 + 3) % 32);
  s.broadcast = __shfl_sync(0xffffffffu, value, 5);
  s.exchanged = __shfl_xor_sync(0xffffffffu, value, 9);
  s.up = __shfl_up_sync(0xffffffffu, value, 3);
  s.down = __shfl_down_sync(0xffffffffu, value, 6);
  s.segment_up = __shfl_up_sync(0xffffffffu, value, 2, 8);
  s.segment_direct = __shfl_sync(0xffffffffu, value, 11, 8);
  s.wide = __shfl_xor_sync(0xffffffffu, lane + 0.5, 1);
  out[lane] = s;
}

struct Votes {
  unsigned ballot, odd_ballot, match, match_all;
  int any, all, all_same;
};

__global__ void votes(Votes* out) {
  const unsigned lane = threadIdx.x, full = 0xffffffffu;
  Votes v{};
  v.ballot = __ballot_sync(full, lane % 3 == 0);
  if (lane % 2 == 1) v.odd_ballot = __ballot_sync(0xaaaaaaaau, lane > 16);
  v.any = __any_sync(full, lane == 31);
  v.all = __all_sync(full, lane < 31);
  v.match = __match_any_sync(full, lane / 8);
  v.match_all = __match_all_sync(full, 7, &v.all_same);
  out[lane] = v;
}

// Lanes that have returned need not arrive (PTX ISA, shfl.sync: "all non-exited threads").
__global__ void early_exit(int* out) {
  if (threadIdx.x >= 20) return;
  out[threadIdx.x] = static_cast<int>(__ballot_sync(0xffffffffu, threadIdx.x < 10));
}

__global__ void counted_barriers(int* out) {
  const int i = static_cast<int>(threadIdx.x);
  for (int round = 1; round <= 3; ++round) {
    const int sum = __syncthreads_count(i % (round + 1) == 0);
    if (round == 3) out[i] = sum;
  }
  out[i] += __syncthreads_or(i == 47) ? 1000 : 0;
  out[i] += __syncthreads_and(i < 47) ? 5000 : 0;
}

__global__ void last_block_sums(const int* values, int* partial, unsigned* done, int* total) {
  atomicAdd(&partial[blockIdx.x], values[blockIdx.x * blockDim.x + threadIdx.x]);
  __threadfence();
  __syncthreads();
  if (threadIdx.x != 0 || atomicInc(done, gridDim.x - 1) != gridDim.x - 1) return;
  __threadfence();
  for (unsigned b = 0; b < gridDim.x; ++b) *total += partial[b];
}

}  // namespace
}  // namespace cresset::kernels
