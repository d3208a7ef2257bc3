// Where the shared arrays of the running block lie. Kernels reach them through kernels/common/shared.cuh.
#pragma once

#include <cstddef>

#include "config.h"

namespace cudasim {

/// The block's array of this tag, of `bytes` bytes, aligned to 128; made and filled with 0xff at the block's first
/// call.
CUDASIM_API void* shared_array(const void* tag, size_t bytes);
/// The array whose size the launch gives.
CUDASIM_API void* dynamic_shared_array();
CUDASIM_API size_t dynamic_shared_bytes();

}  // namespace cudasim
