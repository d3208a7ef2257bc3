// Looks for elements that an op does not take.
#pragma once

#include <cresset/extension/check_range.h>
#include <cuda_runtime.h>

#include "common/error_word.h"

namespace cresset::kernels {

// Reports, at the site, the position of an element that is out of range.
cudaError_t check_range(const CheckRangeProblem& p, const void* x, ErrorWord* word, int site, cudaStream_t stream);

}  // namespace cresset::kernels
