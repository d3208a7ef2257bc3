// Between our operands and cuDNN's, where they are not the same.
#pragma once

#include <cresset/extension/pool2d.h>
#include <cuda_runtime.h>

namespace cresset::kernels::cudnn {

/// cuDNN's place of a maximum in its window, row by row, as our h * W + w in the plane; and back. No dilation. Of
/// several NaN in a window it is the last, whichever cuDNN takes.
cudaError_t places_to_indices(const Pool2dProblem& p, const void* x, const void* y, const std::int8_t* places,
                              std::int64_t* indices, cudaStream_t stream);
cudaError_t indices_to_places(const Pool2dProblem& p, const std::int64_t* indices, std::int8_t* places,
                              cudaStream_t stream);
/// values[i] = value
cudaError_t fill_floats(std::int64_t count, float value, float* values, cudaStream_t stream);
/// values[i] *= factor
cudaError_t scale_floats(std::int64_t count, float factor, float* values, cudaStream_t stream);

}  // namespace cresset::kernels::cudnn
