// ldmatrix (sm_75): up to four 8 x 8 matrices of 16-bit elements from shared memory into the fragments of mma.sync.
#pragma once

#include <cuda_runtime.h>

#ifdef __CUDASIM__
#include "cudasim/tensor_core.h"
#else
#include "shared_address.cuh"
#endif

namespace cresset::kernels {

#ifdef __CUDASIM__

template <int kMatrices>
inline void ldmatrix(unsigned (&fragment)[kMatrices], const void* row, CUDASIM_HERE) {
  cudasim::ldmatrix<kMatrices, false>(fragment, row, where);
}
template <int kMatrices>
inline void ldmatrix_transposed(unsigned (&fragment)[kMatrices], const void* row, CUDASIM_HERE) {
  cudasim::ldmatrix<kMatrices, true>(fragment, row, where);
}

#else

/// Loads `kMatrices` (1, 2 or 4) matrices. Lane 8 m + i names row i of matrix m: 16 bytes of shared memory, aligned
/// to 16. Lane l gets elements 2 (l % 4) and 2 (l % 4) + 1 of row l / 4 of each. All lanes of the warp take part; what
/// lanes from 8 kMatrices on name is not read.
template <int kMatrices>
__device__ __forceinline__ void ldmatrix(unsigned (&fragment)[kMatrices], const void* row) {
  static_assert(kMatrices == 1 || kMatrices == 2 || kMatrices == 4);
  if constexpr (kMatrices == 1) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];"
                 : "=r"(fragment[0])
                 : "r"(shared_address(row))
                 : "memory");
  } else if constexpr (kMatrices == 2) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
                 : "=r"(fragment[0]), "=r"(fragment[1])
                 : "r"(shared_address(row))
                 : "memory");
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(fragment[0]), "=r"(fragment[1]), "=r"(fragment[2]), "=r"(fragment[3])
                 : "r"(shared_address(row))
                 : "memory");
  }
}

/// As ldmatrix(), of the transposed matrices: lane l gets elements l / 4 of rows 2 (l % 4) and 2 (l % 4) + 1.
template <int kMatrices>
__device__ __forceinline__ void ldmatrix_transposed(unsigned (&fragment)[kMatrices], const void* row) {
  static_assert(kMatrices == 1 || kMatrices == 2 || kMatrices == 4);
  if constexpr (kMatrices == 1) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];"
                 : "=r"(fragment[0])
                 : "r"(shared_address(row))
                 : "memory");
  } else if constexpr (kMatrices == 2) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                 : "=r"(fragment[0]), "=r"(fragment[1])
                 : "r"(shared_address(row))
                 : "memory");
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(fragment[0]), "=r"(fragment[1]), "=r"(fragment[2]), "=r"(fragment[3])
                 : "r"(shared_address(row))
                 : "memory");
  }
}

#endif

}  // namespace cresset::kernels
