// What a call of CUDA returned, as an error of this library: for the kernels of other projects, whose `run` throws it.
#pragma once

#include <cresset/error.h>
#include <cuda_runtime.h>

#include <string>

namespace cresset::kernels {

/// Nothing for cudaSuccess. OutOfMemoryError; DeviceError where the program holds no code for the GPU; otherwise
/// BackendError. The op's caller gets it with the names of slot and kernel.
inline void check_cuda(cudaError_t error) {
  if (error == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // or the next call would return it again
  const std::string text = std::string(cudaGetErrorString(error)) + " (" + cudaGetErrorName(error) + ")";
  if (error == cudaErrorMemoryAllocation) throw OutOfMemoryError(text);
  if (error == cudaErrorNoKernelImageForDevice || error == cudaErrorInvalidPtx ||
      error == cudaErrorUnsupportedPtxVersion)
    throw DeviceError("there is no code for this GPU: " + text + "; build with another CMAKE_CUDA_ARCHITECTURES");
  throw BackendError(text);
}

}  // namespace cresset::kernels
