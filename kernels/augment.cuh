// Random crop, random horizontal flip and normalisation of a batch of uint8 images.
#pragma once

#include <cresset/extension/augment.h>
#include <cuda_runtime.h>

namespace cresset::kernels {

cudaError_t augment(const AugmentProblem& p, const std::uint8_t* images, const std::int64_t* indices,
                    const std::uint64_t* seeds, void* y, cudaStream_t stream);

}  // namespace cresset::kernels
