// How a kernel reports what is wrong with the values that it was given: it writes here, in place of touching memory
// that is not its own, and the host throws when it next waits.
#pragma once

#include <cuda_runtime.h>

#include "common/error_word.h"

namespace cresset::kernels {

// The first report stays.
__device__ inline void report_error(ErrorWord* word, int site, long long value, long long limit, long long position) {
  if (atomicCAS(&word->site, 0u, static_cast<unsigned>(site)) != 0) return;
  word->value = value;
  word->limit = limit;
  word->position = position;
}

}  // namespace cresset::kernels
