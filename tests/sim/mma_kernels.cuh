// Kernels of mma_test.cu.
#pragma once

#include "common/launch.cuh"
#include "common/mma.cuh"

namespace cresset::kernels {
namespace {

struct Fragments {
  float d[4];
  unsigned a[4], b[2];
};

enum class Kind { kBf16, kF16, kF16Half, kTf32 };

template <Kind kKind>
__global__ void multiply(Fragments* fragments) {
  Fragments f = fragments[threadIdx.x];
  if constexpr (kKind == Kind::kBf16) mma_m16n8k16_bf16(f.d, f.a, f.b);
  if constexpr (kKind == Kind::kF16) mma_m16n8k16_f16(f.d, f.a, f.b);
  if constexpr (kKind == Kind::kF16Half) {
    const unsigned a[2] = {f.a[0], f.a[1]}, b[1] = {f.b[0]};
    mma_m16n8k8_f16(f.d, a, b);
  }
  if constexpr (kKind == Kind::kTf32) mma_m16n8k8_tf32(f.d, f.a, f.b);
  fragments[threadIdx.x] = f;
}

[[maybe_unused]] __global__ void multiply_tf32_bits(unsigned a, float* d) {
  float sum[4] = {};
  const unsigned as[4] = {a, a, a, a}, bs[2] = {__float_as_uint(1.0f), __float_as_uint(1.0f)};
  mma_m16n8k8_tf32(sum, as, bs);
  if (threadIdx.x == 0) *d = sum[0];
}

}  // namespace
}  // namespace cresset::kernels
