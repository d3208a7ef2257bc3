// How the functions of the runtime begin.
#pragma once

#include "device.h"

namespace cudasim {

/// Gives the error back that makes every call fail: no device, or a kernel of the current device has failed.
inline cudaError state_of(Runtime& runtime) {
  return runtime.devices.empty() ? cudaErrorNoDevice : runtime.current().sticky;
}

}  // namespace cudasim

/// Takes the lock as `call` and returns at once where every call fails.
#define CUDASIM_CALL  \
  cudasim::Call call; \
  if (const cudaError_t state = cudasim::state_of(call.runtime); state != cudaSuccess) return cudasim::remember(state)
