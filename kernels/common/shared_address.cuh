// The address of shared memory as PTX takes it.
#pragma once

#include <cuda_runtime.h>

namespace cresset::kernels {

__device__ __forceinline__ unsigned shared_address(const void* pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

}  // namespace cresset::kernels
