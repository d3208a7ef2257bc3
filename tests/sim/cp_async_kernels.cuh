// Kernels of cp_async_test.cu.
#pragma once

#include "common/cp_async.cuh"
#include "common/launch.cuh"
#include "common/shared.cuh"

namespace cresset::kernels {
namespace {

struct alignas(16) Words {
  unsigned at[4];
};

template <int kBytes>
__global__ void copy(const Words* from, Words* out, int from_bytes) {
  auto& stage = shared<Words[32]>();
  stage[threadIdx.x] = Words{{7, 7, 7, 7}};
  cp_async<kBytes>(&stage[threadIdx.x], from + threadIdx.x, from_bytes);
  cp_async_commit();
  cp_async_wait<0>();
  out[threadIdx.x] = stage[threadIdx.x];
}

struct Seen {
  unsigned issued, one_left, none_left;
};

__global__ void groups(const unsigned* from, Seen* out) {
  auto& stage = shared<unsigned[2]>();
  stage[0] = stage[1] = 7;
  cp_async<4>(&stage[0], from);
  cp_async_commit();
  cp_async<4>(&stage[1], from + 1);
  cp_async_commit();
  out->issued = stage[0];
  cp_async_wait<1>();
  out->one_left = stage[0] == 41 ? stage[1] : 0;
  cp_async_wait<0>();
  out->none_left = stage[1];
}

}  // namespace
}  // namespace cresset::kernels
