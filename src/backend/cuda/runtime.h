// What every file of the CUDA backend needs: errors, devices, the thread's device.
#pragma once

#include <cresset/cuda.h>
#include <cuda_runtime.h>

#include <string>

#include "core/check.h"

namespace cresset::cuda::backend {

// The typed error for what a call of CUDA returned, if it is one: DeviceError where this build has no code for the GPU,
// OutOfMemoryError, otherwise BackendError. `what`: the op or the call.
void check_cuda(cudaError_t error, std::string_view what);
// For what may fail at the process's or a faulted device's end: forgets the error.
void ignore_error(cudaError_t error) noexcept;

// The number of devices. DeviceError, saying what to install, where there is none.
int device_count();
// Makes `device` the calling thread's.
void activate(int device);
// Everything that no stream is given for runs on it. Work on CUDA's legacy stream and on it is in order.
cudaStream_t default_stream(int device);
int compute_capability(int device);  // 80 for 8.0
int multiprocessors(int device);

inline cudaStream_t stream_of(void* handle) { return static_cast<cudaStream_t>(handle); }

}  // namespace cresset::cuda::backend
