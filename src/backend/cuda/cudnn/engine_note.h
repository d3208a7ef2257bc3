// How cuDNN computed what the calling thread gave it last, for benchmarks and logs.
#pragma once

#include <string>
#include <string_view>

namespace cresset::cuda::backend::cudnn {

const std::string& engine_note();
// Keeps it, and writes a line of log where they are asked for.
void note_engine(std::string_view slot, const std::string& engine);

// CRESSET_LOG=dispatch: engines are chosen as kernels are.
bool logging() noexcept;

}  // namespace cresset::cuda::backend::cudnn
