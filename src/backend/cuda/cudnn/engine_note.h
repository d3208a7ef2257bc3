// What the calling thread's last plan of cuDNN was, for benchmarks and logs.
#pragma once

#include <string>

namespace cresset::cuda::backend::cudnn {

std::string& engine_note();

// CRESSET_LOG=dispatch: engines are chosen as kernels are.
bool logging() noexcept;

}  // namespace cresset::cuda::backend::cudnn
