// How the functions of the runtime begin.
#pragma once

#include "device.h"
#include "graph.h"

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

/// As CUDASIM_CALL, for calls that no capture may be going on beside.
#define CUDASIM_UNCAPTURED_CALL \
  CUDASIM_CALL;                 \
  if (const cudaError_t state = cudasim::unsafe_in_capture(); state != cudaSuccess) return cudasim::remember(state)
