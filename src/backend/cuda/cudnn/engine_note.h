// What the calling thread's last plan of cuDNN was, for benchmarks and logs.
#pragma once

#include <string>

namespace cresset::cuda::backend::cudnn {

std::string& engine_note();

}  // namespace cresset::cuda::backend::cudnn
