// The last step of a sum that blocks have computed in parts.
#pragma once

#include <cresset/dtype.h>
#include <cuda_runtime.h>

#include <cstdint>

namespace cresset::kernels {

// out[i] = parts[i] + parts[n + i] + …, `count` of them, in that order. `parts` has the type of sums (float64 for
// float64, otherwise float32), `out` the floating type `dtype`.
cudaError_t add_parts(DType dtype, std::int64_t n, std::int64_t count, const void* parts, void* out,
                      cudaStream_t stream);

}  // namespace cresset::kernels
