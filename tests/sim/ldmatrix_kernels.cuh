// Kernels of ldmatrix_test.cu.
#pragma once

#include "common/launch.cuh"
#include "common/ldmatrix.cuh"
#include "common/shared.cuh"

namespace cresset::kernels {
namespace {

constexpr int kPitch = 24;  // elements a row: 48 bytes, so that rows of a matrix do not lie side by side

template <int kMatrices, bool kTransposed>
__global__ void load(const unsigned short* from, unsigned* out) {
  auto& rows = shared<unsigned short[32][kPitch]>();
  for (int i = 0; i < 8; ++i) rows[threadIdx.x][i] = from[threadIdx.x * 8 + i];
  __syncwarp();
  unsigned fragment[kMatrices];
  if constexpr (kTransposed) {
    ldmatrix_transposed(fragment, &rows[threadIdx.x][0]);
  } else {
    ldmatrix(fragment, &rows[threadIdx.x][0]);
  }
  for (int i = 0; i < kMatrices; ++i) out[threadIdx.x * 4 + i] = fragment[i];
}

}  // namespace
}  // namespace cresset::kernels
