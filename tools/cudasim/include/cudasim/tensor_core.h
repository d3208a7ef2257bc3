// What ldmatrix and mma.sync do, by the lane layouts of the PTX ISA (chapters "ldmatrix" and "Matrix fragments for
// mma.m16n8k16" and the like). Kernels reach them through kernels/common/.
#pragma once

#include <cstdint>

#include "collectives.h"

namespace cudasim {

/// The row that a lane points to, and what it gets.
struct LdmatrixLane {
  uint32_t row[4], fragment[4];
  int matrices;
  bool transposed;
};
CUDASIM_API void exchange_ldmatrix(void* const* lanes, unsigned mask);
/// Ends the kernel where the device's compute capability is below `sm`, or where a row is not aligned to 16 bytes.
CUDASIM_API void check_ldmatrix(const void* row, Where where);

enum class MmaType { kF16, kBf16, kTf32 };

struct MmaLane {
  float d[4];
  uint32_t a[4], b[2];
  MmaType type;
  int k;
};
CUDASIM_API void exchange_mma(void* const* lanes, unsigned mask);

template <int kMatrices, bool kTransposed>
CUDASIM_INSTRUCTION inline void ldmatrix(uint32_t (&fragment)[kMatrices], const void* row, Where where) {
  static_assert(kMatrices == 1 || kMatrices == 2 || kMatrices == 4);
  LdmatrixLane own{};
  own.matrices = kMatrices;
  own.transposed = kTransposed;
  // Each lane reads the row that it names itself, so that a sanitizer blames the right thread. Lanes from 8 * kMatrices
  // on name none.
  if (lane() < 8 * kMatrices) {
    check_ldmatrix(row, where);
    std::memcpy(own.row, row, sizeof own.row);
  }
  running_block->collective("ldmatrix", 0xffffffffu, &own, exchange_ldmatrix, false, where);
  for (int i = 0; i < kMatrices; ++i) fragment[i] = own.fragment[i];
}

template <MmaType kType, int kDepth, int kA, int kB>
inline void mma(float (&d)[4], const uint32_t (&a)[kA], const uint32_t (&b)[kB], Where where) {
  MmaLane own{};
  own.type = kType;
  own.k = kDepth;
  for (int i = 0; i < 4; ++i) own.d[i] = d[i];
  for (int i = 0; i < kA; ++i) own.a[i] = a[i];
  for (int i = 0; i < kB; ++i) own.b[i] = b[i];
  require_sm(kType == MmaType::kF16 && kDepth == 8 ? 75 : 80, "mma.sync", where);
  running_block->collective("mma.sync", 0xffffffffu, &own, exchange_mma, false, where);
  for (int i = 0; i < 4; ++i) d[i] = own.d[i];
}

}  // namespace cudasim
